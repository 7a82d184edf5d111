"""One folder for each origin, so that a rehearsal leaves the real render's alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from storyboard.api.credentials import DEFAULT_BASE_URL
from storyboard.errors import UsageError
from storyboard.outputs.manifest.file import manifest_bytes
from storyboard.outputs.manifest.manifest import build_manifest
from storyboard.project.default_folder import find_default_folder
from storyboard.records import Storyboard
from storyboard.sandbox.journal import NAME as JOURNAL
from storyboard.sandbox.server import SandboxServer
from storyboard.sandbox.settings import SandboxSettings
from storyboard.state.store import Store
from tests.commands.films import QUICK, Program
from tests.project.rendered import rendered

__all__ = ["rendered"]

LOCAL = "http://127.0.0.1:8765"
OUT = Path("renders/film.sandbox")


def find(folder: Path, origin: str) -> str:
    board = Storyboard(folder / "film.yaml", "film", None, (), (), {})
    return find_default_folder(board, origin).relative_to(folder / "renders").as_posix()


def claim(folder: Path, origin: str) -> None:
    folder.mkdir(parents=True)
    Store(folder, origin=origin, storyboard="film").close()


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        (DEFAULT_BASE_URL, "film"),
        (LOCAL, "film.127.0.0.1-8765"),
        ("https://api.example.com", "film.api.example.com-443"),
        ("http://localhost", "film.localhost-80"),
        ("http://[::1]:8765", "film.__1-8765"),
        ("https://..", "film...-443"),
        ("https://a*b|c", "film.a_b_c-443"),
        ("sandbox", "film.sandbox"),
    ],
)
def test_each_origin_has_a_folder_of_its_own(tmp_path: Path, origin: str, name: str) -> None:
    assert find(tmp_path, origin) == name


def test_a_folder_of_the_plain_name_stays_that_of_the_origin_it_was_rendered_at(
    tmp_path: Path,
) -> None:
    claim(tmp_path / "renders" / "film", LOCAL)
    assert find(tmp_path, LOCAL) == "film"
    assert find(tmp_path, "http://127.0.0.1:8766") == "film.127.0.0.1-8766"


def test_so_it_does_in_a_clone_that_has_its_manifest_alone(tmp_path: Path) -> None:
    folder = tmp_path / "renders" / "film"
    folder.mkdir(parents=True)
    board = Storyboard(folder, "film", None, (), (), {})
    (folder / "manifest.json").write_bytes(manifest_bytes(build_manifest(board, LOCAL, ())))
    assert find(tmp_path, LOCAL) == "film"
    assert find(tmp_path, "http://127.0.0.1:8766") == "film.127.0.0.1-8766"


def test_a_link_of_the_plain_name_is_not_looked_into(tmp_path: Path) -> None:
    claim(tmp_path / "elsewhere", LOCAL)
    (tmp_path / "renders").mkdir()
    (tmp_path / "renders" / "film").symlink_to(tmp_path / "elsewhere")
    assert find(tmp_path, LOCAL) == "film.127.0.0.1-8765"


def test_a_rehearsal_against_a_local_server_leaves_the_real_folder_to_the_real_render(
    program: Program, film: Path, server: SandboxServer
) -> None:
    settings = SandboxSettings(render_time_s=0, max_in_flight=50, requests_per_minute=100_000)
    key = "mdlx-marked-key-0123456789"
    with SandboxServer(settings=settings, api_key=key) as local:
        rehearsal = ("--base-url", local.base_url)
        assert program("render", film, "--yes", "--no-download", *rehearsal).code == 0
        assert not Path("renders/film").exists()
        assert program("render", film, "--yes", "--no-download").code == 0
        status = program("status", film, "--json", *rehearsal).json
    port = rehearsal[1].rpartition(":")[2]
    assert status["output"] == f"renders/film.127.0.0.1-{port}"
    assert (server.ledger.posts, local.ledger.posts) == (3, 3)


# Variants


def find_variant(folder: Path, origin: str, *, file: str = "film.yaml") -> str:
    board = Storyboard(folder / file, "film/draft", None, (), (), {})
    return find_default_folder(board, origin).relative_to(folder / "renders").as_posix()


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        (DEFAULT_BASE_URL, "film.draft"),
        (LOCAL, "film.draft.127.0.0.1-8765"),
        ("sandbox", "film.draft.sandbox"),
    ],
)
def test_a_variant_has_a_folder_of_its_own_for_each_origin(
    tmp_path: Path, origin: str, name: str
) -> None:
    assert find_variant(tmp_path, origin) == name
    # A folder by the whole stem is of the film, and older than variants are.
    (tmp_path / "renders" / "film.storyboard").mkdir(parents=True)
    assert find_variant(tmp_path, origin, file="film.storyboard.yaml") == name


@pytest.mark.parametrize("twin", ["film.yml", "film.draft.yaml", "Film.Draft.yml"])
def test_a_storyboard_that_would_share_a_variant_s_folder_is_refused(
    tmp_path: Path, twin: str
) -> None:
    (tmp_path / "film.yaml").write_text("shots: []")
    (tmp_path / twin).write_text("variables: []")
    assert find_variant(tmp_path, "sandbox") == "film.draft.sandbox"
    (tmp_path / twin).write_text("shots: []")
    with pytest.raises(UsageError, match="would render into the same folder"):
        find_variant(tmp_path, "sandbox")


def test_the_folder_of_a_variant_is_not_that_of_a_film_of_the_same_name(
    program: Program, film: Path
) -> None:
    text = film.read_text("utf-8") + "variants: {draft: {duration: 3}}\n"
    film.write_text(text, "utf-8")
    other = film.rename("film.draft.yaml")
    assert program("render", other, *QUICK, "--only", "one").code == 0
    other.rename(film)
    refused = program("plan", film, "--variant", "draft", "--sandbox")
    assert refused.code == 2
    assert "belongs to film.draft rendered at sandbox, not to film/draft at sandbox" in refused.err


# A clone of a sandbox render


def forget_state(*, keep_sandbox: bool = False) -> None:
    for path in OUT.glob("state.sqlite3*"):
        path.unlink()
    if not keep_sandbox:
        shutil.rmtree(OUT / ".sandbox")


def test_a_clone_of_a_sandbox_render_renders_again_what_is_not_there(
    program: Program, rendered: Path
) -> None:
    forget_state()
    (OUT / "videos" / "one.v001.mp4").unlink()
    assert program("plan", rendered, "--sandbox").out.startswith("film.yaml: 1 submit, 2 keep\n")
    again = program("render", rendered, "--sandbox", "--quiet")
    assert again.code == 0, again.err
    assert (OUT / "videos" / "one.v001.mp4").is_file()


def test_what_the_sandbox_of_the_folder_knows_is_fetched_from_there(
    program: Program, rendered: Path
) -> None:
    forget_state(keep_sandbox=True)
    (OUT / "videos" / "one.v001.mp4").unlink()
    plan = program("plan", rendered, "--sandbox").out
    assert plan.startswith("film.yaml: 1 download, 2 keep\n")


def test_a_journal_that_is_none_is_no_sandbox_s_knowledge(program: Program, rendered: Path) -> None:
    forget_state()
    (OUT / ".sandbox").mkdir()
    (OUT / ".sandbox" / JOURNAL).write_bytes(b"\xff{\n[]\n")
    (OUT / "videos" / "one.v001.mp4").unlink()
    assert program("plan", rendered, "--sandbox").out.startswith("film.yaml: 1 submit, 2 keep\n")
