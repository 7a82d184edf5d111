"""A film by an attacker, cloned and rendered with a key at hand, harms nothing and shows no key."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storyboard.sandbox.server import SandboxServer
from tests.commands.films import AT_ONCE, Output, Program
from tests.hostile.repositories import CONFIGURATIONS, arm, git, make_program

KEY = "mdlx-key-of-the-environment-0123"
SAVED_KEY = "mdlx-key-of-the-vendors-client-4567"
DEFAULTS = "defaults: {duration: 2, resolution: 720P, prompt_extend: false}\n"
HEAD = f"version: 1\nmodel: alibaba/wan2.7-t2v\n{DEFAULTS}"

SOUND = f"""{HEAD}title: "\\e]0;owned\\a ::warning::x ##[error]y \\u202e"
shots:
  - id: one
    prompt: "A boat \\e[2J ::error::injected ##[command]x \\u2066"
    notes: "::set-output name=x::y"
    tags: ["\\e[31m"]
  - {{id: two, prompt: "{{{{ title }}}}"}}
"""

THIEF = f"""{HEAD}include: [../../outside/secret.yaml, ../.git/config, linked.yaml]
shots:
  - {{id: a, rows: ../../outside/secret.csv, prompt: "{{{{ row }}}}"}}
  - {{id: b, rows: keys.json, prompt: "{{{{ row.apiKey }}}}"}}
  - {{id: c, prompt: "{{{{ ''.__class__.__mro__ }}}}"}}
"""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The user's machine: a key in the environment, another one on disk, and an API."""
    keys = Path(os.environ["HOME"]) / ".config" / "modellix"
    keys.mkdir(parents=True)
    profile = {"currentProfile": "default", "profiles": {"default": {"apiKey": SAVED_KEY}}}
    (keys / "config.json").write_text(json.dumps(profile), "utf-8")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.yaml").write_text("vars: {secret: line-of-a-secret}\n", "utf-8")
    (outside / "secret.csv").write_text("line-of-a-secret\n1\n", "utf-8")
    (outside / "precious.txt").write_text("precious", "utf-8")
    with SandboxServer(settings=AT_ONCE, api_key=KEY) as server:
        monkeypatch.setenv("MODELLIX_BASE_URL", server.base_url)
        monkeypatch.setenv("MODELLIX_API_KEY", KEY)
        yield tmp_path


@pytest.fixture
def clone(world: Path) -> Path:
    """The attacker's repository as a victim has cloned it, its configuration included."""
    source = world / "source" / "films"
    source.mkdir(parents=True)
    git(source.parent, "init", "--quiet")
    (source / "film.yaml").write_text(SOUND, "utf-8")
    (source / "thief.yaml").write_text(THIEF, "utf-8")
    (source / "linked.yaml").symlink_to(world / "outside" / "secret.yaml")
    (source / "keys.json").symlink_to(Path(os.environ["HOME"]) / ".config/modellix/config.json")
    (source / ".gitattributes").write_text("* filter=x diff=x\n", "utf-8")
    output = source / "renders" / "film"
    output.mkdir(parents=True)
    (output / "index.html").symlink_to(world / "outside" / "precious.txt")
    (output / ".lock.json").symlink_to(world / "outside" / "precious.txt")
    (output / "manifest.json.part").symlink_to(world / "outside" / "precious.txt")
    git(source.parent, "add", "--force", ".")
    git(source.parent, "commit", "--quiet", "--message", "film")
    git(world, "clone", "--quiet", str(source.parent), str(world / "clone"))
    program = make_program(world / "attacker")
    for configuration in CONFIGURATIONS:
        arm(world / "clone" / ".git", configuration, program)
    return world / "clone" / "films"


def snapshot(*folders: Path) -> dict[str, str]:
    """Every file and link below the folders, with a digest of what it holds."""
    found = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_symlink():
                found[str(path)] = f"link to {path.readlink()}"
            elif path.is_file():
                found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


class Watch:
    """The processes that are started while it is on."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.is_on = True
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.is_on and event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"):
            self.started.append(Path(str(arguments[0])).name)


def use(program: Program, film: str) -> list[Output]:
    """Every command that a person or a CI job would use on a film."""
    calls = [
        ("validate", film),
        ("validate", film, "--format", "github"),
        ("validate", film, "--json"),
        ("show", film),
        ("plan", film),
        ("status", film),
        ("render", film, "--yes"),
        ("render", film, "--yes"),
        ("status", film, "--json"),
        ("reconcile", film),
        ("resolve", film, "one", "--abandon"),
    ]
    return [program(*call) for call in calls]


def test_a_hostile_film_harms_nothing_and_shows_no_key(
    world: Path, clone: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(clone)
    (world / "attacker" / "trace").unlink(missing_ok=True)
    places = (world / "outside", world / "attacker", Path(os.environ["HOME"]), clone.parent)
    before = snapshot(*places)
    watch = Watch()
    outputs = [*use(program, "film.yaml"), *use(program, "thief.yaml")]
    watch.is_on = False
    after = snapshot(*places)

    rendered = clone / "renders"
    changed = {
        path
        for path in before.keys() | after.keys()
        if before.get(path) != after.get(path) and not Path(path).is_relative_to(rendered)
    }
    assert not changed
    assert set(watch.started) <= {"git", Path(sys.executable).name}
    assert not (world / "attacker" / "trace").exists()

    said = "".join(output.out + output.err for output in outputs)
    written = "".join(
        path.read_bytes().decode("utf-8", "replace")
        for path in rendered.rglob("*")
        if path.is_file() and not path.is_symlink()
    )
    for secret in (KEY, SAVED_KEY, "line-of-a-secret"):
        assert secret not in said
        assert secret not in written
    assert "Traceback" not in said
    assert not [output.code for output in outputs if output.code == 70]
    for acting in ("\x1b", "\x07", "\u202e", "\u2066"):
        assert acting not in said
    own = [line for line in said.splitlines() if line.lstrip().startswith("::")]
    assert all(line.startswith(("::error file=", "::warning file=")) for line in own)
    assert "##[" not in said


def test_the_sound_part_of_it_is_rendered_all_the_same(
    clone: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the film above would prove nothing: what is refused harms nobody."""
    monkeypatch.chdir(clone)
    output = program("render", "film.yaml", "--yes", "--output", "fresh")
    assert output.code == 0, output.err
    manifest = json.loads((clone / "fresh" / "manifest.json").read_text("utf-8"))
    assert [take["file"] is not None for take in manifest["takes"]] == [True, True]
