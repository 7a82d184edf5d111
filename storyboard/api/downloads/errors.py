"""Why a video could not be fetched. One take's trouble: it does not stop the run.

    DownloadError          retry?
    +-- LinkGone           no       expired, or the host refuses it
    +-- LinkUnsafe         no       an address that is not asked for anything
    +-- VideoTooLarge      no
    +-- NotVideoData       yes      a page of an error or a login instead of a video
    +-- DownloadBroken     yes      cut, too slow, the host is down

Messages name the host and never the address, which may be signed. A full disk
is an `OSError`, passed up as it is.
"""

from __future__ import annotations


class DownloadError(Exception):
    """The video is not there; `is_worth_retrying` says whether that may change."""

    is_worth_retrying = True

    def __init__(self, host: str, what: str) -> None:
        super().__init__(f"{host}: {what}")
        self.host = host


class LinkGone(DownloadError):
    """The link has expired, or the host refuses it. The task may give a new one."""

    is_worth_retrying = False


class LinkUnsafe(DownloadError):
    """The link leads where no video can be: another scheme, a private address, a circle."""

    is_worth_retrying = False


class VideoTooLarge(DownloadError):
    """The video is larger than the bound."""

    is_worth_retrying = False


class NotVideoData(DownloadError):
    """The host sent something that is not a video."""


class DownloadBroken(DownloadError):
    """The transfer did not come to its end. What came is of no use to a later call."""
