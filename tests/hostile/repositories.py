"""Git repositories whose configuration names programs: each, if started, leaves a file `trace`."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

CONFIGURATIONS = {
    "fsmonitor": "[core]\n\tfsmonitor = {program}\n",
    "hooks": "[core]\n\thooksPath = {hooks}\n",
    "filter": (
        '[filter "x"]\n\tclean = {program}\n\tsmudge = {program}\n\tprocess = {program}\n'
        "\trequired = true\n"
    ),
    "diff driver": '[diff]\n\texternal = {program}\n[diff "x"]\n\tcommand = {program}\n'
    "\ttextconv = {program}\n",
    "pager": "[core]\n\tpager = {program}\n\teditor = {program}\n\taskPass = {program}\n",
    "alias": "[alias]\n\tls-tree = !{program}\n\trev-parse = !{program}\n\tstatus = !{program}\n",
    "signatures": "[log]\n\tshowSignature = true\n[gpg]\n\tprogram = {program}\n",
    "credentials": "[credential]\n\thelper = !{program}\n",
    "ssh": "[core]\n\tsshCommand = {program}\n\tgitProxy = {program}\n",
}
"""Settings of a repository that name a program, each by what git would start it for."""


def git(folder: Path, *arguments: str) -> str:
    """Runs git as the attacker did when the repository was made."""
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *who, "-C", str(folder), *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def make_program(folder: Path) -> Path:
    """A program that writes `trace` beside itself; harmless, and told from a silent one."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "program"
    program.write_text(f"#!/bin/sh\necho started >> '{folder}/trace'\ncat\n", "utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    hooks = folder / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-index-change", "post-checkout", "reference-transaction", "pre-auto-gc"):
        if not (hooks / name).exists():
            os.link(program, hooks / name)
    return program


def make_repository(folder: Path, configuration: str, program: Path) -> Path:
    """A committed film in a repository with one of the `CONFIGURATIONS`; the film's path."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet")
    film = folder / "film.yaml"
    film.write_text("version: 1\nshots: []\n", "utf-8")
    (folder / ".gitattributes").write_text("*.yaml filter=x diff=x\n", "utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "film")
    arm(folder / ".git", configuration, program)
    # Another time of change makes git look into the file again.
    film.touch()
    return film


def arm(git_folder: Path, configuration: str, program: Path) -> None:
    """Adds one of the `CONFIGURATIONS` to a repository."""
    text = CONFIGURATIONS[configuration]
    with (git_folder / "config").open("a", encoding="utf-8") as file:
        file.write(text.format(program=program, hooks=program.parent / "hooks"))


def make_bare_repository(folder: Path, program: Path) -> Path:
    """A film inside a bare repository, with every setting at once; the film's path.

    Its files can be committed to any repository: nothing in it is named `.git`.
    """
    work = folder.parent / f"{folder.name}-source"
    make_repository(work, "alias", program)
    git(folder.parent, "clone", "--quiet", "--bare", str(work), str(folder))
    for configuration in CONFIGURATIONS:
        arm(folder, configuration, program)
    with (folder / "config").open("a", encoding="utf-8") as file:
        file.write(f"[core]\n\tbare = false\n\tworktree = {folder}\n")
    film = folder / "film.yaml"
    film.write_text("version: 1\nshots: []\n", "utf-8")
    return film


def make_partial_repository(folder: Path, program: Path) -> Path:
    """A film whose commit lacks its tree, which git would fetch through `program`."""
    film = make_repository(folder, "ssh", program)
    tree = git(folder, "rev-parse", "HEAD^{tree}")
    (folder / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    with (folder / ".git" / "config").open("a", encoding="utf-8") as file:
        file.write(
            f'[remote "origin"]\n\turl = ext::{program}\n\tpromisor = true\n'
            f"\tuploadpack = {program}\n"
            "[extensions]\n\tpartialClone = origin\n[core]\n\trepositoryFormatVersion = 1\n"
            "[protocol]\n\tallow = always\n"
            '[protocol "ext"]\n\tallow = always\n'
        )
    return film
