"""Storyboards of any length, made on the spot."""

from __future__ import annotations

from pathlib import Path

_HEAD = """\
version: 1
title: A long night
model: alibaba/wan2.7-t2v
vars:
  hero: a woman in a yellow raincoat
  look: 35mm film, teal and orange
negatives:
  base: blurry, low quality, watermark
defaults:
  resolution: 720P
  prompt_extend: false
  negative: base
  prompt_suffix: ", {{ look }}"
shots:
"""

_MACROS = """\
{% macro dolly_in(how) %}the camera dollies in {{ how }}{% endmacro %}
"""


def different_templates(folder: Path, shots: int) -> Path:
    """A storyboard in which every prompt is another template."""
    (folder / "templates").mkdir(parents=True, exist_ok=True)
    (folder / "templates" / "camera.j2").write_text(_MACROS)
    path = folder / f"different-{shots}.yaml"
    with path.open("w") as file:
        file.write(_HEAD)
        for number in range(shots):
            file.write(
                f"  - id: shot-{number:06d}\n"
                f'    prompt: "{{{{ hero }}}} passes house number {number}, '
                "{{ camera.dolly_in('slowly') }}, shot {{ shot.number }}\"\n"
                f"    duration: {2 + number % 14}\n"
                f"    seed: {number}\n"
            )
    return path


def one_template(folder: Path, shots: int) -> Path:
    """A storyboard with one entry, and a CSV that makes so many shots of it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"rows-{shots}.yaml"
    path.write_text(
        f'{_HEAD}  - id: "product-{{{{ row.sku }}}}"\n'
        f"    rows: products-{shots}.csv\n"
        '    prompt: "Studio shot of {{ row.name }} turning on a plinth"\n'
        '    duration: "{{ row.seconds }}"\n'
        "    seed: auto\n"
    )
    with (folder / f"products-{shots}.csv").open("w") as file:
        file.write("sku,name,seconds\n")
        for number in range(shots):
            file.write(f"A{number:06d},lamp number {number} of brushed brass,{2 + number % 14}\n")
    return path
