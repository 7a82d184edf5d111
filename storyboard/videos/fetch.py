"""Downloads a result to a temporary name and checks that it is the video it should be."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from storyboard.api.downloads.download import download
from storyboard.api.redaction import Redaction
from storyboard.errors import DownloadError, LinkGone, NotAVideo, StateError
from storyboard.models.catalog import Catalog
from storyboard.records import Submission, Video
from storyboard.videos.files import make_videos_folder
from storyboard.videos.measure import check_plausible, measure_video
from storyboard.videos.result import Fetch, Fetched, FetchFailed, FetchResult


def make_fetch(
    catalog: Catalog,
    *,
    origin: str,
    moved_to: str | None = None,
    allow_private: bool = False,
    redaction: Redaction | None = None,
) -> Fetch:
    """A `Fetch` for results of the API at `origin`; from private addresses only if allowed.

    `moved_to` is where a server listens now that listened at another port of
    loopback when it gave the links: the sandbox, started again. `redaction`
    keeps the key out of the reasons: a link that was made up to hold it, say.
    """

    quote = (redaction or Redaction()).quote

    def fetch(submission: Submission, part: Path) -> FetchResult:
        url = submission.video_url or ""
        if moved_to is not None:
            url = moved_to + urlsplit(url).path
        card = catalog.get(submission.model)
        length_s = card.expected_duration_s(submission.payload) if card else None
        try:
            make_videos_folder(part.parent.parent)
            done = download(url, part, api_origin=origin, allow_private=allow_private)
            facts = measure_video(part)
            check_plausible(facts, length_s)
        except LinkGone as error:
            return FetchFailed(quote(str(error)), is_gone=True)
        except DownloadError as error:
            return FetchFailed(quote(str(error)), is_worth_retrying=error.is_worth_retrying)
        except NotAVideo as error:
            part.unlink(missing_ok=True)
            return FetchFailed(str(error), is_worth_retrying=True)
        except StateError as error:
            return FetchFailed(str(error), disk_error=OSError(str(error)))
        except OSError as error:
            return FetchFailed(str(error), disk_error=error)
        video = Video(
            path="",
            sha256=done.sha256,
            size_bytes=done.size_bytes,
            width=facts.width,
            height=facts.height,
            duration_s=facts.duration_s,
            fps=facts.fps,
        )
        return Fetched(video, part)

    return fetch
