"""Chromium without a window, driven by the W3C's WebDriver protocol: https://w3.org/TR/webdriver2."""

from __future__ import annotations

import base64
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--window-size=1280,900",
)
_TIMEOUT_S = 300  # for one step, on a machine that is busy


class Browser:
    """An open browser."""

    def __init__(self, address: str, session: str) -> None:
        self._url = f"{address}/session/{session}"

    def open(self, page: Path) -> None:
        """Goes to a page of the disk, and waits until it is loaded."""
        self._post("url", {"url": page.resolve().as_uri()})

    def run(self, script: str) -> Any:
        """What a script hands to the function that is its last argument."""
        return self._post("execute/async", {"script": script, "args": []})

    def screenshot(self, path: Path) -> None:
        """Writes what the window would show, as PNG."""
        reply = requests.get(f"{self._url}/screenshot", timeout=_TIMEOUT_S).json()
        path.write_bytes(base64.b64decode(reply["value"]))

    def _post(self, command: str, body: dict[str, Any]) -> Any:
        reply = requests.post(f"{self._url}/{command}", json=body, timeout=_TIMEOUT_S)
        value = reply.json()["value"]
        if not reply.ok:
            raise RuntimeError(f"{command}: {value['message']}")
        return value


def has_chromium() -> bool:
    """Whether Chromium and its driver are installed."""
    return bool(shutil.which("chromium") and shutil.which("chromedriver"))


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A browser with a profile of its own, closed at the end of the context."""
    with tempfile.TemporaryDirectory(prefix="storyboard-bench-", ignore_cleanup_errors=True) as own:
        driver = subprocess.Popen(
            ["chromedriver", "--port=0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            address = f"http://127.0.0.1:{_port_of(driver)}"
            options = {
                "binary": shutil.which("chromium"),
                "args": [*_FLAGS, f"--user-data-dir={own}"],
            }
            wanted = {
                "goog:chromeOptions": options,
                "timeouts": {"script": _TIMEOUT_S * 1000, "pageLoad": _TIMEOUT_S * 1000},
            }
            reply = requests.post(
                f"{address}/session",
                json={"capabilities": {"alwaysMatch": wanted}},
                timeout=_TIMEOUT_S,
            )
            opened = reply.json()["value"]
            if not reply.ok:
                raise RuntimeError(f"no browser: {opened['message']}")
            try:
                yield Browser(address, opened["sessionId"])
            finally:
                requests.delete(f"{address}/session/{opened['sessionId']}", timeout=_TIMEOUT_S)
        finally:
            driver.terminate()
            driver.wait()


def _port_of(driver: subprocess.Popen[str]) -> int:
    """The port that the driver chose and says."""
    assert driver.stdout is not None
    for line in driver.stdout:
        if "started successfully on port" in line:
            return int(line.rstrip(".\n").rsplit(" ", 1)[-1])
    raise RuntimeError("chromedriver did not start")
