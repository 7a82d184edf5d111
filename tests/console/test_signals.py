from __future__ import annotations

import os
import signal
import sys

import pytest

from storyboard.console.signals import interrupting

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


class Ended(BaseException):
    """Stands for the end of the process."""


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    def end(code: int) -> None:
        raise Ended(code)

    monkeypatch.setattr(os, "_exit", end)
    return []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_interrupts_and_ctrl_c_after_it_ends_at_once(
    calls: list[str], number: signal.Signals
) -> None:
    with interrupting(lambda: calls.append("interrupt")):
        signal.raise_signal(number)
        assert calls == ["interrupt"]
        with pytest.raises(Ended, match="130"):
            signal.raise_signal(signal.SIGINT)


def test_a_terminal_that_is_closed_may_say_so_twice(calls: list[str]) -> None:
    with interrupting(lambda: calls.append("interrupt")):
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGHUP)
        assert calls == ["interrupt", "interrupt"]


def test_under_nohup_a_closed_terminal_does_not_end_the_run(calls: list[str]) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupting(lambda: calls.append("interrupt")):
            signal.raise_signal(signal.SIGHUP)
            assert not calls
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_stderr_that_is_gone_does_not_end_the_run(
    calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(number: int, data: bytes) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "write", fail)
    with interrupting(lambda: calls.append("interrupt")):
        signal.raise_signal(signal.SIGHUP)
    assert calls == ["interrupt"]
