"""What a render leaves beside the videos: one file each.

A new output is a module with a function from manifest and folder to "did the
file have to change", and one line in `OUTPUTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from storyboard.outputs.manifest_file import Manifest

Output: TypeAlias = "Callable[[Manifest, Path], bool]"
"""Writes one output of a manifest into the output folder; whether anything changed.

Raises StateError where it cannot be written.
"""


def _from(module: str, function: str) -> Output:
    """The output, imported when it is first used: most commands write none of them."""

    def write(manifest: Manifest, folder: Path) -> bool:
        output: Output = getattr(import_module(f"{__name__}.{module}"), function)
        return output(manifest, folder)

    return write


OUTPUTS: Mapping[str, Output] = {
    "manifest": _from("manifest_file", "write_manifest"),
    "gallery": _from("gallery", "write_gallery"),
}
"""What a render writes, in this order: the gallery shows what the manifest says."""
