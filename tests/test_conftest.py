"""The guards of `conftest.py` work: what a test must not do, it cannot."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.conftest import empty_folders, is_fit

OUTSIDE = ("192.0.2.1", 443)  # an address for documentation, RFC 5737; nobody is there


@pytest.mark.parametrize(
    "reach",
    [
        lambda tcp, udp: tcp.connect(OUTSIDE),
        lambda tcp, udp: tcp.connect_ex(OUTSIDE),
        lambda tcp, udp: udp.sendto(b"x", OUTSIDE),
        lambda tcp, udp: udp.sendto(b"x", 0, OUTSIDE),
        lambda tcp, udp: socket.create_connection(OUTSIDE, timeout=1),
        lambda tcp, udp: requests.get("https://192.0.2.1/", timeout=1),
    ],
    ids=["connect", "connect_ex", "sendto", "sendto-flags", "create_connection", "requests"],
)
def test_no_connection_leaves_this_machine(
    reach: Callable[[socket.socket, socket.socket], object],
) -> None:
    with (
        socket.socket(type=socket.SOCK_STREAM) as tcp,
        socket.socket(type=socket.SOCK_DGRAM) as udp,
        pytest.raises(AssertionError, match=r"^a test reached for '192\.0\.2\.1'$"),
    ):
        reach(tcp, udp)


@pytest.mark.parametrize("host", ["api.modellix.ai", b"api.modellix.ai", "localhost.example.org"])
def test_no_name_is_asked_for(host: str | bytes) -> None:
    with pytest.raises(AssertionError, match="a test reached for"):
        socket.getaddrinfo(host, 443)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_open(host: str) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection((host, server.getsockname()[1]), timeout=10) as client,
    ):
        assert client.getpeername() == server.getsockname()


def test_there_is_no_key_and_no_proxy() -> None:
    names = {name.upper() for name in os.environ}
    assert not {name for name in names if name.startswith(("MODELLIX_", "GIT_"))}
    assert not {name for name in names if name.endswith("_PROXY")}
    assert requests.utils.get_environ_proxies("https://api.modellix.ai") == {}


def test_the_home_folder_is_an_empty_one_of_the_test_s_own(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    assert Path.home().is_relative_to(tmp_path_factory.getbasetemp())
    assert list(Path.home().iterdir()) == []


def test_a_home_with_anything_in_it_is_no_other_test_s(tmp_path: Path) -> None:
    folders = empty_folders(tmp_path)
    first = next(folders)
    assert next(folders) == first
    (first / "file").touch()
    second = next(folders)
    assert second != first
    assert list(second.iterdir()) == []
    second.rmdir()
    assert next(folders).is_dir()


@pytest.mark.skipif(sys.platform != "linux", reason="paths of sockets would become too long")
def test_what_a_killed_program_leaves_behind_is_with_the_folders_of_the_tests(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    command = [sys.executable, "-c", "import tempfile; print(tempfile.gettempdir(), end='')"]
    of_a_child = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert Path(of_a_child).is_relative_to(tmp_path_factory.getbasetemp())


def test_a_folder_that_is_not_there_or_has_no_room_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_fit(tmp_path / "missing")
    monkeypatch.setattr("tests.conftest._ROOM_BYTES", 2**80)
    assert not is_fit(tmp_path)


def test_the_guards_hold_against_what_the_caller_s_environment_says(
    repo: Path, tmp_path: Path
) -> None:
    """The same tests, started with everything set that must not count."""
    surroundings = {
        "MODELLIX_API_KEY": "a-key-that-must-not-be-seen",
        "MODELLIX_BASE_URL": "https://api.modellix.ai",
        "XDG_CONFIG_HOME": str(tmp_path),
        "HTTPS_PROXY": "http://192.0.2.1:3128",
        "https_proxy": "http://192.0.2.1:3128",
        "GIT_DIR": str(tmp_path),
    }
    tests = ["-k", "no_key or home_folder"]
    command = [sys.executable, "-m", "pytest", "-n0", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(
        [*command, f"--basetemp={tmp_path / 'inner'}", "tests/test_conftest.py"],
        cwd=repo,
        env={**os.environ, **surroundings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout
