"""Pictures, sound and clips: addresses, names of shared ones, and files, which are not sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.language.load import Reading
from storyboard.records import Json
from tests.language.boards import load, load_text, told

WAN = "version: 1\nmodel: alibaba/wan2.7-i2v\n"
FLASH = "version: 1\nmodel: alibaba/wan2.6-i2v-flash\n"
SEEDANCE = "version: 1\nmodel: bytedance/seedance-2.0-fast-i2v\n"
SHARED = """\
references:
  hero: https://example.com/hero.png
  coat: https://example.com/coat.png
  theme: https://example.com/theme.mp3
"""
HERO, COAT = "https://example.com/hero.png", "https://example.com/coat.png"
THEME = "https://example.com/theme.mp3"
GIVE = "give an https address; files beside the storyboard are not uploaded yet"


def sent(folder: Path, text: str, **files: str) -> dict[str, Json]:
    board = load_text(folder, text, **files)
    assert [line for line in told(board) if ": warning: " not in line] == []
    return {key: value for key, value in board.takes[0].payload.items() if key != "prompt"}


def problems(folder: Path, text: str) -> list[str]:
    return [line.split(": ", 1)[1] for line in told(load_text(folder, text))]


def shot(**settings: str) -> str:
    lines = "".join(f"    {key}: {value}\n" for key, value in settings.items())
    return f"shots:\n  - id: a\n    prompt: A pier\n{lines}"


@pytest.mark.parametrize("value", [HERO, "hero", "'{{ \"he\" }}ro'", f"'{{{{ \"{HERO}\" }}}}'"])
def test_an_address_is_sent_as_it_stands_and_a_shared_name_as_its_address(
    tmp_path: Path, value: str
) -> None:
    assert sent(tmp_path, WAN + SHARED + shot(first_frame=value)) == {"first_frame": HERO}


def test_a_name_and_its_address_make_the_same_request(tmp_path: Path) -> None:
    both = [
        load_text(tmp_path, WAN + SHARED + shot(first_frame=value)).takes[0].fingerprint
        for value in ("hero", HERO)
    ]
    assert both[0] == both[1]


def test_an_included_file_shares_pictures_and_the_storyboards_own_win(tmp_path: Path) -> None:
    own = "include: [cast.yaml]\nreferences: {coat: https://example.com/new.png}\n"
    text = SEEDANCE + own + shot(references="[hero, coat]")
    found = sent(tmp_path, text, cast_yaml=SHARED)
    assert found == {"reference_images": [HERO, "https://example.com/new.png"]}


def test_shared_addresses_and_the_rows_of_a_table_can_be_templates(tmp_path: Path) -> None:
    text = "vars: {site: https://example.com}\nreferences: {hero: '{{ site }}/hero.png'}\n"
    text += shot(rows="cast.csv", references="'{{ row.pictures }}'", audio="'{{ row.music }}'")
    table = f'pictures,music\n"hero, {COAT}",\n'
    assert sent(tmp_path, SEEDANCE + text, cast_csv=table) == {"reference_images": [HERO, COAT]}


@pytest.mark.parametrize(
    "value",
    ["[hero, coat]", "hero, coat", f"[hero, {COAT}]", "['{{ \"hero\" }}', 'coat']", "hero; coat"],
)
def test_references_are_a_list_or_a_text_with_commas(tmp_path: Path, value: str) -> None:
    found = sent(tmp_path, SEEDANCE + SHARED + shot(references=value))
    assert found == {"reference_images": [HERO, COAT]}


def test_an_address_may_hold_a_comma(tmp_path: Path) -> None:
    address = "https://example.com/a,b.png"
    found = sent(tmp_path, SEEDANCE + shot(references=address))
    assert found == {"reference_images": [address]}


@pytest.mark.parametrize(
    "value",
    [
        *("frames/pier.png", "pier.PNG", "..\\pier.png", "C:\\pier.png", "file:///pier.png"),
        *("'{{ \"frames/pier.png\" }}'", "~/pier", "theme.mp3"),
    ],
)
def test_a_file_is_a_problem_that_says_what_works(tmp_path: Path, value: str) -> None:
    (line,) = problems(tmp_path, WAN + shot(first_frame=value))
    assert line.startswith("shots[0].first_frame: '")
    assert line.endswith(f"' is not allowed: {GIVE}")


def test_the_frame_of_a_take_is_a_problem_that_says_what_works(tmp_path: Path) -> None:
    frame = "{take: pier-1, frame: last}"
    assert problems(tmp_path, WAN + shot(first_frame=frame)) == [f"shots[0].first_frame: {GIVE}"]
    lines = problems(tmp_path, SEEDANCE + shot(references=f"[{frame}]"))
    assert lines == [f"shots[0].references[0]: {GIVE}"]


@pytest.mark.parametrize("value", ["cast/hero.png", "{take: pier-1, frame: last}", "5", "hero2"])
def test_what_is_shared_is_an_https_address(tmp_path: Path, value: str) -> None:
    shared = f"references: {{hero: {value}}}\n"
    (line,) = problems(tmp_path, WAN + shared + shot(first_frame="hero"))
    assert line.startswith("references.hero: ")
    assert line.endswith(GIVE)


def test_a_shared_name_wins_over_a_file_of_that_name(tmp_path: Path) -> None:
    shared = f"references: {{hero.png: {HERO}}}\n"
    assert sent(tmp_path, WAN + shared + shot(first_frame="hero.png")) == {"first_frame": HERO}


def test_an_unknown_name_gets_a_suggestion_or_what_to_do(tmp_path: Path) -> None:
    text = WAN + SHARED.replace("  coat:", "  # coat:") + shot(first_frame="heroo", audio="theme")
    board = load_text(tmp_path, text)
    (problem,) = board.problems
    assert problem.message == (
        "shots[0].first_frame: there is no shared reference 'heroo'; known: hero, theme"
    )
    assert problem.hint == "did you mean 'hero'?"
    (other,) = load_text(tmp_path, WAN + shot(first_frame="heroo")).problems
    assert other.hint == f"name one from references at the top, or {GIVE}"


def test_what_no_shot_names_is_warned_of(tmp_path: Path) -> None:
    assert problems(tmp_path, WAN + SHARED + shot(first_frame="hero", audio="theme")) == [
        "warning: references.coat: nothing uses this reference"
    ]


def test_a_rule_across_settings_is_not_told_besides_a_name_that_is_unknown(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, WAN + shot(first_frame="heroo"))
    assert "no shared reference" in line


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"audio": "true"}, {"audio": True}),
        ({"audio": "'{{ \"yes\" }}'"}, {"audio": True}),
        ({"audio": "theme"}, {"audio_url": THEME}),
        ({"audio": "theme", "sound": "true"}, {"audio_url": THEME, "audio": True}),
        ({"audio": "false", "audio_url": THEME}, {"audio_url": THEME, "audio": False}),
        ({"audio": "false", "sound": "true"}, {"audio": False}),
        ({"audio": "theme", "audio_url": HERO}, {"audio_url": HERO}),
    ],
)
def test_a_field_of_a_words_name_keeps_the_values_that_it_takes(
    tmp_path: Path, said: dict[str, str], fields: dict[str, Json]
) -> None:
    found = sent(tmp_path, FLASH + SHARED + shot(first_frame="hero", **said))
    assert found == {"img_url": HERO, **fields}


def test_a_models_own_switch_is_no_name(tmp_path: Path) -> None:
    head = "version: 1\nmodel: kling/kling-v3-t2v\n"
    assert sent(tmp_path, head + shot(audio="native")) == {"audio": "native"}
    (line,) = problems(tmp_path, head + shot(audio="natve"))
    assert "'natve' is not allowed; kling/kling-v3-t2v requires 'native' or 'off'" in line


def test_a_models_own_name_takes_what_its_page_says(tmp_path: Path) -> None:
    data = "data:image/png;base64,aGVybw=="
    assert sent(tmp_path, WAN + shot(first_frame=data)) == {"first_frame": data}
    own = sent(tmp_path, SEEDANCE + shot(reference_images=f"['{{{{ \"{HERO}\" }}}}']"))
    assert own == {"reference_images": [HERO]}
    (line,) = problems(tmp_path, SEEDANCE + shot(reference_images="[cast/hero.png]"))
    assert "reference_images[0]: 'cast/hero.png' is not allowed: an address starts with" in line


def test_what_a_model_does_not_take_is_a_problem_or_left_out(tmp_path: Path) -> None:
    lines = problems(tmp_path, WAN + SHARED + shot(first_frame="hero", references="[coat]"))
    assert "shots[0].references: alibaba/wan2.7-i2v has no such parameter" in lines
    head = "version: 1\ndefaults: {model: vidu/viduq3-mix-r2v}\nif_missing: {audio: drop}\n"
    text = head + SHARED + shot(references="[hero, coat]", audio="theme")
    text += f"  - {{id: b, prompt: A pier, model: alibaba/wan2.7-i2v, first_frame: {HERO}}}\n"
    assert sent(tmp_path, text) == {"reference_images": [HERO, COAT]}


def test_nothing_said_is_nothing_sent(tmp_path: Path) -> None:
    for value in ("null", "'{{ \"\" }}'"):
        text = SEEDANCE + shot(first_frame=value, references=value)
        assert sent(tmp_path, text) == {}


def test_too_many_pictures_are_a_problem_with_the_most_that_the_model_takes(tmp_path: Path) -> None:
    names = ", ".join(["hero"] * 8)
    text = "version: 1\nmodel: vidu/viduq3-mix-r2v\n" + SHARED + shot(references=f"'{names}'")
    found = [line for line in problems(tmp_path, text) if not line.startswith("warning: ")]
    assert found == ["take a: references: has 8 entries; vidu/viduq3-mix-r2v allows at most 7"]


def test_a_variant_replaces_the_switch_or_the_soundtrack_and_not_the_other(tmp_path: Path) -> None:
    def draft(variant: str, **said: str) -> Json:
        text = f"{FLASH}{SHARED}variants: {{draft: {{{variant}}}}}\n"
        path = tmp_path / "film.yaml"
        path.write_text(text + shot(first_frame="hero", **said), encoding="utf-8")
        (take,) = load(path, reading=Reading(variant="draft")).takes
        return {key: value for key, value in take.payload.items() if key.startswith("audio")}

    assert draft("sound: true", audio="theme") == {"audio": True, "audio_url": THEME}
    assert draft("sound: true", audio="false") == {"audio": True}
    assert draft("audio: true", audio_url=THEME) == {"audio": True, "audio_url": THEME}
    assert draft("audio: theme", audio_url=HERO) == {"audio_url": THEME}
