"""Tells what kind of file a content is from how it begins, whatever its name says. Pure."""

from __future__ import annotations

from storyboard.media import LFS_VERSION

PICTURES = {"png": "PNG", "jpeg": "JPEG", "webp": "WebP"}
"""The formats that the service accepts, and their names for people."""

_LFS = f"{LFS_VERSION}\n".encode()

_BEGINNINGS = (
    (
        f"{LFS_VERSION}\n".encode(),
        "the pointer of Git LFS to a file that is not here; git lfs pull brings it",
    ),
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"8BPS", "a Photoshop file"),
    (b"%PDF", "a PDF"),
    (b"\0\0\x01\0", "an icon"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an SVG drawing or other XML"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"PK\x03\x04", "a compressed file"),
    (b"ID3", "a sound"),
    (b"OggS", "a sound"),
    (b"fLaC", "a sound"),
    (b"\x1aE\xdf\xa3", "a video"),
)

_BRANDS = (
    ((b"avif", b"avis"), "an AVIF"),
    ((b"heic", b"heix", b"hevc", b"mif1", b"msf1"), "a HEIC"),
    ((b"M4A ", b"M4B "), "a sound"),
)


def format_of(content: bytes) -> str | None:
    """Return `png`, `jpeg` or `webp`, or None for anything else."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if content.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    return "webp" if content.startswith(b"RIFF") and content[8:12] == b"WEBP" else None


def describe_kind(content: bytes) -> str:
    """Return what a content that is none of these formats is: "a GIF", "a video"."""
    if content[4:8] == b"ftyp":
        return next((words for brands, words in _BRANDS if content[8:12] in brands), "a video")
    if content.startswith(b"RIFF"):
        return {b"WAVE": "a sound", b"AVI ": "a video"}.get(content[8:12], "not a picture")
    if content[:1] == b"\xff" and content[1:2] and content[1] >= 0xE0:
        return "a sound"
    return next(
        (words for start, words in _BEGINNINGS if content.startswith(start)), "not a picture"
    )
