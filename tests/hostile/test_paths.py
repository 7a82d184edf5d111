"""What a storyboard names is read inside its project, and shows nothing of any other file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from storyboard.language.load import load_storyboard
from storyboard.language.read_scope import find_project, find_scope
from storyboard.models.catalog import load_catalog
from storyboard.records import Storyboard
from storyboard.reporting.problems import format_problems

SECRET = "root:x:0:0:secret-line"
KEY = "mdlx-marked-key-0123456789"
HEAD = "version: 1\nmodel: alibaba/wan2.7-t2v\n"
PLAIN = f"{HEAD}shots: [{{id: a, prompt: A boat}}]\n"
BY_ROW = "shots: [{{id: 'a{{{{ shot.number }}}}', rows: {rows}, prompt: '{{{{ row }}}}'}}]\n"


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A film in a project; beside the project, a file that is nobody's business."""
    (tmp_path / "outside.csv").write_text(f"{SECRET},b\n1,2,3\n", "utf-8")
    (tmp_path / "outside.yaml").write_text(f"vars: {{a: {SECRET!r}, a: 1}}\n", "utf-8")
    (tmp_path / "macros").mkdir()
    (tmp_path / "macros" / "camera.j2").write_text(f"{SECRET} {{% broken\n", "utf-8")
    folder = tmp_path / "project" / "films"
    folder.mkdir(parents=True)
    (tmp_path / "project" / ".git").mkdir()
    (tmp_path / "project" / ".git" / "config").write_text(SECRET, "utf-8")
    (tmp_path / "project" / "shared.yaml").write_text("vars: {boat: A boat}\n", "utf-8")
    path = folder / "film.yaml"
    path.write_text(PLAIN, "utf-8")
    return path


def load(film: Path, text: str | None = None, *, allowed: tuple[Path, ...] = ()) -> Storyboard:
    if text is not None:
        film.write_text(HEAD + text, "utf-8")
    return load_storyboard(film, load_catalog(), display_name="film.yaml", allowed_paths=allowed)


def codes(board: Storyboard) -> set[str]:
    return {problem.code for problem in board.problems}


def check_refused(board: Storyboard, code: str = "outside-project") -> None:
    assert code in codes(board)
    for style in ("text", "json", "github", "sarif", "concise"):
        assert SECRET not in format_problems(board.problems, board.sources, style=style)
    assert SECRET not in str(board.sources)
    assert SECRET not in str(board.takes)


def test_a_file_of_the_project_is_read_from_any_folder_of_it(film: Path) -> None:
    board = load(film, "include: [../shared.yaml]\nshots: [{id: a, prompt: '{{ boat }}'}]\n")
    assert board.is_sound


@pytest.mark.parametrize(
    "text",
    [
        "include: [../../outside.yaml]\nshots: [{id: a, prompt: x}]\n",
        "include: [../.git/config]\nshots: [{id: a, prompt: x}]\n",
        "include: [../.GIT/config]\nshots: [{id: a, prompt: x}]\n",
        "include: ['//server/share/x.yaml']\nshots: [{id: a, prompt: x}]\n",
        BY_ROW.format(rows="../../outside.csv"),
        BY_ROW.format(rows="/etc/passwd.csv"),
    ],
)
def test_a_name_that_leads_out_of_the_project_is_not_opened(film: Path, text: str) -> None:
    check_refused(load(film, text))


def test_a_path_of_another_machine_is_not_even_resolved(film: Path) -> None:
    scope = find_scope(film, allowed=[Path("/")])
    for name in (r"\\server\share\x.yaml", "//server/share/x.yaml"):
        refusal = scope.refusal(Path(name))
        assert refusal is not None
        assert refusal[0] == "is on another machine"


def test_links_that_lead_out_of_the_project_are_not_followed(film: Path, tmp_path: Path) -> None:
    (film.parent / "inside.csv").symlink_to(tmp_path / "outside.csv")
    (film.parent / "inside.yaml").symlink_to(tmp_path / "outside.yaml")
    check_refused(load(film, BY_ROW.format(rows="inside.csv")))
    check_refused(load(film, "include: [inside.yaml]\nshots: [{id: a, prompt: x}]\n"))
    (film.parent / "templates").symlink_to(tmp_path / "macros")
    check_refused(load(film, "shots: [{id: a, prompt: x}]\n"))
    film.unlink()
    film.symlink_to(tmp_path / "outside.yaml")
    check_refused(load(film))


def test_a_link_inside_the_project_is_followed(film: Path) -> None:
    (film.parent / "linked.yaml").symlink_to(film.parent.parent / "shared.yaml")
    board = load(film, "include: [linked.yaml]\nshots: [{id: a, prompt: '{{ boat }}'}]\n")
    assert board.is_sound


def test_a_folder_that_the_user_allows_is_read(film: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("name\nboat\n", "utf-8")
    text = "shots: [{id: a, rows: ../../rows.csv, prompt: '{{ row.name }}'}]\n"
    assert "outside-project" in codes(load(film, text))
    assert load(film, text, allowed=(tmp_path,)).is_sound


def test_the_folder_of_the_vendors_client_is_never_read(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, folder in (("HOME", ".config/modellix"), ("XDG_CONFIG_HOME", "modellix")):
        monkeypatch.setenv(variable, str(film.parent))
        keys = film.parent / folder
        keys.mkdir(parents=True)
        (keys / "config.json").write_text(f'[{{"name": "{SECRET}"}}]', "utf-8")
        board = load(film, BY_ROW.format(rows=f"{folder}/config.json"), allowed=(film.parent,))
        check_refused(board)


@pytest.mark.parametrize("name", ["film.yaml", "shared.yaml", "rows.csv", "templates/camera.j2"])
def test_a_file_that_holds_the_key_is_not_read_and_not_quoted(
    name: str, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELLIX_API_KEY", KEY)
    film.write_text(
        f"{HEAD}include: [shared.yaml]\n"
        "shots: [{id: a, rows: rows.csv, prompt: '{{ row.a }}'}]\n",
        "utf-8",
    )
    (film.parent / "shared.yaml").write_text("vars: {}\n", "utf-8")
    (film.parent / "rows.csv").write_text("a\nx\n", "utf-8")
    (film.parent / "templates").mkdir()
    (film.parent / "templates" / "camera.j2").write_text("", "utf-8")
    with (film.parent / name).open("a", encoding="utf-8") as file:
        file.write(f"\n{KEY}: [\n")
    board = load(film)
    assert "holds-key" in codes(board)
    assert KEY not in format_problems(board.problems, board.sources, style="text")
    assert KEY not in str(board)


def test_the_project_is_the_nearest_folder_with_a_repository_below_the_home_folder(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home" / "someone"
    inner = home / "films" / "harbor" / "scenes"
    inner.mkdir(parents=True)
    assert find_project(inner, home) == inner
    for folder in (tmp_path, home.parent, home):
        (folder / ".git").mkdir()
        assert find_project(inner, home) == inner
    (home / "films" / ".git").write_text("gitdir: elsewhere\n", "utf-8")
    assert find_project(inner, home) == home / "films"
    assert find_project(home, home) == home


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names on this system")
def test_a_pipe_is_not_waited_for(film: Path) -> None:
    os.mkfifo(film.parent / "rows.csv")
    assert not load(film, BY_ROW.format(rows="rows.csv")).is_sound
