"""A loopback server that implements the API and renders animatics; needs the extra `sandbox`.

This module can be imported without the extra. Call `require_sandbox` before importing
`sandbox.server`, so that a missing package gives a sentence and not a traceback.

    settings, faults    how the server behaves and which faults it injects, as values
    tasks, rate         accepted tasks and the rate limit: pure
    checks, replies     the checks of a request's body and the JSON of the replies: pure
    journal, ledger     the accepted tasks on disk, and the counts that tests read
    uploads, inputs     the uploaded files, and what a submission takes from them
    service             decides each request, using all of the above; uses no HTTP library
    context             what the HTTP handlers share
    app, routes, server HTTP, and the thread that it runs in
    clips               the videos: drawing, encoding, and the folder that holds them
"""

from __future__ import annotations

from importlib.util import find_spec

from storyboard.errors import UsageError

_NEEDED = {"aiohttp": "aiohttp", "av": "PyAV", "PIL": "Pillow"}


def require_sandbox() -> None:
    """Check that the packages of the extra `sandbox` are installed.

    Raises:
        UsageError: some are missing; names them and the command that installs them.
    """
    missing = [name for module, name in _NEEDED.items() if find_spec(module) is None]
    if missing:
        raise UsageError(
            f"the sandbox needs {', '.join(missing)}, not installed here",
            next_step="pip install 'storyboard-render[sandbox]'",
        )
