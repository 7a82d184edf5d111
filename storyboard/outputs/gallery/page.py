"""The gallery: one page, `index.html`, that plays every take.

Turns a manifest into the text of the page; equal manifests give equal text. The page
loads nothing but the videos beside it, so it works from a disk, a USB stick or any web
server. Everything that a storyboard or an API put into the manifest is data here: Jinja
escapes it, and the page's own policy allows only the scripts and styles whose hashes it
lists.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template

from storyboard.names import SANDBOX, split_variant
from storyboard.outputs.gallery.cards import count_statuses, length_of, make_groups
from storyboard.outputs.manifest.file import Manifest
from storyboard.records import TakeStatus


def gallery_html(manifest: Manifest) -> str:
    """The page for a manifest: every take in the storyboard's order, grouped by scene."""
    return _template().render(
        title=_title_of(manifest),
        storyboard=manifest.storyboard,
        is_sandbox=manifest.origin == SANDBOX,
        take_count=len(manifest.takes),
        done_count=sum(take.status is TakeStatus.DONE for take in manifest.takes),
        length=length_of(manifest.takes),
        statuses=count_statuses(manifest.takes),
        groups=make_groups(manifest),
        style=_text("gallery.css"),
        script=_text("gallery.js"),
    )


def _title_of(manifest: Manifest) -> str:
    """The storyboard's title, with its variant."""
    _, variant = split_variant(manifest.storyboard)
    if manifest.title is None:
        return manifest.storyboard
    return manifest.title if variant is None else f"{manifest.title} ({variant})"


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["csp_hash"] = _csp_hash
    return environment.from_string(_text("gallery.html.j2"))


def _text(name: str) -> str:
    """A file of this package, with the line endings that browsers hash."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _csp_hash(text: str) -> str:
    """The hash by which a content security policy identifies a script or a style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
