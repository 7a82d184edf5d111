"""What a render writes beside the videos, one file per output.

A new output is a module with a function from a manifest to the content of the
file, and one line in `OUTPUTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from storyboard.outputs.manifest.file import Manifest

Output: TypeAlias = "Callable[[Manifest], bytes | str]"
"""The content of one output for a manifest. Equal manifests give equal content.

`manifest.json` is made from what git should hold, every other output from what this machine has.
"""


def _from(module: str, function: str) -> Output:
    """The output, imported when it is first used: most commands write none."""

    def make(manifest: Manifest) -> bytes | str:
        output: Output = getattr(import_module(f"{__name__}.{module}"), function)
        return output(manifest)

    return make


MANIFEST = "manifest.json"
"""The file that a clone reads as well."""

OUTPUTS: Mapping[str, Output] = {
    MANIFEST: _from("manifest.file", "manifest_bytes"),
    "index.html": _from("gallery.page", "gallery_html"),
}
"""What a render writes, by file name, in this order: the gallery shows the local videos."""
