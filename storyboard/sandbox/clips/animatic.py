"""The pictures of one animatic: the scenery for its seed, and its request in readable type.

Turns an `AnimaticSpec` into frames, without reading or writing files. Everything
that does not move is drawn once and laid over every frame.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw

from storyboard.models.words import REFERENCES
from storyboard.sandbox.clips.compose import Thumbnail, crossfade, place_references
from storyboard.sandbox.clips.fonts import Lettering, joins_letters, runs_from_right
from storyboard.sandbox.clips.palette import Colour
from storyboard.sandbox.clips.pictures import Picture
from storyboard.sandbox.clips.scenery import make_scenery, paint
from storyboard.sandbox.clips.typography import TextBlock, clean, fit_text, missing_scripts, shorten

_INK: Colour = (246, 244, 238)
_DIM: Colour = (172, 170, 168)
_BLACK: Colour = (6, 6, 9)
_TRACK: Colour = (30, 30, 36)
_SMALL_FRAME_PX = 700  # of the shorter side; below it, type is drawn larger, then scaled down


@dataclass(frozen=True, slots=True)
class AnimaticSpec:
    """Everything that the pictures depend on, and nothing else, so equal requests look equal.

    `scenery_seed` decides what moves; `seed` is the requested one, None if the model
    would choose it. `pictures` are those that the sandbox has; `media` are the addresses of all
    other pictures, and of sounds and clips, which it does not open.
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
    media: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()

    @property
    def frame_count(self) -> int:
        """The number of frames that make exactly `duration_s`."""
        return self.duration_s * self.fps


@dataclass(frozen=True, slots=True)
class _Layout:
    """The lengths of a frame, in pixels of a drawing that is `scale` times larger than it.

    Small type looks ragged when drawn at its own size, so the overlay of a small
    frame is drawn twice as large, then scaled down.
    """

    spec: AnimaticSpec
    accent: Colour
    scale: int
    width: int
    height: int
    unit: float  # small type is nearly 3 units high
    bar: int  # the height of the black bars above and below the picture
    margin: int
    small: int  # the size of the type in the bars

    @property
    def safe_area(self) -> tuple[float, float, float, float]:
        """The area that every screen is sure to show: left, top, right, bottom."""
        inset_x, inset_y = self.width * 0.025, (self.height - 2 * self.bar) * 0.045
        return inset_x, self.bar + inset_y, self.width - inset_x, self.height - self.bar - inset_y


def _make_layout(spec: AnimaticSpec, accent: Colour, bar_px: int) -> _Layout:
    scale = 2 if min(spec.width_px, spec.height_px) < _SMALL_FRAME_PX else 1
    width, height = spec.width_px * scale, spec.height_px * scale
    unit = math.sqrt(width * height) / 120
    return _Layout(
        spec,
        accent,
        scale,
        width,
        height,
        unit,
        bar=bar_px * scale,
        margin=round(width * 0.05),
        small=max(9 * scale, round(unit * 2.7)),
    )


