"""Files that mean harm, or only meant well: each is a problem, none a traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from storyboard.language.templates import bounds
from tests.language.boards import HEAD, load, load_text, told

SHOT = "shots: [{id: a, prompt: A boat}]\n"
ROWS = "shots: [{id: '{{ row.id }}', rows: %s, prompt: '{{ row.p }}'}]\n"


def _mkdir(path: Path) -> None:
    path.mkdir()


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path)


HOSTILE: list[tuple[str, bytes | Callable[[Path], None] | None, str]] = [
    ("a missing file", None, "film.yaml:1:1: there is no such file"),
    ("a folder", _mkdir, "film.yaml:1:1: is a folder, not a file"),
    ("a link to itself", _link_to_itself, "film.yaml:1:1: cannot be read: "),
    ("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "film.yaml:1:1: is not a text file"),
    ("nothing", b"", "film.yaml:1:1: the file is empty"),
    ("only comments", b"# soon\n", "film.yaml:1:1: the file contains no values"),
    ("a list", b"- id: a\n", "film.yaml:1:1: film.yaml contains a list; keys with values"),
    ("a text", b"A boat\n", "film.yaml:1:1: film.yaml contains a single value; keys with"),
    ("latin-1", "title: größer\n".encode("latin-1"), "film.yaml:1:10: byte 10 of the file (0xF6)"),
    ("utf-16 without mark", "version: 1\n".encode("utf-16-le"), "film.yaml:1:2: contains a NUL"),
    ("deep brackets", b"a:\n" + b" [\n" * 100_000, "film.yaml:65:2: nested more than 64 levels"),
    ("a broken escape", b'title: "\\ud800"\n', "film.yaml:1:"),
    (
        "aliases that multiply",
        b"vars:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + b"".join(
            b"  a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10))
            for n in range(1, 12)
        ),
        "film.yaml:",
    ),
    (
        "a huge number",
        (HEAD + "seeds: {a: 1e999}\n" + SHOT).encode(),
        "film.yaml:3:12: seeds.a: 1e",
    ),
    (
        "a digit bomb",
        (HEAD + f"seeds: {{a: {'9' * 5000}}}\n" + SHOT).encode(),
        "film.yaml:3:12: seeds.a: 99",
    ),
    (
        "itself included",
        (HEAD + "include: [film.yaml]\n" + SHOT).encode(),
        "film.yaml:3:11: include[0]: the file includes itself: film.yaml -> film.yaml",
    ),
    (
        "NUL in an included name",
        (HEAD + 'include: ["a\\0b.yaml"]\n' + SHOT).encode(),
        "film.yaml:3:11: include[0]: 'a\\x00b.yaml': cannot be read",
    ),
    (
        "an endless name",
        (HEAD + f"include: [{'a' * 5000}.yaml]\n" + SHOT).encode(),
        "film.yaml:3:11: include[0]: 'aaaaaa",
    ),
    (
        "half a character in a name",
        (HEAD + 'include: ["a\\ud800.yaml"]\n' + SHOT).encode(),
        "film.yaml:3:",
    ),
    (
        "NUL in the name of rows",
        (HEAD + ROWS % '"a\\0b.csv"').encode(),
        "film.yaml:3:36: shots[0].rows: 'a\\x00b.csv': cannot be read",
    ),
    (
        "rows of a folder",
        (HEAD + ROWS % ".").encode(),
        "film.yaml:3:36: shots[0].rows: '.': a name without an extension does not say how",
    ),
    (
        "rows of the storyboard itself",
        (HEAD + ROWS % "film.yaml").encode(),
        "film.yaml:1:1: rows must be a list of mappings, not a mapping",
    ),
    (
        "a loop without end",
        (
            HEAD + "shots: [{id: a, prompt: '{% for x in range(99999999) %}x{% endfor %}'}]\n"
        ).encode(),
        "film.yaml:3:25: shots[0].prompt: range makes more than 100,000 numbers",
    ),
    (
        "a chain of vars",
        (
            HEAD
            + "vars:\n  v0: x\n"
            + "".join(f"  v{n}: '{{{{ v{n - 1} }}}}'\n" for n in range(1, 2000))
            + "shots: [{id: a, prompt: '{{ v1999 }}'}]\n"
        ).encode(),
        "film.yaml:",
    ),
    (
        "two axes too many",
        (
            HEAD
            + "shots:\n  - id: a\n    prompt: A boat\n    matrix:\n"
            + "".join(f"      a{n}: [{', '.join(map(str, range(50)))}]\n" for n in range(60))
        ).encode(),
        "film.yaml:4:5: shots[0]: with the ",
    ),
    ("keys that are no text", b"? [a, b]\n: 1\n? {c: d}\n: 2\n", "film.yaml:1:3: "),
    (
        "an object",
        b"title: !!python/object/apply:os.system [ls]\n",
        "film.yaml:1:8: title: the tag",
    ),
]


@pytest.mark.parametrize(
    ("content", "message"), [row[1:] for row in HOSTILE], ids=[r[0] for r in HOSTILE]
)
def test_no_file_brings_it_down(
    tmp_path: Path, content: bytes | Callable[[Path], None] | None, message: str
) -> None:
    path = tmp_path / "film.yaml"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        content(path)
    board = load(path, display_name="film.yaml")
    assert not board.is_sound
    assert any(line.startswith(message) for line in told(board)), told(board)


def test_a_link_from_templates_to_itself_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "templates").symlink_to(tmp_path / "templates")
    board = load_text(tmp_path, HEAD + "shots: [{id: a, prompt: '{{ x.y() }}'}]\n")
    assert told(board) == ["film.yaml:3:29: shots[0].prompt: 'x' is not defined"]


HOSTILE_ROWS: list[tuple[str, str, bytes, str]] = [
    ("missing column", "rows.csv", b"id\na\n", "shots[0].prompt: row has no 'p'"),
    ("half a character", "rows.json", b'[{"id": "a", "p": "\\ud800"}]', "rows.json:1:"),
    ("half one in YAML", "rows.yaml", b'- {id: a, p: "\\udfff"}', "rows.yaml:1:"),
    (
        "huge number",
        "rows.json",
        b'[{"id": "a", "p": 1e999}]',
        "rows.json:1:2: [0].p: 1e999 is too",
    ),
    (
        "not a number",
        "rows.json",
        b'[{"id": "a", "p": NaN}]',
        "rows.json:1:2: [0].p: NaN is not a JSON value",
    ),
    ("deep", "rows.json", b"[" * 100_000, "rows.json:1:1: nested more than 64 levels deep"),
    (
        "a list printed",
        "rows.json",
        b'[{"id": "a", "p": [1]}]',
        "shots[0].prompt: a list cannot be printed",
    ),
    (
        "open quote",
        "rows.csv",
        b'id,p\n"a,b\n',
        "rows.csv:2:1: column 'id': a quote is opened in this row",
    ),
    ("binary", "rows.csv", b"id,p\n\0\0", "rows.csv"),
    (
        "template in a cell",
        "rows.csv",
        b"id,p\n{{ 7 * 7 }},x\n",
        "film.yaml:3:14: shots[0].id: '{{ 7",
    ),
]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [row[1:] for row in HOSTILE_ROWS],
    ids=[r[0] for r in HOSTILE_ROWS],
)
def test_no_file_of_rows_brings_it_down(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    (tmp_path / "film.yaml").write_text(HEAD + ROWS % name)
    board = load(tmp_path / "film.yaml", display_name="film.yaml")
    assert not board.is_sound
    assert any(message in line for line in told(board)), told(board)


def test_the_templates_of_all_takes_share_a_budget_and_the_take_that_exceeds_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MAX_LOAD_STEPS", 1000)
    loop = "{% for x in range(300) %}{% endfor %}a"
    text = f"shots: [{{id: a, takes: 9, prompt: '{loop} {{{{ take }}}}'}}, {{id: b, prompt: b}}]"
    board = load_text(tmp_path, f"{HEAD}{text}\n")
    assert told(board) == [
        "film.yaml:3:10: take a.t5: all templates together take more than 1,000 loop steps"
    ]
    assert [problem.code for problem in board.problems] == ["templates-too-costly"]
    assert board.takes == ()
