"""Closed, full and abandoned standard streams, as a shell makes them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from storyboard.sandbox.server import SandboxServer
from tests.commands.conftest import done_once, film, server
from tests.commands.films import BROKEN
from tests.language.boards import HEAD

__all__ = ["done_once", "film", "server"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full and a shell")
FULL = "error: not all of the output could be written: No space left on device.\n"


def shell(arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", f'"{sys.executable}" -m storyboard {arguments}'],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("streams", "code"), [("<&- >&- 2>&-", 0), ("> /dev/full 2> /dev/full", 1)]
)
def test_a_render_goes_all_the_way_whatever_its_streams_are(
    film: Path, server: SandboxServer, streams: str, code: int
) -> None:
    done = shell(f"render {film} --yes --no-download --output renders/film {streams}")
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")
    assert server.ledger.posts == 3
    assert Path("renders/film/manifest.json").read_text("utf-8").count('"status": "rendered"') == 3


@pytest.mark.parametrize(
    ("command", "code", "err"),
    [
        ("validate broken.yaml --format concise > /dev/full", 2, FULL),
        ("validate broken.yaml --format concise >&-", 2, ""),
        ("validate broken.yaml 2>&-", 2, ""),
        ("validate broken.yaml | true", 0, ""),
        ("--version > /dev/full", 1, FULL),
        ("plan film.yaml --sandbox > /dev/full", 1, FULL),
    ],
)
def test_what_cannot_be_printed_is_said_and_is_no_bug(
    film: Path, command: str, code: int, err: str
) -> None:
    Path("broken.yaml").write_text(BROKEN, "utf-8")
    done = shell(command)
    assert done.returncode == code
    assert done.stderr.endswith(err)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("command", ["show long.yaml", "plan long.yaml --sandbox --json"])
def test_who_reads_the_first_line_alone_has_seen_enough(tmp_path: Path, command: str) -> None:
    rows = "".join(f"A kite over field {number}, {'wide ' * 50}\n" for number in range(500))
    (tmp_path / "long.txt").write_text(rows)
    shot = "{id: 'a{{ shot.number }}', rows: long.txt, prompt: '{{ row.prompt }}'}"
    (tmp_path / "long.yaml").write_text(f"{HEAD}shots: [{shot}]\n")
    program = f'cd "{tmp_path}" && {{ "{sys.executable}" -m storyboard {command}; echo $? >&2; }}'
    done = subprocess.run(
        ["/bin/sh", "-c", f"{program} | head -n 1"], capture_output=True, text=True, check=False
    )
    assert len(rows) > 2 * 64 * 1024  # more than a pipe holds
    assert (done.stdout.count("\n"), done.stderr.splitlines()[-1]) == (1, "0")
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_problems_of_which_only_the_first_are_read_end_with_the_code_of_all(tmp_path: Path) -> None:
    rows = "".join(f"{number},{'wide ' * 50}\n" for number in range(300))
    (tmp_path / "long.csv").write_text(f"id,prompt\n{rows}")
    shot = "{id: '{{ row.id }}', rows: long.csv, prompt: x, duration: '{{ row.prompt }}'}"
    (tmp_path / "long.yaml").write_text(f"{HEAD}shots: [{shot}]\n")
    command = f'"{sys.executable}" -m storyboard validate long.yaml --format github'
    program = f'cd "{tmp_path}" && {{ {command}; echo $? >&2; }}'
    whole = subprocess.run(["/bin/sh", "-c", program], capture_output=True, text=True, check=False)
    assert len(whole.stdout) > 2 * 64 * 1024
    first = subprocess.run(
        ["/bin/sh", "-c", f"{program} | head -n 1"], capture_output=True, text=True, check=False
    )
    assert first.stderr.splitlines()[-1] == whole.stderr.splitlines()[-1] == "2"
    assert first.stdout.count("\n") == 1


def test_a_file_that_is_opened_never_gets_the_number_of_a_closed_stream(tmp_path: Path) -> None:
    path = tmp_path / "state"
    code = (
        "import sys; from storyboard.console.streams import open_missing; open_missing(); "
        f"file = open({str(path)!r}, 'w'); file.write(str(file.fileno()))"
    )
    subprocess.run(["/bin/sh", "-c", f'"{sys.executable}" -c "{code}" <&- >&- 2>&-'], check=True)
    assert int(path.read_text("utf-8")) > 2


def test_a_file_name_in_no_encoding_is_printed_where_the_locale_knows_nothing_but_ascii(
    tmp_path: Path,
) -> None:
    name = b"f\xc3\xaflm\xff\x1b[31m\xc2\x9b.yaml"
    command = [sys.executable, "-m", "storyboard", "validate", name, "--format", "concise"]
    locale = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    environment = {**os.environ, **locale}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stdout.startswith("fïlm\\xff\\x1b[31m\\x9b.yaml:1:1: there is no such".encode())
    assert b"Traceback" not in done.stderr
