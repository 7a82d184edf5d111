"""A server on loopback that speaks the API and renders animatics; needs the extra `sandbox`.

This module imports without the extra. Ask `require_sandbox` before importing
`sandbox.server`, so that a missing package is a sentence and not a traceback.

    settings, faults    what the server shall be like, as values
    tasks, rate, format what is accepted, and what becomes of it: pure
    checks, replies     what a request may say; what the answers look like: pure
    journal, ledger     what was accepted, on disk and for tests
    desk                decides each request, from all of the above
    app, routes, server HTTP, and the thread that it runs in
    palette, typography, scenery, animatic, encode, clips    the videos
"""

from __future__ import annotations

from importlib.util import find_spec

from storyboard.errors import UsageError

_NEEDED = {"aiohttp": "aiohttp", "av": "PyAV", "PIL": "Pillow"}


def require_sandbox() -> None:
    """Nothing, where the packages of the extra `sandbox` are installed.

    Raises:
        UsageError: some are missing; it names them and the command that installs them.
    """
    missing = [name for module, name in _NEEDED.items() if find_spec(module) is None]
    if missing:
        raise UsageError(
            f"the sandbox needs {', '.join(missing)}, not installed here",
            next_step="pip install 'storyboard-render[sandbox]'",
        )
