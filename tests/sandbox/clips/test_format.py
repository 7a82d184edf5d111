"""The measures of a clip, for every size that the model cards know."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storyboard.models.card import ModelCard
from storyboard.models.catalog import load_catalog
from storyboard.sandbox.clips.format import clip_format
from storyboard.sandbox.settings import ClipSize

CARDS = load_catalog().cards()
CARD = next(card for card in CARDS if card.name == "alibaba/wan2.7-t2v")


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_every_size_is_scaled_to_even_pixels_of_nearly_its_shape(card: ModelCard) -> None:
    for (resolution, ratio), (width, height) in card.sizes.items():
        small = clip_format(card, {"resolution": resolution, "ratio": ratio}, ClipSize.PREVIEW)
        assert small.width_px % 2 == small.height_px % 2 == 0
        assert small.width_px / small.height_px == pytest.approx(width / height, rel=0.01)
        assert max(small.width_px, small.height_px) <= 640
        full = clip_format(card, {"resolution": resolution, "ratio": ratio}, ClipSize.FULL)
        assert (full.width_px, full.height_px) == (width, height)
        assert full.fps == round(card.frame_rate or 24)


def test_what_is_not_asked_for_is_what_the_model_does_by_default() -> None:
    clip = clip_format(CARD, {}, ClipSize.FULL)
    assert (clip.width_px, clip.height_px, clip.duration_s) == (1920, 1080, 5)


def test_a_card_without_sizes_gets_a_usual_one() -> None:
    card = replace(CARD, sizes={}, frame_rate=None)
    clip = clip_format(card, {"duration": 7, "resolution": "720P"}, ClipSize.FULL)
    assert (clip.width_px, clip.height_px, clip.duration_s, clip.fps) == (1280, 720, 7, 24)
    upright = clip_format(card, {"resolution": "4K", "ratio": "9:16"}, ClipSize.FULL)
    assert (upright.width_px, upright.height_px) == (2160, 3840)


def test_a_small_clip_has_an_eighth_of_the_pixels_of_a_preview() -> None:
    small, preview = (clip_format(CARD, {}, size) for size in (ClipSize.SMALL, ClipSize.PREVIEW))
    assert (small.width_px, small.height_px, small.duration_s, small.fps) == (320, 180, 5, 6)
    assert (preview.width_px, preview.height_px, preview.duration_s, preview.fps) == (
        640,
        360,
        5,
        12,
    )
