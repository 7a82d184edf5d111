"""One film in two clones: downloads, merges and checkouts pay nothing twice and change no byte."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from storyboard.project import run
from storyboard.project.run import run_engine
from storyboard.sandbox.server import SandboxServer
from tests.commands.films import Program
from tests.project.test_git import git

FILM = """\
version: 1
model: alibaba/wan2.7-t2v
defaults: {duration: 2, resolution: 720P, seed: auto, prompt_extend: false}
shots:
  - {id: a1, prompt: A kite}
  - {id: a2, prompt: A pier}
"""
FOLDER = Path("renders/film")
MANIFEST = FOLDER / "manifest.json"
IGNORED = "state.sqlite3*\n.lock*\nvideos/\nindex.html\n"
STYLES = ["merge", "diff3", "zdiff3"]


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


class Clone:
    """A working copy with the film, on a machine of its own."""

    def __init__(self, folder: Path, program: Program) -> None:
        self.folder = folder
        self._program = program

    def git(self, *arguments: str) -> str:
        return git(self.folder, *arguments)

    def run(self, *arguments: str) -> Any:
        """A command about the film, run in the clone."""
        with inside(self.folder):
            return self._program(arguments[0], "film.yaml", *arguments[1:])

    def render(self, *options: str) -> bytes:
        """A render that comes to its end; the manifest after it."""
        output = self.run("render", "--yes", *options)
        assert output.code == 0, output.err
        return self.manifest

    def plan(self) -> dict[str, str]:
        document = self.run("plan", "--json").json
        return {one["take"]: one["action"] for one in document["storyboards"][0]["actions"]}

    @property
    def manifest(self) -> bytes:
        return (self.folder / MANIFEST).read_bytes()

    @property
    def videos(self) -> set[str]:
        return {path.name for path in (self.folder / FOLDER / "videos").glob("*.mp4")}

    def add_shot(self, name: str) -> None:
        film = self.folder / "film.yaml"
        film.write_text(f"{film.read_text('utf-8')}  - {{id: {name}, prompt: A {name}}}\n", "utf-8")

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "render")

    def pull(self) -> None:
        self.git("pull", "--quiet", "--ff-only", "origin", "main")

    def push(self) -> None:
        self.git("push", "--quiet", "origin", "main")

    def merge(self, style: str = "merge") -> None:
        """Merges what was pushed, which conflicts, and mends the storyboard by keeping both."""
        self.git("fetch", "--quiet")
        with pytest.raises(Exception, match="returned non-zero"):
            self.git("-c", f"merge.conflictStyle={style}", "merge", "origin/main")
        film = self.folder / "film.yaml"
        lines = film.read_text("utf-8").splitlines(keepends=True)
        film.write_text("".join(line for line in lines if line[0] not in "<|=>"), "utf-8")
        self.git("add", "film.yaml")


@pytest.fixture
def clones(
    tmp_path: Path, program: Program, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> tuple[Clone, Clone]:
    """Two clones of a film that the first has rendered, and the second has not yet."""
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, os.devnull)
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch", "main", "hub.git")
    one, two = (Clone(tmp_path / name, program) for name in ("one", "two"))
    git(tmp_path, "clone", "--quiet", "hub.git", "one")
    one.git("checkout", "--quiet", "-b", "main")
    (one.folder / ".gitignore").write_text(IGNORED, "utf-8")
    (one.folder / "film.yaml").write_text(FILM, "utf-8")
    one.render()
    one.commit()
    one.push()
    git(tmp_path, "clone", "--quiet", "hub.git", "two")
    return one, two


def test_each_clone_may_have_other_videos(
    clones: tuple[Clone, Clone], server: SandboxServer
) -> None:
    one, two = clones
    before = one.manifest
    assert two.plan() == {"a1": "download", "a2": "download"}
    assert two.render("--only", "a1") == before
    assert two.videos == {"a1.v001.mp4"}
    assert two.render("--no-download") == before
    (one.folder / FOLDER / "videos/a1.v001.mp4").unlink()
    assert one.render("--only", "a2") == before
    assert "not downloaded  a1" in one.run("status").out
    assert "rendered        a2" in one.run("status").out
    assert two.render() == before
    assert server.ledger.posts == 2
    page = (two.folder / FOLDER / "index.html").read_text("utf-8")
    assert "videos/a1.v001.mp4" in page
    assert "videos/a2.v001.mp4" in page


def test_a_checkout_with_crlf_is_left_as_it_is(
    clones: tuple[Clone, Clone], server: SandboxServer
) -> None:
    _, two = clones
    crlf = two.manifest.replace(b"\n", b"\r\n")
    (two.folder / MANIFEST).write_bytes(crlf)
    for options in (("--no-download",), (), ()):
        assert two.render(*options) == crlf
    assert server.ledger.posts == 2
    two.add_shot("b1")
    assert two.render().count(b"\r") == 0


def test_a_take_nobody_downloaded_is_named_by_who_does(
    clones: tuple[Clone, Clone], server: SandboxServer
) -> None:
    one, two = clones
    one.add_shot("b1")
    assert json.loads(one.render("--no-download"))["takes"][2]["file"] is None
    one.commit()
    one.push()
    two.pull()
    named = two.render()
    assert json.loads(named)["takes"][2]["file"]["path"] == "videos/b1.v001.mp4"
    two.commit()
    two.push()
    one.pull()
    assert one.render() == named
    assert one.videos == two.videos
    assert server.ledger.posts == 3


def test_a_name_that_is_taken_here_stays_the_manifests_and_the_video_gets_the_next_one(
    clones: tuple[Clone, Clone], server: SandboxServer
) -> None:
    """Both machines render something else as b1, and one of them takes over the other's."""
    one, two = clones
    two.add_shot("b1")
    two.render()
    two.git("checkout", "--quiet", ".")
    one.add_shot("b1")
    film = one.folder / "film.yaml"
    film.write_text(film.read_text("utf-8").replace("A b1", "A heron"), "utf-8")
    named = one.render()
    one.commit()
    one.push()
    two.pull()
    made = two.render()
    assert json.loads(made) == {**json.loads(named), "spent_usd": 0.2}  # it paid for its own
    assert two.videos == {"a1.v001.mp4", "a2.v001.mp4", "b1.v001.mp4", "b1.v002.mp4"}
    assert json.loads(named)["takes"][2]["file"]["path"] == "videos/b1.v001.mp4"
    assert "videos/b1.v002.mp4" in two.run("status").out
    assert "videos/b1.v002.mp4" in (two.folder / FOLDER / "index.html").read_text("utf-8")
    assert two.render() == made
    two.commit()
    two.push()
    one.pull()
    assert one.render() == made
    assert server.ledger.posts == 4


