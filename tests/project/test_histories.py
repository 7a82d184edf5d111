"""What git does to a film beside a merge: whatever the history, nothing is paid twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from storyboard.sandbox.server import SandboxServer
from tests.project.test_git import git
from tests.project.test_two_clones import FOLDER, MANIFEST, Clone, clones

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
    before = one.manifest
    one.git("checkout", "--quiet", "--detach")
    render_shot(one, "d1")
    detached = one.manifest
    one.git("checkout", "--quiet", "main")
    assert one.render("--no-download") == before
    one.git("checkout", "--quiet", "-")
    assert one.render("--no-download") == detached
    assert server.ledger.posts == 3
