"""What a film is told of common words that its models lack, or have with other values."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.language.load import load_storyboard
from storyboard.language.project_cards import catalog_beside
from storyboard.records import Problem
from tests.language.boards import CATALOG, load_text
from tests.models.cards import card_document, write_card

VEO, KLING, PIXVERSE = "google/veo-3.1-t2v", "kling/kling-v2.6-t2v", "pixverse/v6-t2v"
WAN = "alibaba/wan2.7-t2v"  # makes sound whatever it is asked for
LEAVE_OUT = "leave it out, or choose a model that can render without sound"


def problems_of(folder: Path, model: str, settings: str, top: str = "") -> tuple[Problem, ...]:
    shot = f"{{id: a, prompt: A boat, {settings}}}"
    text = f"version: 1\nmodel: {model}\n{top}\nshots:\n  - {shot}\n"
    return load_text(folder, text).problems


def test_a_word_that_no_model_of_the_film_has_is_one_problem(tmp_path: Path) -> None:
    [problem] = problems_of(tmp_path, VEO, "sound: true")
    assert problem.message == f"shots[0].sound: {VEO} has no such parameter"


def test_a_word_that_no_model_of_the_film_has_can_be_dropped(tmp_path: Path) -> None:
    [warning] = problems_of(tmp_path, VEO, "sound: true", "if_missing: {sound: drop}")
    assert (warning.code, warning.is_warning) == ("setting-dropped", True)


def test_a_shared_file_drops_what_only_models_of_other_films_have(tmp_path: Path) -> None:
    shared = "if_missing: {prompt_extend: drop}\ndefaults: {prompt_extend: true}\n"
    (tmp_path / "shared.yaml").write_text(shared)
    top = "include: [shared.yaml]"
    [warning] = problems_of(tmp_path, VEO, "duration: 8", top)
    assert warning.message == f"take a: {VEO} has no prompt_extend, which is left out"
    [problem] = problems_of(tmp_path, VEO, "duration: 8", "if_missing: {prompt_extent: drop}")
    assert problem.message.startswith("if_missing.prompt_extent: 'prompt_extent' is not allowed")


@pytest.mark.parametrize(
    ("model", "settings", "words", "hint"),
    [
        (VEO, 'duration: "5"', "'5' is text; {} requires 4, 6 or 8", "the nearest is 4 or 6"),
        (VEO, "duration: 30s", "'30s' is text; {} requires 4, 6 or 8", "the nearest is 8"),
        (VEO, "duration: 0:08", "'0:08' is text; {} requires 4, 6 or 8", "write 8"),
        (
            VEO,
            "resolution: 1080P, duration: 4",
            "4 is not allowed; 1080p and 4k are made for 8 s alone",
            None,
        ),
        (
            VEO,
            "resolution: 4K",
            "is missing: 1080p and 4k are made for 8 s alone",
            "add duration: to the shot",
        ),
        (
            VEO,
            "resolution: 720",
            "'720' is not allowed; {} requires '720P', '1080P', '4K', '720p', '1080p' or '4k'",
            "did you mean '720P'?",
        ),
        (KLING, "sound: 1", "1 is a number; {} requires true, false, 'on' or 'off'", None),
        (
            KLING,
            'sound: "yes"',
            "'yes' is not allowed; {} requires true, false, 'on' or 'off'",
            "write true",
        ),
        (WAN, "sound: false", "false is not allowed; {} always makes sound", LEAVE_OUT),
        (WAN, "sound: '{{ 1 > 2 }}'", "false is not allowed; {} always makes sound", LEAVE_OUT),
        (WAN, "sound: no", "'no' is text; {} requires true, as it always makes sound", LEAVE_OUT),
        (
            WAN,
            'sound: "false"',
            "'false' is text; {} requires true, as it always makes sound",
            LEAVE_OUT,
        ),
        (
            WAN,
            "sound: yes",
            "'yes' is text; {} requires true, as it always makes sound",
            "write true",
        ),
        (WAN, 'sound: "1"', "'1' is text; {} requires true, as it always makes sound", None),
        (WAN, "sound: 1", "1 is a number; {} requires true, as it always makes sound", None),
        (
            PIXVERSE,
            "notes: x",
            "is missing; {} needs it",
            "add ratio:, duration: and resolution: to the shot",
        ),
        (
            PIXVERSE,
            "ratio: 1:1, duration: 5, resolution: 4K",
            "'4K' is not allowed; {} requires '360P', '540P', '720P', '1080P', '360p', '540p', "
            "'720p' or '1080p'",
            "the nearest is '1080P'",
        ),
    ],
)
def test_a_wrong_value_is_told_as_it_is_written_and_its_repair_is_right(
    tmp_path: Path, model: str, settings: str, words: str, hint: str | None
) -> None:
    [problem] = problems_of(tmp_path, model, settings)
    assert problem.message.endswith(f": {words.format(model)}")
    assert problem.hint == hint


@pytest.mark.parametrize(("ratio", "words"), [("[]", "is a list"), ("''", "'' is not allowed")])
def test_a_value_that_cannot_be_read_is_not_missing_too(
    tmp_path: Path, ratio: str, words: str
) -> None:
    settings = f"ratio: {ratio}, duration: 5, resolution: 720P"
    [problem] = problems_of(tmp_path, PIXVERSE, settings)
    assert problem.message.startswith(f"shots[0].ratio: {words}; ")


def test_auto_makes_a_seed_that_the_model_takes(tmp_path: Path) -> None:
    limits = {"type": "integer", "minimum": -1, "maximum": 99}
    fields = {"prompt": {"type": "string"}, "seed": limits}
    words = {"seed": {"field": "seed", "any": -1}}
    write_card(tmp_path / "models", "maker/few", card_document("maker/few", fields, words=words))
    shots = "".join(f"\n  - {{id: s{n}, prompt: Boat {n}, takes: 2}}" for n in range(30))
    film = tmp_path / "film.yaml"
    film.write_text(f"version: 1\nmodel: maker/few\ndefaults: {{seed: auto}}\nshots:{shots}\n")
    board = load_storyboard(film, catalog_beside(CATALOG, film))
    assert board.problems == ()
    seeds = [take.payload["seed"] for take in board.takes]
    assert all(isinstance(seed, int) and 0 <= seed <= 99 for seed in seeds)
    assert len(set(seeds)) > 20


def test_a_model_that_never_makes_sound_is_told_apart_from_one_that_always_does(
    tmp_path: Path,
) -> None:
    fields = {"prompt": {"type": "string"}}
    silent = card_document("maker/silent", fields, words={"sound": {"always": False}})
    write_card(tmp_path / "models", "maker/silent", silent)
    film = tmp_path / "film.yaml"
    shot = "{id: a, prompt: A boat, sound: true}"
    film.write_text(f"version: 1\nmodel: maker/silent\nshots: [{shot}]\n")
    [problem] = load_storyboard(film, catalog_beside(CATALOG, film)).problems
    words = "shots[0].sound: true is not allowed; maker/silent never makes sound"
    assert (problem.code, problem.message) == ("not-allowed", words)
    assert problem.hint == "leave it out, or choose a model that makes sound"
