"""What a render writes beside the videos, one file per output.

A new output is a module with a function from a manifest to the content of the
file, and one line in `OUTPUTS`.
"""

from __future__ import annotations

from collections.abc import Mapping

MANIFEST = "manifest.json"
"""The file that a clone reads as well."""

OUTPUTS: Mapping[str, str] = {
    MANIFEST: "manifest.file:manifest_bytes",
    "index.html": "gallery.page:gallery_html",
}
"""What a render writes, by file name, in this order, and the function that makes its content.

The function turns a manifest into text or bytes; equal manifests give equal content.
`manifest.json` is made from what git should hold, every other output from what this machine has.
Its module is imported when it is first used: most commands write no output.
"""
