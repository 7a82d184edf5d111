"""Writes the pages of `docs/reference` anew:  python -m tests.reference"""

from __future__ import annotations

from tests.reference.pages import FOLDER, pages

if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(FOLDER / name)  # noqa: T201 (a tool for a terminal)
