"""The YAML tags that storyboards may use: the standard ones that make text and plain values."""

from __future__ import annotations

from dataclasses import dataclass

from storyboard.language.nodes import ScalarValue
from storyboard.language.yaml.scalars import UnusableNumber, read_plain

_PREFIX = "tag:yaml.org,2002:"
_SCALARS: dict[str, tuple[type, ...]] = {
    "!": (str,),
    "!!str": (str,),
    "!!int": (int,),
    "!!float": (float, int),
    "!!bool": (bool,),
    "!!null": (type(None),),
}


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag in its short spelling, `!!int`."""

    spelling: str

    @property
    def is_for_scalars(self) -> bool:
        """Whether it may stand before a single value."""
        return self.spelling in _SCALARS

    @property
    def is_for_lists(self) -> bool:
        """Whether it may stand before a list."""
        return self.spelling in ("!", "!!seq")

    @property
    def is_for_mappings(self) -> bool:
        """Whether it may stand before a mapping."""
        return self.spelling in ("!", "!!map")


def read_tag(tag: str) -> Tag:
    """The tag of a parser's event, which spells the standard ones in full."""
    return Tag("!!" + tag[len(_PREFIX) :] if tag.startswith(_PREFIX) else tag)


def tagged_value(tag: Tag, text: str) -> ScalarValue:
    """What `text` means under a tag that is for scalars.

    Raises:
        ValueError: it does not fit; `str(error)` says so.
    """
    types = _SCALARS[tag.spelling]
    if types == (str,):
        return text
    try:
        value = read_plain(text)
    except UnusableNumber as error:
        raise ValueError(f"{text[:40]} {error}") from error
    is_bool = isinstance(value, bool)
    if not isinstance(value, types) or is_bool is not (tag.spelling == "!!bool"):
        raise ValueError(f"{text[:40]!r} is not what the tag {tag.spelling} says")
    return float(value) if tag.spelling == "!!float" and isinstance(value, int) else value
