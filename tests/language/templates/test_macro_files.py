"""The templates folder: namespaces of macros, and files that cannot be one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from storyboard.language.templates.templates import Templates
from storyboard.records import Position
from tests.language.scopes import Names, fault_of, render


def write(folder: Path, **files: str) -> Templates:
    """The templates of a folder with these files, by the name before `.j2`."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.j2").write_text(text, encoding="utf-8")
    return Templates(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "templates"


def test_each_file_is_a_namespace_of_macros(folder: Path) -> None:
    templates = write(folder, camera="{% macro dolly(how) %}dolly {{ how }}{% endmacro %}")
    assert render("{{ camera.dolly('in') }}", templates=templates) == "dolly in"
    assert templates.problems == ()
    assert templates.namespaces == {"camera"}
    assert dict(templates.sources) == {
        "templates/camera.j2": "{% macro dolly(how) %}dolly {{ how }}{% endmacro %}"
    }


def test_a_file_can_be_imported_included_and_extended(folder: Path) -> None:
    templates = write(
        folder,
        camera="{% macro pan() %}pan{% endmacro %}{% set speed = 3 %}",
        note="[{{ hero }}]",
        page="<{% block body %}empty{% endblock %}>",
    )
    text = (
        "{% import 'camera.j2' as c %}{{ c.pan() }}{{ c.speed }}"
        "{% from 'camera.j2' import pan as p %}{{ p() }}{% include 'note.j2' %}"
    )
    assert render(text, templates=templates, hero="Ada") == "pan3pan[Ada]"
    child = "{% extends 'page.j2' %}{% block body %}{{ super() }}, {{ hero }}{% endblock %}"
    assert render(child, templates=templates, hero="Ada") == "<empty, Ada>"


@pytest.mark.parametrize(
    "text",
    [
        "{{ look.full() }}",
        "{% import 'look.j2' as l %}{{ l.full() }}",
        "{% import 'look.j2' as l with context %}{{ l.full() }}",
        "{% from 'look.j2' import full %}{{ full() }}",
        "{% include 'outer.j2' %}",
    ],
)
def test_macro_files_see_the_scope_of_the_text_however_they_are_used(
    folder: Path, text: str
) -> None:
    templates = write(
        folder,
        look="{% set mood = row.mood %}{% macro full() %}{{ hero }}, {{ mood }}{% endmacro %}",
        outer="{{ look.full() }}",
    )
    for mood in ("calm", "wild"):
        assert render(text, templates=templates, hero="Ada", row={"mood": mood}) == f"Ada, {mood}"


def test_macros_that_are_read_once_see_the_scope_of_each_text_and_keep_nothing(
    folder: Path,
) -> None:
    templates = write(
        folder,
        look="{% macro full(of=hero) %}{{ of }} on {{ film }}{% endmacro %}\n",
        count="{% set c = cycler('a', 'b') %}{% macro next() %}{{ c.next() }}{% endmacro %}",
    )
    text = "{{ look.full() }}, {{ count.next() }}{{ count.next() }}{{ count.next() }}"
    for hero in ("Ada", "Eve"):
        made = render(text, templates=templates, hero=hero, film=f"film of {hero}")
        assert made == f"{hero} on film of {hero}, aba"
    assert list(templates.renderer._sandbox._constant_modules) == ["look.j2"]


def test_an_included_file_sees_what_the_text_has_set(folder: Path) -> None:
    templates = write(folder, note="[{{ x }}{{ y | default('-') }}]")
    assert render("{% set x = 1 %}{% include 'note.j2' %}", templates=templates) == "[1-]"
    text = "{% for y in [1, 2] %}{% include 'note.j2' %}{% endfor %}"
    assert render(text, templates=templates, x=0) == "[01][02]"


def test_macros_of_two_files_may_call_one_another(folder: Path) -> None:
    templates = write(
        folder,
        a="{% macro down(n) %}{{ n }}{{ b.down(n - 1) if n else '' }}{% endmacro %}",
        b="{% macro down(n) %}{{ n }}{{ a.down(n - 1) if n else '' }}{% endmacro %}",
    )
    assert render("{{ a.down(3) }}", templates=templates) == "3210"


def test_a_var_of_the_same_name_hides_a_namespace(folder: Path) -> None:
    templates = write(folder, look="{% macro m() %}{% endmacro %}")
    assert render("{{ look }}", templates=templates, look="noir") == "noir"


def test_files_that_need_one_another_to_be_read_are_a_fault_that_names_the_circle(
    folder: Path,
) -> None:
    templates = write(folder, a="{% import 'b.j2' as b %}", b="{% import 'a.j2' as a %}")
    fault = fault_of("\n{% import 'a.j2' as a %}", templates=templates)
    assert fault.message == (
        "macro files need one another before any of them is read: a.j2 -> b.j2 -> a.j2"
    )
    assert (fault.line, fault.position) == (2, Position("templates/b.j2", 1, 1))


@pytest.mark.parametrize("text", ["{% include 'me.j2' %}", "{% extends 'me.j2' %}"])
def test_a_file_that_uses_itself_is_a_fault(folder: Path, text: str) -> None:
    fault = fault_of(text, templates=write(folder, me=text))
    assert fault.code == "template-too-deep"


def test_a_fault_inside_a_macro_points_at_the_macro_file(folder: Path) -> None:
    templates = write(folder, camera="{% macro pan(x) %}\n\n{{ x.nmae }}{% endmacro %}")
    fault = fault_of("a\n{{ camera.pan(row) }}", templates=templates, row={"name": 1})
    assert fault.message == "x has no 'nmae'"
    assert fault.hint == "did you mean 'name'?"
    assert fault.position == Position("templates/camera.j2", 3, 6, 4)
    assert fault.line == 2


def test_a_misspelt_macro_gets_a_suggestion(folder: Path) -> None:
    templates = write(folder, camera="{% macro dolly() %}{% endmacro %}")
    fault = fault_of("{{ camera.doly() }}", templates=templates)
    assert fault.message == "camera is a namespace of macros and has no 'doly'"
    assert fault.hint == "did you mean 'dolly'?"
    assert fault_of("{{ camra.dolly() }}", templates=templates).hint == "did you mean 'camera'?"


def test_a_namespace_does_not_print(folder: Path) -> None:
    fault = fault_of("{{ camera }}", templates=write(folder, camera="text"))
    assert fault.message == (
        "a namespace of macros cannot be printed; only text, numbers, true and false can"
    )


def test_a_file_with_wrong_syntax_is_a_problem_and_its_use_a_fault_at_the_same_place(
    folder: Path,
) -> None:
    templates = write(folder, bad="ok\n{% macro %}", good="{% macro m() %}m{% endmacro %}")
    (problem,) = templates.problems
    assert problem.position == Position("templates/bad.j2", 2, 1, len("{% macro %}"))
    assert problem.code == "template-syntax"
    fault = fault_of("{{ bad.m() }}", templates=templates)
    assert (fault.position, fault.message) == (problem.position, problem.message)
    assert render("{{ good.m() }}", templates=templates) == "m"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "dolly-in.j2",
            "'dolly-in' cannot be the name of a namespace; use only letters, digits and _",
        ),
        ("1st.j2", "'1st' cannot be the name of a namespace; use only letters, digits and _"),
        ("class.j2", "'class' cannot be the name of a namespace; use only letters, digits and _"),
        ("row.j2", "'row' already means something in templates, so no file can have that name"),
        ("title.j2", "'title' already means something in templates, so no file can have that name"),
        ("loop.j2", "'loop' already means something in templates, so no file can have that name"),
    ],
)
def test_a_name_that_cannot_be_a_namespace_is_a_problem(
    folder: Path, name: str, message: str
) -> None:
    folder.mkdir()
    (folder / name).write_text("x")
    (problem,) = Templates(folder, display_name="film/templates").problems
    assert (problem.position, problem.code) == (
        Position(f"film/templates/{name}", 1, 1),
        "macro-file-name",
    )
    assert problem.message == message


def test_a_file_that_is_not_utf8_is_a_problem_at_its_line(folder: Path) -> None:
    folder.mkdir()
    (folder / "a.j2").write_bytes(b"one\ncaf\xe9")
    (problem,) = Templates(folder).problems
    assert problem.position == Position("templates/a.j2", 2, 4)
    assert problem.message == "byte 8 of the file (0xE9) is not UTF-8"


def test_a_byte_order_mark_and_windows_lines_are_read_as_text(folder: Path) -> None:
    folder.mkdir()
    (folder / "a.j2").write_bytes(b"\xef\xbb\xbf{% macro m() %}x\r\ny{% endmacro %}")
    assert render("{{ a.m() }}", templates=Templates(folder)) == "x\ny"


def test_a_file_that_is_too_long_is_a_problem(folder: Path) -> None:
    templates = write(folder, a="x" * 100_001, b="x" * 500_000)
    assert [problem.message for problem in templates.problems] == [
        "100,001 characters are more than 100,000, the maximum for a file",
        "is larger than 400,000 bytes, the maximum size",
    ]
    assert templates.namespaces == frozenset()


def test_links_pipes_and_folders_are_not_read(folder: Path, tmp_path: Path) -> None:
    write(folder, real="{% macro m() %}m{% endmacro %}")
    (tmp_path / "secret.j2").write_text("secret")
    (folder / "out.j2").symlink_to(tmp_path / "secret.j2")
    (folder / "gone.j2").symlink_to(tmp_path / "nothing.j2")
    (folder / "self.j2").symlink_to(folder / "self.j2")
    (folder / "circle.j2").symlink_to(folder / "circle.j2")
    (folder / "sub.j2").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.j2")
    (folder / "inside.j2").symlink_to(folder / "real.j2")
    templates = Templates(folder)
    by_name = {problem.position.path: problem.message for problem in templates.problems}
    assert by_name["templates/out.j2"] == (
        "cannot be read: it is a link that leads out of the folder"
    )
    assert by_name["templates/gone.j2"] == by_name["templates/out.j2"]
    assert by_name["templates/circle.j2"].startswith("cannot be read: ")
    assert by_name["templates/sub.j2"] == "is a folder, not a file"
    assert by_name.get("templates/pipe.j2", "is a pipe, not a file") == "is a pipe, not a file"
    assert templates.namespaces == {"real", "inside"}
    assert render("{{ inside.m() }}", templates=templates) == "m"


def test_other_files_and_hidden_files_are_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / "README.md").write_text("{{ not a template")
    (folder / "._a.j2").write_bytes(b"\xff\x00")
    templates = Templates(folder)
    assert (templates.problems, templates.namespaces) == ((), frozenset())


def test_no_folder_is_no_problem(tmp_path: Path) -> None:
    assert Templates(tmp_path / "templates").problems == ()
    assert Templates(None).names_used(["{{ x }}"]) == {"x"}


def test_the_folder_is_read_once(folder: Path) -> None:
    templates = write(folder, a="{% macro m() %}first{% endmacro %}")
    (folder / "a.j2").write_text("{% macro m() %}second{% endmacro %}")
    assert templates.render("{{ a.m() }}", Names()) == "first"