def diverge(one: Clone, two: Clone) -> None:
    """Each clone adds a shot at the end and renders it; the first has pushed it."""
    for clone, name in ((one, "x9"), (two, "y9")):
        clone.add_shot(name)
        clone.render("--only", name)
        clone.commit()
    one.push()


def test_a_conflict_of_every_style_is_read_as_both_sides_and_written_whole(
    clones: tuple[Clone, Clone], server: SandboxServer
) -> None:
    one, two = clones
    diverge(one, two)
    for style in STYLES:
        two.git("reset", "--quiet", "--hard")
        two.merge(style)
        assert b"<<<<<<< HEAD" in two.manifest
        assert (b"|||||||" in two.manifest) is (style != "merge")
        assert two.plan() == {"a1": "download", "a2": "download", "y9": "keep", "x9": "download"}
    said = "contains git conflict markers; both sides were read, and a render writes a clean file"
    assert said in two.run("plan").err
    merged = two.render("--no-download")
    assert [take["id"] for take in json.loads(merged)["takes"]] == ["a1", "a2", "y9", "x9"]
    two.commit()
    two.push()
    one.pull()
    for clone in (one, two):
        assert clone.render() == merged
    assert one.videos == two.videos
    assert server.ledger.posts == 4


def test_where_one_side_was_chosen_git_tells_the_other(
    clones: tuple[Clone, Clone], server: SandboxServer
) -> None:
    one, two = clones
    diverge(one, two)
    before = two.git("rev-parse", "HEAD")
    (two.folder / FOLDER / "state.sqlite3").unlink()  # as in a fresh clone of this branch
    for side in ("--ours", "--theirs"):
        two.git("reset", "--quiet", "--hard", before)
        two.merge()
        two.git("checkout", side, "--", str(MANIFEST))
        assert set(two.plan().values()) <= {"keep", "download"}
        two.commit()
        assert set(two.plan().values()) <= {"keep", "download"}
    merged = two.render()
    two.commit()
    two.push()
    one.pull()
    assert one.render() == merged
    assert server.ledger.posts == 4


