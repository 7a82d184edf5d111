"""Makes the forbidden impossible: no key, no home folder, no address but loopback."""

from __future__ import annotations

import gc
import ipaddress
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any

import hypothesis
import pytest

# What is compiled is kept, also where the shell has it otherwise: each worker would compile all of
# the tests anew, 7 s of CPU each, and each of the many processes the whole program.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The modules and tests of a worker live to its end; searching them for garbage finds nothing.
gc.set_threshold(50_000, 20, 50)

# A build that nobody watches draws the same examples each time; a person's run draws new ones.
hypothesis.settings.register_profile("person", max_examples=50, deadline=None)
hypothesis.settings.register_profile("ci", max_examples=50, deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "person")

# A shell that starts a job in the background has it ignore these, and so all its children.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

_ACCOUNT = ("MODELLIX_API_KEY", "MODELLIX_PROFILE", "MODELLIX_BASE_URL", "NETRC")
_FOLDERS = ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "APPDATA", "LOCALAPPDATA")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


_IN_MEMORY = Path("/dev/shm")  # a folder of Linux
_ROOM_BYTES = 2 * 1024**3  # several times what all tests write


def pytest_configure() -> None:
    """Puts the tests' files into memory, where there is no disk to wait for at each commit."""
    if is_fit(_IN_MEMORY):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_IN_MEMORY))
        tempfile.tempdir = str(_IN_MEMORY)


def is_fit(folder: Path) -> bool:
    """Whether a folder has room, and lets programs be started that are written into it."""
    if sys.platform != "linux" or not os.access(folder, os.W_OK):
        return False
    found = os.statvfs(folder)
    is_roomy = found.f_bavail * found.f_frsize >= _ROOM_BYTES
    return is_roomy and not found.f_flag & os.ST_NOEXEC


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Twice as many as there are cores: half of the tests wait for a server on loopback."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(trylast=True)  # once the order has been drawn
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The test that takes longest comes first, so that nobody waits for it at the end."""
    items.sort(key=lambda item: "/chaos/" not in item.nodeid)


def pytest_collection_finish() -> None:
    """What was imported and collected is left out of every later search for garbage."""
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def left_behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What programs that are killed leave in their temporary folder goes with the tests' own."""
    tempfile.gettempdir()  # this process keeps to what it finds here
    with pytest.MonkeyPatch.context() as patch:
        if sys.platform == "linux":  # elsewhere, the paths of sockets would become too long
            patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("t")))
        yield


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Empty home folders for the tests to come; one lasts until anything is put into it."""
    return empty_folders(tmp_path_factory.mktemp("homes"))


def empty_folders(parent: Path) -> Iterator[Path]:
    for number in count():
        folder = parent / str(number)
        folder.mkdir()
        while folder.is_dir() and not any(folder.iterdir()):
            yield folder


@pytest.fixture(autouse=True)
def no_account(monkeypatch: pytest.MonkeyPatch, homes: Iterator[Path]) -> None:
    """Every test runs without a key, a proxy and a repository, in an empty home folder."""
    proxies = (*_PROXIES, *(name.lower() for name in _PROXIES))
    # Inside a git hook, these would lead a test into the repository that is being committed to.
    repository = [name for name in os.environ if name.startswith("GIT_")]
    for name in (*_ACCOUNT, *_FOLDERS, *proxies, *repository):
        monkeypatch.delenv(name, raising=False)
    home = str(next(homes))
    monkeypatch.setenv("HOME", home)
    monkeypatch.setenv("USERPROFILE", home)


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> Iterator[None]:
    """Reaching for anything but loopback, or asking for its address, fails the test."""
    resolve = socket.getaddrinfo

    def resolve_loopback(host: Any, *arguments: Any, **more: Any) -> Any:
        _check_host(host)
        return resolve(host, *arguments, **more)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        patch.setattr(socket, "getaddrinfo", resolve_loopback)
        yield


@pytest.fixture(autouse=True, scope="session")
def cards_parsed_once() -> Iterator[None]:
    """Cards and services are read once, however many tests run commands that read them."""
    from storyboard.models import card_folders, card_reader, catalog, service_reader, yamltext
    from storyboard.models.folder import schemas_folder

    own = schemas_folder() / "models"
    read_once: Any = card_folders.CardsOnDisk(own, catalog.Owner.PROGRAM)
    read_once.find = lru_cache(read_once.find)

    def cards_on_disk(folder: Path, owner: Any) -> Any:
        is_own = (folder, owner) == (own, catalog.Owner.PROGRAM)
        return read_once if is_own else card_folders.CardsOnDisk(folder, owner)

    documents = lru_cache(maxsize=128)(yamltext.parse_document)
    cards: dict[Any, Any] = {}

    def parse_card_once(file: Any, name: str, services: Any) -> Any:
        known = cards.get((file, name))
        if known is None or services.get(known.service.name) != known.service:
            known = card_reader.parse_card(file, name, services)
            if file.owner is catalog.Owner.PROGRAM:
                cards[file, name] = known
        return known

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yamltext, "parse_document", documents)
        patch.setattr(card_reader, "parse_document", documents)
        patch.setattr(service_reader, "parse_document", documents)
        patch.setattr(catalog, "parse_card", parse_card_once)
        patch.setattr(catalog, "CardsOnDisk", cards_on_disk)
        yield


def _guarded(method: Any) -> Any:
    def guarded(self: socket.socket, *arguments: Any) -> Any:
        address = arguments[-1]
        if isinstance(address, tuple):  # else it is the path of a local socket
            _check_host(address[0])
        return method(self, *arguments)

    return guarded


def _check_host(host: Any) -> None:
    name = host.decode("ascii") if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return
    try:
        is_loopback = ipaddress.ip_address(name).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise AssertionError(f"a test reached for {name!r}")


@pytest.fixture
def repo() -> Path:
    """The top of the checkout."""
    return Path(__file__).parent.parent
