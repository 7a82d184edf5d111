"""Starts threads, or says what to do where the system starts no more of them."""

from __future__ import annotations

from threading import Thread

from storyboard.errors import NoProcess


def start_thread(thread: Thread) -> None:
    """Start a thread. Raises NoProcess if the system starts no more: for it, they are processes."""
    try:
        thread.start()
    except RuntimeError as error:
        raise NoProcess(str(error)) from error
