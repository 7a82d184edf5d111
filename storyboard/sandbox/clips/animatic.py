"""The pictures of one animatic: the scenery of its seed, and its request in readable type.

In goes an `AnimaticSpec`, out come frames; nothing is read or written. What
does not move is drawn once and laid over every frame.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw

from storyboard.sandbox.clips.palette import Colour, Palette
from storyboard.sandbox.clips.scenery import make_scenery, paint
from storyboard.sandbox.clips.typography import (
    TextBlock,
    clean,
    face_for,
    fit_text,
    font_of_size,
    shorten,
)

_INK: Colour = (246, 244, 238)
_DIM: Colour = (172, 170, 168)
_BLACK: Colour = (6, 6, 9)
_TRACK: Colour = (30, 30, 36)


@dataclass(frozen=True, slots=True)
class AnimaticSpec:
    """All that the pictures depend on. Nothing else may, so equal requests look equal.

    `scenery_seed` decides what moves; `seed` is the one asked for, None where
    the model would choose.
    """

    prompt: str
    negative_prompt: str
    model: str
    resolution: str
    ratio: str
    seed: int | None
    scenery_seed: str
    width_px: int
    height_px: int
    duration_s: int
    fps: int

    @property
    def frame_count(self) -> int:
        """How many frames make exactly `duration_s`."""
        return self.duration_s * self.fps


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where things stand, in pixels; all of it follows from the frame's size.

    Small type looks ragged when it is drawn at its own size, so on a small
    frame everything that does not move is drawn `scale` times larger, then
    reduced. The lengths here are the larger ones.
    """

    spec: AnimaticSpec
    scale: int

    @property
    def width(self) -> int:
        return self.spec.width_px * self.scale

    @property
    def height(self) -> int:
        return self.spec.height_px * self.scale

    @property
    def unit(self) -> float:
        """A length that suits the frame: small type is nearly 3 of them high."""
        return math.sqrt(self.width * self.height) / 120

    @property
    def bar(self) -> int:
        """The height of the black bars above and below the picture."""
        return self.scale * _bar_px(self.spec)

    @property
    def margin(self) -> int:
        return round(self.width * 0.05)

    @property
    def small(self) -> int:
        """Size of the type in the bars."""
        return max(9 * self.scale, round(self.unit * 2.7))

    @property
    def picture(self) -> tuple[int, int, int, int]:
        """What the bars leave: left, top, right, bottom."""
        return 0, self.bar, self.width, self.height - self.bar

    @property
    def safe_area(self) -> tuple[float, float, float, float]:
        """Where a screen is sure to show the picture."""
        left, top, right, bottom = self.picture
        inset_x, inset_y = (right - left) * 0.025, (bottom - top) * 0.045
        return left + inset_x, top + inset_y, right - inset_x, bottom - inset_y


