"""Downloads a result into a partial file and checks that it is the expected video."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

from storyboard.api.downloads.download import download
from storyboard.api.redaction import Redaction
from storyboard.errors import DownloadError, HostBusy, LinkGone, NotAVideo, StateError
from storyboard.links import clean_link
from storyboard.models.catalog import Catalog
from storyboard.records import Submission, Video
from storyboard.videos.files import make_videos_folder
from storyboard.videos.measure import check_plausible, measure_video
from storyboard.videos.result import Fetch, Fetched, FetchFailed, FetchResult


def make_fetch(
    catalog: Catalog,
    *,
    origin: str,
    redaction: Redaction,
    moved_to: str | None = None,
    allow_private: bool = False,
) -> Fetch:
    """A `Fetch` for results of the API at `origin`.

    `redaction` keeps the key out of error messages, for example if a forged link
    contains it. `moved_to` is the new origin of a restarted sandbox whose port has
    changed since it issued the links. Private addresses are used only with `allow_private`.
    """

    def fetch(submission: Submission, partial: Path) -> FetchResult:
        url = submission.video_url or ""
        if moved_to is not None:
            url = moved_to + urlsplit(clean_link(url, base=moved_to)).path
        card = catalog.get_usable(submission.model)
        duration_s = card.expected_duration_s(submission.payload) if card else None
        try:
            make_videos_folder(partial.parent.parent)
            done = download(
                url,
                partial,
                api_origin=origin,
                allow_private=allow_private,
                is_clean=redaction.is_clean,
            )
            measures = measure_video(partial)
            check_plausible(measures, duration_s)
        except DownloadError as error:
            return FetchFailed(
                redaction.quote(str(error)),
                is_gone=isinstance(error, LinkGone),
                is_worth_retrying=error.is_worth_retrying,
                is_busy=isinstance(error, HostBusy),
                wait_s=error.wait_s if isinstance(error, HostBusy) else None,
                received_bytes=partial.stat().st_size if partial.exists() else 0,
            )
        except NotAVideo as error:
            # If the host never stated the length, the rest of the file may still come.
            if done.is_length_known:
                partial.unlink(missing_ok=True)
            received_bytes = 0 if done.is_length_known else done.size_bytes
            return FetchFailed(str(error), is_worth_retrying=True, received_bytes=received_bytes)
        except StateError as error:
            return FetchFailed(str(error), disk_error=OSError(str(error)))
        except OSError as error:
            return FetchFailed(str(error), disk_error=error)
        video = Video("", done.sha256, done.size_bytes, **asdict(measures))
        return Fetched(video, partial)

    return fetch