def test_where_our_side_was_chosen_before_further_commits_git_still_tells_the_other(
    clones: tuple[Clone, Clone], server: SandboxServer
) -> None:
    one, two = clones
    diverge(one, two)
    two.merge()
    two.git("checkout", "--ours", "--", str(MANIFEST))
    two.commit()
    two.git("commit", "--quiet", "--allow-empty", "--message", "more")
    two.push()
    two.git("fetch", "--quiet")
    assert set(two.plan().values()) == {"keep", "download"}
    two.render("--no-download")
    assert server.ledger.posts == 4


def test_what_a_pull_brings_while_a_render_runs_is_paid_for_once(
    clones: tuple[Clone, Clone], server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = clones
    one.add_shot("b1")
    one.render()
    one.commit()
    one.push()

    def run_and_pull(*arguments: Any, **more: Any) -> Any:
        result = run_engine(*arguments, **more)
        two.pull()
        return result

    with monkeypatch.context() as patch:
        patch.setattr(run, "run_engine", run_and_pull)
        two.render()
    two.commit()
    two.push()
    two.git("fetch", "--quiet")  # which makes git forget what the pull had fetched
    assert two.plan() == {"a1": "keep", "a2": "keep", "b1": "download"}
    assert two.render("--no-download") == one.manifest
    assert server.ledger.posts == 3


def test_a_manifest_broken_while_a_render_runs_keeps_no_other_film_from_its_outputs(
    clones: tuple[Clone, Clone], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the manifest says which video a locked take has."""
    one, _ = clones
    film = one.folder / "film.yaml"
    film.write_text(film.read_text("utf-8").replace("{id: a1", "{locked: true, id: a1"), "utf-8")
    one.add_shot("b1")
    (one.folder / "other.yaml").write_text(FILM.replace("A ", "The "), "utf-8")

    def run_and_break(*arguments: Any, **more: Any) -> Any:
        result = run_engine(*arguments, **more)
        (one.folder / MANIFEST).write_text("{", "utf-8")
        return result

    with monkeypatch.context() as patch:
        patch.setattr(run, "run_engine", run_and_break)
        output = one.run("render", "other.yaml", "--yes")
    assert output.code == 6
    assert f"{MANIFEST} cannot be used as a manifest: it is not JSON" in output.err
    assert (one.folder / "renders/other/manifest.json").is_file()


def test_of_two_successes_for_one_request_the_latest_is_the_manifests_everywhere(
    clones: tuple[Clone, Clone], server: SandboxServer
) -> None:
    one, two = clones
    for clone in clones:
        clone.add_shot("b1")
        clone.render()
        clone.commit()
    one.push()
    two.git("fetch", "--quiet")
    two.git("merge", "--quiet", "--strategy", "ours", "origin/main")
    tasks = sorted(
        (take["submitted_at"], take["task_id"])
        for manifest in (one.manifest, two.manifest)
        for take in json.loads(manifest)["takes"][2:]
    )
    one.git("fetch", "--quiet", str(two.folder), "main")
    one.git("merge", "--quiet", "FETCH_HEAD")
    merged = one.render()
    assert json.loads(merged)["takes"][2]["task_id"] == tasks[-1][1]
    one.commit() if one.git("status", "--porcelain") else None
    one.push()
    two.pull()
    assert two.render() == merged
    assert one.render() == merged
    assert server.ledger.posts == 4


def test_a_side_that_is_no_manifest_is_a_problem_whose_advice_works(
    clones: tuple[Clone, Clone], server: SandboxServer
) -> None:
    one, two = clones
    diverge(one, two)
    two.merge()
    path = two.folder / MANIFEST
    path.write_bytes(two.manifest.replace(b'"prompt": "A x9"', b'"prompt": "A y9"'))
    output = two.run("plan")
    assert output.code == 2
    assert "take x9 has a fingerprint that does not match its payload" in output.err
    [advice] = [line for line in output.err.splitlines() if "next:" in line]
    command = advice.partition("git ")[2].partition(" (in a merge")[0]
    with inside(two.folder):
        git(Path(), *command.split())
    assert set(two.plan().values()) == {"keep", "download"}


def test_a_conflict_stays_for_a_render_and_gives_no_payloads(clones: tuple[Clone, Clone]) -> None:
    one, two = clones
    diverge(one, two)
    two.merge()
    before = two.manifest
    output = two.run("plan", "--from-manifest")
    assert output.code == 2
    assert f"{MANIFEST} holds git conflict markers" in output.err
    assert two.run("reconcile").code == 0
    assert two.run("status").code == 0
    assert two.manifest == before