def _bar_px(spec: AnimaticSpec) -> int:
    usual = max(18, round(math.sqrt(spec.width_px * spec.height_px) / 120 * 7))
    return max(1, min(usual, spec.height_px // 5))


def draw_frames(spec: AnimaticSpec) -> Iterator[Image.Image]:
    """The frames in order, RGB; equal specs give equal frames."""
    size, bar = (spec.width_px, spec.height_px), _bar_px(spec)
    layout = _Layout(spec, scale=2 if min(size) < 700 else 1)
    scenery = make_scenery(
        spec.scenery_seed, spec.width_px, spec.height_px - 2 * bar, spec.duration_s
    )
    overlay = _draw_overlay(spec, layout, scenery.palette).resize(size, Image.Resampling.BOX)
    colour, mask = overlay.convert("RGB"), overlay.getchannel("A")
    for number in range(spec.frame_count):
        frame = Image.new("RGB", size, _BLACK)
        frame.paste(paint(scenery, number / spec.fps), (0, bar))
        frame.paste(colour, (0, 0), mask)
        clock = _draw_clock(spec, layout, scenery.palette, number)
        frame.paste(clock.resize((spec.width_px, bar), Image.Resampling.BOX), (0, size[1] - bar))
        yield frame


def _draw_overlay(spec: AnimaticSpec, layout: _Layout, palette: Palette) -> Image.Image:
    """All that stays: shade, marks, slate and prompt, on a clear ground."""
    block = _set_prompt(spec, layout)
    overlay = _draw_shade(spec, layout, block)
    draw = ImageDraw.Draw(overlay)
    _draw_safe_area(draw, layout)
    _draw_slate(draw, spec, layout, palette)
    _draw_prompt(draw, spec, layout, block, palette)
    return overlay


def _set_prompt(spec: AnimaticSpec, layout: _Layout) -> TextBlock:
    """The prompt set as large as reads well; a long one takes more of the picture."""
    picture_height = layout.height - 2 * layout.bar
    width = layout.width - 2 * layout.margin - round(layout.unit * 3)
    roomy = fit_text(
        spec.prompt,
        width_px=width,
        height_px=round(picture_height * 0.34),
        largest_px=round(layout.unit * 6.2),
        smallest_px=round(layout.unit * 3.6),
    )
    if not roomy.is_cut:
        return roomy
    return fit_text(
        spec.prompt,
        width_px=width,
        height_px=round(picture_height * 0.72),
        largest_px=round(layout.unit * 3.8),
        smallest_px=max(9 * layout.scale, round(layout.unit * 2.5)),
    )


def _prompt_top(spec: AnimaticSpec, layout: _Layout, block: TextBlock) -> int:
    negative = layout.small * 1.7 if clean(spec.negative_prompt) else 0.0
    return round(layout.safe_area[3] - layout.unit * 1.5 - negative - block.height_px)


def _draw_shade(spec: AnimaticSpec, layout: _Layout, block: TextBlock) -> Image.Image:
    """Black bars, darker corners, and a ramp under the prompt, so that type reads on any sky."""
    left, top, right, bottom = layout.picture
    size = (right - left, bottom - top)
    shade = Image.radial_gradient("L").point(lambda far: max(0.0, far - 120) * 0.8).resize(size)
    ramp = Image.new("L", (1, size[1]))
    type_top = _prompt_top(spec, layout, block) - top
    for y in range(size[1]):
        depth = (y - type_top + layout.unit * 18) / (layout.unit * 20)
        ramp.putpixel((0, y), _ramp(min(1.0, max(0.0, depth))))
    shade = ImageChops.lighter(shade, ramp.resize(size))
    alpha = Image.new("L", (layout.width, layout.height), 255)
    alpha.paste(shade, (left, top))
    overlay = Image.new("RGBA", alpha.size, (*_BLACK, 0))
    overlay.putalpha(alpha)
    return overlay


def _ramp(depth: float) -> int:
    """How dark it is `depth` (0 to 1) of the way down to the type: softly begun, softly ended."""
    return round(206 * depth * depth * (3 - 2 * depth))


def _draw_safe_area(draw: ImageDraw.ImageDraw, layout: _Layout) -> None:
    """Corner marks, and a small cross in the middle of the picture."""
    x1, y1, x2, y2 = layout.safe_area
    arm, line = layout.unit * 3, max(1, round(layout.unit / 4))
    ink = (*_INK, 110)
    for x, towards_x in ((x1, 1), (x2, -1)):
        for y, towards_y in ((y1, 1), (y2, -1)):
            draw.line((x, y, x + arm * towards_x, y), fill=ink, width=line)
            draw.line((x, y, x, y + arm * towards_y), fill=ink, width=line)
    middle_x, middle_y, half = (x1 + x2) / 2, (y1 + y2) / 2, layout.unit * 1.5
    draw.line((middle_x - half, middle_y, middle_x + half, middle_y), fill=ink, width=line)
    draw.line((middle_x, middle_y - half, middle_x, middle_y + half), fill=ink, width=line)


def _draw_slate(
    draw: ImageDraw.ImageDraw, spec: AnimaticSpec, layout: _Layout, palette: Palette
) -> None:
    """The upper bar: model on the left, what was asked for on the right."""
    font = font_of_size(layout.small)
    middle = layout.bar / 2
    asked = "  ·  ".join(
        part for part in (clean(spec.resolution), clean(spec.ratio), f"{spec.duration_s} s") if part
    )
    draw.text(
        (layout.width - layout.margin, middle), asked, fill=(*_INK, 255), font=font, anchor="rm"
    )
    dot = layout.unit * 0.75
    x = layout.margin
    draw.ellipse((x, middle - dot, x + 2 * dot, middle + dot), fill=(*palette.accent, 255))
    room = layout.width - 2 * layout.margin - font.getlength(asked) - layout.unit * 6
    model = shorten(clean(spec.model), font, round(room))
    draw.text((x + dot * 4, middle), model, fill=(*_INK, 255), font=font, anchor="lm")


def _draw_prompt(
    draw: ImageDraw.ImageDraw,
    spec: AnimaticSpec,
    layout: _Layout,
    block: TextBlock,
    palette: Palette,
) -> None:
    x = layout.margin
    top = _prompt_top(spec, layout, block)
    rule = max(2, round(layout.unit * 0.55))
    draw.rectangle(
        (x, top + block.size_px * 0.16, x + rule - 1, top + block.height_px - block.size_px * 0.1),
        fill=(*palette.accent, 255),
    )
    text_x = x + round(layout.unit * 3)
    for number, line in enumerate(block.lines):
        y = top + number * block.line_height_px
        draw.text((text_x, y), line, fill=(*_INK, 255), font=block.font)
    negative = clean(spec.negative_prompt)
    if negative:
        small = font_of_size(layout.small, face_for(negative))
        line = shorten(f"without  {negative}", small, layout.width - layout.margin - text_x)
        below = top + block.height_px + layout.small * 0.35
        draw.text((text_x, below), line, fill=(*_DIM, 255), font=small)


def _draw_clock(spec: AnimaticSpec, layout: _Layout, palette: Palette, number: int) -> Image.Image:
    """The lower bar: seed, running time, frame number, and how far the clip has come."""
    bar = Image.new("RGB", (layout.width, layout.bar), _BLACK)
    draw = ImageDraw.Draw(bar)
    font = font_of_size(layout.small)
    middle = layout.bar / 2
    done = (number + 1) / spec.frame_count
    line = layout.scale * max(2, round(layout.unit / layout.scale / 2))
    draw.rectangle((0, 0, layout.width - 1, line - 1), fill=_TRACK)
    draw.rectangle((0, 0, layout.width * done - 1, line - 1), fill=palette.accent)
    seed = "seed free" if spec.seed is None else f"seed {spec.seed}"
    draw.text((layout.margin, middle), seed, fill=_DIM, font=font, anchor="lm")
    seconds = number / spec.fps
    clock = f"{int(seconds // 60):02d}:{seconds % 60:05.2f}"
    right = layout.width - layout.margin
    draw.text((right, middle), clock, fill=_INK, font=font, anchor="rm")
    # A fixed place for the counter keeps it from trembling with the width of the clock.
    draw.text(
        (right - font.getlength("00:00.00") - layout.unit * 4, middle),
        f"{number + 1:03d} / {spec.frame_count:03d}",
        fill=_DIM,
        font=font,
        anchor="rm",
    )
    return bar
