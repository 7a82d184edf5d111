"""What git does to a film beside a merge: whatever the history, nothing is paid twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storyboard.sandbox.faults import Faults
from storyboard.sandbox.server import SandboxServer
from tests.project.test_git import git
from tests.project.test_two_clones import FOLDER, MANIFEST, STYLES, Clone, clones, inside

__all__ = ["clones"]


@pytest.fixture
def clone(clones: tuple[Clone, Clone]) -> Iterator[Clone]:
    """A clone that knows what was paid from its manifest and from git alone."""
    clone = clones[1]
    assert not (clone.folder / FOLDER / "state.sqlite3").exists()
    yield clone


def branch_off(one: Clone, name: str) -> None:
    """A branch of one clone that renders a shot of that name, pushed; back on main after it."""
    one.git("checkout", "--quiet", "-b", name)
    render_shot(one, name)
    one.git("push", "--quiet", "origin", name)
    one.git("checkout", "--quiet", "main")


def render_shot(clone: Clone, name: str) -> None:
    clone.add_shot(name)
    clone.render("--no-download", "--only", name)
    clone.commit()


def conflict(clone: Clone, *command: str) -> None:
    """A command that conflicts; both sides stay in the storyboard."""
    with pytest.raises(Exception, match="returned non-zero"):
        clone.git(*command)
    film = clone.folder / "film.yaml"
    lines = film.read_text("utf-8").splitlines(keepends=True)
    film.write_text("".join(line for line in lines if line[0] not in "<|=>"), "utf-8")


@pytest.mark.parametrize("side", ["--ours", "--theirs"])
@pytest.mark.parametrize("how", ["rebase", "cherry-pick"])
def test_after_a_rebase_or_a_cherry_pick_what_the_side_not_chosen_paid_is_known(
    clones: tuple[Clone, Clone], clone: Clone, server: SandboxServer, how: str, side: str
) -> None:
    one, _ = clones
    branch_off(one, "b1")
    render_shot(one, "m1")
    one.push()
    clone.git("fetch", "--quiet")
    start, other = ("origin/b1", "origin/main") if how == "rebase" else ("origin/main", "origin/b1")
    clone.git("checkout", "--quiet", "--detach", start)
    conflict(clone, how, other)
    assert set(clone.plan().values()) == {"download"}
    clone.git("checkout", side, "--", str(MANIFEST))
    clone.git("add", "--all")
    clone.git("-c", "core.editor=true", how, "--continue")
    assert set(clone.plan().values()) == {"download"}
    clone.render("--no-download")
    assert server.ledger.posts == 4


def test_what_was_cherry_picked_without_its_record_is_known_by_the_branch(
    clones: tuple[Clone, Clone], clone: Clone, server: SandboxServer
) -> None:
    branch_off(clones[0], "b1")
    clone.git("fetch", "--quiet")
    clone.git("checkout", "--quiet", "origin/b1", "--", "film.yaml")
    clone.render("--no-download")
    assert server.ledger.posts == 3


def test_an_older_word_on_whether_a_task_is_open_is_not_taken_from_a_branch(
    clones: tuple[Clone, Clone], clone: Clone, server: SandboxServer
) -> None:
    """One branch saw a task render, the other one saw it fail and so did the one tried after."""
    clone.git("remote", "remove", "origin")  # where it was rendered
    manifest = json.loads(clone.manifest)
    take = manifest["takes"][0] | {"video_url": None, "url_expires_at": None, "file": None}
    for branch, more in (
        ("old", {"status": "rendering", "finished_at": None, "http_status": 200}),
        ("main", {"status": "failed", "task_id": "task-later", "error": "no luck"}),
    ):
        clone.git("checkout", "--quiet", "-B", branch)
        document = manifest | {"takes": [take | more, *manifest["takes"][1:]]}
        (clone.folder / MANIFEST).write_text(json.dumps(document), "utf-8")
        clone.commit()
    assert clone.plan() == {"a1": "hold", "a2": "download"}


def test_a_shallow_clone_and_a_worktree_keep_all(
    clones: tuple[Clone, Clone], clone: Clone, server: SandboxServer, tmp_path: Path
) -> None:
    before = clone.manifest
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{tmp_path}/hub.git", "shallow")
    clone.git("worktree", "add", "--quiet", "-b", "tree", "../tree")
    for name in ("shallow", "tree"):
        assert Clone(tmp_path / name, clone._program).render("--no-download") == before
    tree = Clone(tmp_path / "tree", clone._program)
    render_shot(tree, "t1")
    clone.add_shot("t1")
    assert clone.render("--no-download") == tree.manifest
    assert server.ledger.posts == 3


def test_on_a_detached_head_and_back_the_manifest_is_as_it_was(
    clones: tuple[Clone, Clone], server: SandboxServer
) -> None:
    one, _ = clones
    before = json.loads(one.manifest)
    one.git("checkout", "--quiet", "--detach")
    render_shot(one, "d1")
    detached = one.manifest
    one.git("checkout", "--quiet", "main")
    back = json.loads(one.render("--no-download"))
    # What was paid for the other branch was paid all the same.
    assert back.pop("spent_usd") > before.pop("spent_usd") == 0
    assert back == before
    one.git("checkout", "--quiet", "--", ".")
    one.git("checkout", "--quiet", "-")
    assert one.render("--no-download") == detached
    assert server.ledger.posts == 3


# A film that is renamed along with its folder

NEW = Path("renders/movie")


def rename(clone: Clone) -> None:
    clone.git("mv", "film.yaml", "movie.yaml")
    clone.git("mv", str(FOLDER), str(NEW))


def run(clone: Clone, *arguments: str) -> Any:
    with inside(clone.folder):
        return clone._program(*arguments)


def test_a_clone_that_pulls_a_renamed_folder_pays_nothing_again(
    clones: tuple[Clone, Clone], clone: Clone, server: SandboxServer
) -> None:
    one, _ = clones
    clone.render("--no-download")
    rename(one)
    one.commit()
    one.push()
    clone.pull()
    assert run(clone, "plan", "movie.yaml").out.startswith("movie.yaml: 2 download\n")
    assert run(clone, "status", "movie.yaml").code == 0
    assert run(clone, "render", "movie.yaml", "--yes").code == 0
    manifest = (clone.folder / NEW / "manifest.json").read_bytes()
    assert manifest == one.folder.joinpath(NEW, "manifest.json").read_bytes().replace(
        b'"storyboard": "film"', b'"storyboard": "movie"'
    )
    assert server.ledger.posts == 2


def test_what_a_pulled_rename_leaves_behind_stays_out_of_git(
    clones: tuple[Clone, Clone], server: SandboxServer
) -> None:
    one, two = clones
    two.render()
    one.git("rm", "--quiet", ".gitignore")  # that of the project
    rename(one)
    one.git("commit", "--quiet", "--message", "rename")
    one.push()
    two.pull()
    assert two.git("status", "--porcelain")  # the state file and the videos of before
    assert run(two, "render", "movie.yaml", "--yes").code == 0
    assert two.git("status", "--porcelain").splitlines() == [
        "M renders/movie/manifest.json",
        "?? renders/film/",
    ]
    two.git("add", "--all")
    assert two.git("ls-files", "renders/film").splitlines() == ["renders/film/.gitignore"]
    assert server.ledger.posts == 2


def test_the_clone_that_renamed_the_folder_is_told_commands_that_work(
    clones: tuple[Clone, Clone], server: SandboxServer
) -> None:
    one, two = clones
    rename(one)
    said = run(one, "plan", "movie.yaml").err
    mv, adopt = said.partition("adopt from it: ")[2].partition("; if not")[0].split(", then ")
    with inside(one.folder):
        Path(mv.split()[1]).rename(mv.split()[2])
    assert run(one, *adopt.split()[1:]).code == 0
    assert "nothing to do: 2 kept" in run(one, "render", "movie.yaml", "--yes").err
    one.commit()
    one.push()
    two.pull()
    assert run(two, "render", "movie.yaml", "--no-download").code == 0
    assert not two.git("status", "--porcelain")
    assert server.ledger.posts == 2


@pytest.mark.parametrize("style", STYLES)
def test_a_renamed_folder_is_merged_with_what_was_rendered_under_the_name_before(
    clones: tuple[Clone, Clone], clone: Clone, server: SandboxServer, style: str
) -> None:
    one, _ = clones
    render_shot(clone, "y9")
    clone.git("rm", "--quiet", "--cached", "-r", "--ignore-unmatch", str(FOLDER / "videos"))
    rename(one)
    for path in one.folder.joinpath(NEW).glob("state.sqlite3*"):
        path.unlink()
    one.git("commit", "--quiet", "--message", "rename")
    with (one.folder / "movie.yaml").open("a", encoding="utf-8") as film:
        film.write("  - {id: x9, prompt: A x9}\n")
    assert run(one, "render", "movie.yaml", "--yes", "--no-download").code == 0
    one.commit()
    one.push()
    clone.git("fetch", "--quiet")
    with pytest.raises(Exception, match="returned non-zero"):
        clone.git("-c", f"merge.conflictStyle={style}", "merge", "origin/main")
    film_path = clone.folder / "movie.yaml"
    lines = film_path.read_text("utf-8").splitlines(keepends=True)
    film_path.write_text("".join(line for line in lines if line[0] not in "<|=>"), "utf-8")
    assert "<<<<<<<" in (clone.folder / NEW / "manifest.json").read_text("utf-8")
    assert run(clone, "plan", "movie.yaml").out.startswith("movie.yaml: 4 download\n")
    assert run(clone, "render", "movie.yaml", "--yes", "--no-download").code == 0
    assert server.ledger.posts == 4


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("film", "give the folder its old name and adopt from it: mv renders/movie renders/"),
        ("a\0b", "next: choose another folder with --output"),
        ("../film", "next: choose another folder with --output"),
    ],
)
def test_a_folder_with_little_of_the_storyboard_stays_that_of_the_name_in_its_manifest(
    clone: Clone, name: str, said: str
) -> None:
    rename(clone)
    path = clone.folder / NEW / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"storyboard": name}), "utf-8")
    film = clone.folder / "movie.yaml"
    film.write_text(film.read_text("utf-8").replace("A pier", "A heron"), "utf-8")
    before = path.read_bytes()
    output = run(clone, "render", "movie.yaml", "--yes")
    assert (output.code, output.out) == (2, "")
    assert said in output.err
    assert path.read_bytes() == before


def test_what_only_the_state_file_of_the_name_before_tells_is_taken_over_first(
    clones: tuple[Clone, Clone], clone: Clone, server: SandboxServer
) -> None:
    """A render that was killed leaves what it paid for in the state file, not yet in git."""
    one, _ = clones
    rename(one)
    one.commit()
    one.push()
    clone.add_shot("y9")
    clone.render("--no-download")
    clone.git("checkout", "--quiet", str(MANIFEST))
    clone.commit()
    clone.git("pull", "--quiet", "--no-rebase", "--no-edit", "origin", "main")
    command = "storyboard adopt movie.yaml renders/film"
    assert f"    next: {command}\n" in run(clone, "plan", "movie.yaml").out
    for _ in range(2):
        output = run(clone, "render", "movie.yaml", "--yes", "--no-download")
        assert output.code == 3
        assert output.err == (
            "error: renders/film has 1 of the 1 requests of movie.yaml that are new in "
            f"renders/movie; nothing was sent.\n    next: {command} (or --fresh, which renders "
            "them again)\n"
        )
    assert run(clone, *command.split()[1:]).code == 0
    assert run(clone, "render", "movie.yaml", "--yes", "--no-download").code == 0
    assert server.ledger.posts == 3


def test_a_folder_that_was_renamed_after_all_of_it_failed_is_adopted_as_advised(
    clones: tuple[Clone, Clone], server: SandboxServer
) -> None:
    one, _ = clones
    film = one.folder / "film.yaml"
    film.write_text(film.read_text("utf-8").replace("prompt: A ", "prompt: The "), "utf-8")
    server.faults = Faults(task_fails=1.0)
    assert one.run("render", "--yes").code == 1
    one.commit()
    rename(one)
    one.commit()
    said = run(one, "render", "movie.yaml", "--yes").err
    assert "mv renders/movie renders/film, then storyboard adopt movie.yaml renders/film" in said
    (one.folder / NEW).rename(one.folder / FOLDER)
    adopted = run(one, "adopt", "movie.yaml", str(FOLDER))
    assert adopted.out == "movie.yaml: adopted 2 failed from renders/film\n", adopted.err
    assert server.ledger.posts == 4


def test_a_folder_with_a_chain_that_was_renamed_is_adopted_as_advised(
    clones: tuple[Clone, Clone], server: SandboxServer
) -> None:
    one, _ = clones
    film = one.folder / "film.yaml"
    shot = "{id: b1, model: alibaba/wan2.7-i2v, prompt: On, first_frame: {take: a1, frame: last}}"
    film.write_text(f"{film.read_text('utf-8')}  - {shot}\n", "utf-8")
    one.render()
    one.commit()
    rename(one)
    one.commit()
    (one.folder / NEW).rename(one.folder / FOLDER)
    adopted = run(one, "adopt", "movie.yaml", str(FOLDER))
    assert adopted.code == 0, adopted.err
    assert run(one, "render", "movie.yaml", "--yes").code == 0
    assert server.ledger.posts == 3


def test_the_folder_of_a_storyboard_that_is_still_there_is_not_left_behind(
    clones: tuple[Clone, Clone], server: SandboxServer
) -> None:
    one, _ = clones
    film = (one.folder / "film.yaml").read_text("utf-8")
    (one.folder / "movie.yaml").write_text(film.replace("A pier", "A heron"), "utf-8")
    assert run(one, "render", "movie.yaml", "--yes", "--only", "a2", "--no-download").code == 0
    assert run(one, "render", "movie.yaml", "--yes", "--no-download").code == 0
    assert server.ledger.posts == 4