def _bar_px(spec: AnimaticSpec) -> int:
    usual = max(18, round(math.sqrt(spec.width_px * spec.height_px) / 120 * 7))
    return max(1, min(usual, spec.height_px // 5))


def draw_frames(spec: AnimaticSpec) -> Iterator[Image.Image]:
    """The frames in order, RGB; equal specs give equal frames."""
    return crossfade(_draw_scenes(spec), spec.pictures, count=spec.frame_count, fps=spec.fps)


def _draw_scenes(spec: AnimaticSpec) -> Iterator[Image.Image]:
    """The frames, without the pictures that the clip begins and ends with."""
    size, bar_px = (spec.width_px, spec.height_px), _bar_px(spec)
    scenery = make_scenery(spec.scenery_seed, size[0], size[1] - 2 * bar_px, spec.duration_s)
    layout = _make_layout(spec, scenery.palette.accent, bar_px)
    references = _place_references(layout)
    overlay = _draw_overlay(layout, references).resize(size, Image.Resampling.BOX)
    for picture, left, top in references:
        overlay.paste(picture, (left, top))
    colour, mask = overlay.convert("RGB"), overlay.getchannel("A")
    for number in range(spec.frame_count):
        frame = Image.new("RGB", size, _BLACK)
        frame.paste(paint(scenery, number / spec.fps), (0, bar_px))
        frame.paste(colour, (0, 0), mask)
        clock = _draw_clock(layout, number).resize((size[0], bar_px), Image.Resampling.BOX)
        frame.paste(clock, (0, size[1] - bar_px))
        yield frame


def _draw_overlay(layout: _Layout, references: Sequence[Thumbnail]) -> Image.Image:
    """Everything that does not move: shade, marks, slate and prompt, on a transparent ground.

    Of the references it has frames and labels, but not the pictures, which are not scaled.
    """
    block = _set_prompt(layout)
    negative = clean(layout.spec.negative_prompt)
    below = layout.small * 1.7 if negative else 0.0
    top = round(layout.safe_area[3] - layout.unit * 1.5 - below - block.height_px)
    overlay = _draw_shade(layout, top)
    draw = ImageDraw.Draw(overlay)
    _draw_safe_area(draw, layout)
    _draw_slate(draw, layout)
    _draw_prompt(draw, layout, block, negative, top)
    _draw_notes(draw, layout, negative)
    _draw_labels(draw, layout, references)
    return overlay


def _place_references(layout: _Layout) -> tuple[Thumbnail, ...]:
    """Where the frame shows the reference pictures: in a row under the notes."""
    scale = layout.scale
    top = layout.safe_area[1] + layout.unit * 2 + layout.small * 1.5
    return place_references(
        layout.spec.pictures,
        left=round(layout.margin / scale),
        top=round(top / scale),
        gap=round(layout.unit * 2.5 / scale),
    )


def _draw_labels(
    draw: ImageDraw.ImageDraw, layout: _Layout, references: Sequence[Thumbnail]
) -> None:
    """Draw a mount for each reference picture, with its number in the request."""
    small, edge = Lettering(layout.small), max(layout.scale, round(layout.unit / 3))
    for number, (picture, left, top) in enumerate(references, start=1):
        x1, y1 = left * layout.scale, top * layout.scale
        x2, y2 = x1 + picture.width * layout.scale, y1 + picture.height * layout.scale
        below = y2 + round(layout.small * 1.5)
        draw.rectangle((x1 - edge, y1 - edge, x2 + edge - 1, below), fill=(*_BLACK, 255))
        label = shorten(f"ref {number}", small, x2 - x1)
        small.draw(draw, x1 + edge, y2 + edge, label, (*_INK, 255))


def _set_prompt(layout: _Layout) -> TextBlock:
    """The prompt, set as large as reads well; a long one takes more of the picture."""
    unit, height = layout.unit, layout.height - 2 * layout.bar
    smallest_px = max(9 * layout.scale, round(unit * 2.5))
    has_references = any(picture.role == REFERENCES for picture in layout.spec.pictures)
    for share, largest, smallest in (
        (0.34, round(unit * 6.2), round(unit * 3.6)),
        (0.52 if has_references else 0.72, round(unit * 3.8), smallest_px),
    ):
        block = fit_text(
            layout.spec.prompt,
            width_px=layout.width - 2 * layout.margin - round(unit * 3),
            height_px=round(height * share),
            largest_px=largest,
            smallest_px=smallest,
        )
        if not block.is_cut:
            break
    return block


def _draw_shade(layout: _Layout, prompt_top: int) -> Image.Image:
    """Black bars, dark corners, and a gradient under the prompt, so type reads on any sky."""
    size = (layout.width, layout.height - 2 * layout.bar)
    shade = Image.radial_gradient("L").point(lambda far: max(0.0, far - 120) * 0.8).resize(size)
    ramp = Image.new("L", (1, size[1]))
    for y in range(size[1]):
        depth = (y - (prompt_top - layout.bar) + layout.unit * 18) / (layout.unit * 20)
        depth = min(1.0, max(0.0, depth))
        ramp.putpixel((0, y), round(206 * depth * depth * (3 - 2 * depth)))
    shade = ImageChops.lighter(shade, ramp.resize(size))
    alpha = Image.new("L", (layout.width, layout.height), 255)
    alpha.paste(shade, (0, layout.bar))
    overlay = Image.new("RGBA", alpha.size, (*_BLACK, 0))
    overlay.putalpha(alpha)
    return overlay


def _draw_safe_area(draw: ImageDraw.ImageDraw, layout: _Layout) -> None:
    """Draw corner marks, and a small cross in the middle of the picture."""
    x1, y1, x2, y2 = layout.safe_area
    middle_x, middle_y, half, arm = (x1 + x2) / 2, (y1 + y2) / 2, layout.unit * 1.5, layout.unit * 3
    lines = [
        (middle_x - half, middle_y, middle_x + half, middle_y),
        (middle_x, middle_y - half, middle_x, middle_y + half),
    ]
    for x, dx in ((x1, arm), (x2, -arm)):
        for y, dy in ((y1, arm), (y2, -arm)):
            lines += [(x, y, x + dx, y), (x, y, x, y + dy)]
    for line in lines:
        draw.line(line, fill=(*_INK, 110), width=max(1, round(layout.unit / 4)))


def _draw_slate(draw: ImageDraw.ImageDraw, layout: _Layout) -> None:
    """Draw the upper bar: the model on the left, the requested values on the right."""
    spec, x, middle, ink = layout.spec, layout.margin, layout.bar / 2, (*_INK, 255)
    lettering = Lettering(layout.small)
    font = lettering.base_font
    words = (clean(spec.resolution), clean(spec.ratio), f"{spec.duration_s} s")
    format_text = "  ·  ".join(word for word in words if word)
    draw.text((layout.width - x, middle), format_text, fill=ink, font=font, anchor="rm")
    dot = layout.unit * 0.75
    draw.ellipse((x, middle - dot, x + 2 * dot, middle + dot), fill=(*layout.accent, 255))
    free_px = round(layout.width - 2 * x - font.getlength(format_text) - layout.unit * 6)
    model = shorten(clean(spec.model), lettering, free_px)
    draw.text((x + dot * 4, middle), model, fill=ink, font=font, anchor="lm")


def _draw_prompt(
    draw: ImageDraw.ImageDraw, layout: _Layout, block: TextBlock, negative: str, top: int
) -> None:
    x, bottom = layout.margin, top + block.height_px
    right = x + max(2, round(layout.unit * 0.55)) - 1
    size = block.lettering.size_px
    rule = (x, top + size * 0.16, right, bottom - size * 0.1)
    draw.rectangle(rule, fill=(*layout.accent, 255))
    text_x = x + round(layout.unit * 3)
    edge = layout.width - layout.margin
    for number, line in enumerate(block.lines):
        y = top + number * block.line_height_px
        is_rtl, length = block.lettering.is_rtl, block.lettering.length_px(line)
        block.lettering.draw(draw, edge - length if is_rtl else text_x, y, line, (*_INK, 255))
    if negative:
        small = Lettering(layout.small)
        line = shorten(f"without  {negative}", small, layout.width - x - text_x)
        small.draw(draw, text_x, bottom + layout.small * 0.35, line, (*_DIM, 255))


def _draw_notes(draw: ImageDraw.ImageDraw, layout: _Layout, negative: str) -> None:
    """Draw notes under the upper bar: the request's media, and text that cannot be drawn."""
    text = f"{clean(layout.spec.prompt)} {negative}"
    media = [clean(address).partition("://")[2].partition("?")[0] for address in layout.spec.media]
    notes = [f"with {', '.join(media)}"] if media else []
    if missing := missing_scripts(text):
        notes.append(f"no font here for {', '.join(missing)}")
    if not joins_letters() and any(map(runs_from_right, text)):
        notes.append("letters are not joined, since FriBiDi is not installed")
    if notes:
        x, small = layout.margin, Lettering(layout.small)
        note = shorten("; ".join(notes), small, layout.width - 2 * x)
        small.draw(draw, x, layout.safe_area[1] + layout.unit, note, (*layout.accent, 255))


def _draw_clock(layout: _Layout, number: int) -> Image.Image:
    """The lower bar: seed, running time, frame number and progress."""
    spec, count = layout.spec, layout.spec.frame_count
    bar = Image.new("RGB", (layout.width, layout.bar), _BLACK)
    draw = ImageDraw.Draw(bar)
    font, middle = Lettering(layout.small).base_font, layout.bar / 2
    bottom = layout.scale * max(2, round(layout.unit / layout.scale / 2)) - 1
    draw.rectangle((0, 0, layout.width - 1, bottom), fill=_TRACK)
    draw.rectangle((0, 0, layout.width * (number + 1) / count - 1, bottom), fill=layout.accent)
    seed = "seed free" if spec.seed is None else f"seed {spec.seed}"
    draw.text((layout.margin, middle), seed, fill=_DIM, font=font, anchor="lm")
    seconds, right = number / spec.fps, layout.width - layout.margin
    clock = f"{int(seconds // 60):02d}:{seconds % 60:05.2f}"
    draw.text((right, middle), clock, fill=_INK, font=font, anchor="rm")
    # A fixed position keeps the counter from jittering with the width of the clock.
    x = right - font.getlength("00:00.00") - layout.unit * 4
    counter = f"{number + 1:03d} / {count:03d}"
    draw.text((x, middle), counter, fill=_DIM, font=font, anchor="rm")
    return bar
