"""`llms.txt`: an index of the documentation for language models, as llmstxt.org describes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_OTHERS = {
    "skills/storyboard/SKILL.md": "How a coding agent writes, checks and renders storyboards "
    "without spending money by accident",
    "examples/neon-harbor.yaml": "A storyboard that uses most of the format",
    "examples/last-ferry.yaml": "A film made from pictures, with a chain of three shots",
    "schemas/storyboard.schema.json": "The JSON Schema of storyboards",
    "SECURITY.md": "What is trusted, and what a hostile file can and cannot do",
    "CHANGELOG.md": "What changed for users",
    "CONTRIBUTING.md": "Where things are in the code, and how to add to them",
}


def index_page(top: Path, reference: Mapping[str, str]) -> str:
    """Every page with the first sentence of its text; `reference` is generated at the same time."""
    readme = (top / "README.md").read_text("utf-8")
    paths = (path for path in (top / "docs").glob("*.md"))
    guides = {path.relative_to(top).as_posix(): path.read_text("utf-8") for path in paths}
    parts = [
        f"# storyboard\n\n> {_first_paragraph(readme)}",
        "\n".join(["## Guides", "", *_links(guides, readme)]),
        "\n".join(["## Reference", "", *_links(reference, readme)]),
        "\n".join(["## Other files", "", *(_link(name, name, of) for name, of in _OTHERS.items())]),
    ]
    return "\n\n".join(parts) + "\n"


def _links(texts: Mapping[str, str], readme: str) -> Iterator[str]:
    """A line for each page, in the order in which the README links to them."""
    for name in sorted(texts, key=lambda name: (readme.index(f"({name})"), name)):
        title = re.search(r"^# (.*)", texts[name], re.MULTILINE)
        assert title is not None, f"{name} has no title"
        first, *_ = re.split(r"(?<=\.)\s", _first_paragraph(texts[name]))
        yield _link(title[1], name, first.rstrip("."))


def _link(title: str, name: str, description: str) -> str:
    return f"- [{title}]({name}): {description}"


def _first_paragraph(page: str) -> str:
    """The first paragraph below the title, on one line and without links."""
    _, _, below = re.split(r"^(# .*)\n\n", page, maxsplit=1, flags=re.MULTILINE)
    return re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", " ".join(below.split("\n\n")[0].split()))
