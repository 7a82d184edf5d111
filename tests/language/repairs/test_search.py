"""Which mistakes are repaired, which are left to their author, and what a repair never does."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.language.files import Files
from storyboard.language.repairs.search import find_repairs
from storyboard.language.repairs.tabs import without_tabs
from storyboard.records import Storyboard
from tests.hostile.fuzzing import damaged, fuzz
from tests.language.boards import load, load_text
from tests.language.repairs.fixing import HEAD, repair, repair_text, repaired_text
from tests.language.test_load import CASES, EXAMPLES, cases, name_of

VARS = "vars: {hero: a fox, look: film}\n"
PIER = "shots:\n  - {id: pier, prompt: A pier}\n"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        # quotes
        ("    prompt: {{ hero }} walks  # slowly\n", '    prompt: "{{ hero }} walks"  # slowly\n'),
        ('    prompt: {{ hero }} "x"\n', "    prompt: '{{ hero }} \"x\"'\n"),
        ("    prompt: Wide shot: a pier\n", '    prompt: "Wide shot: a pier"\n'),
        ("    prompt: @night\n", '    prompt: "@night"\n'),
        ('    prompt: "Hello" she says\n', "    prompt: '\"Hello\" she says'\n"),
        ("    prompt: x\n    duration: “5”\n", "    prompt: x\n    duration: 5\n"),
        ('    prompt: x\n    duration: "5"\n', "    prompt: x\n    duration: 5\n"),
        # white space
        ("    prompt:x\n", "    prompt: x\n"),
        ("\tprompt: x\n", "    prompt: x\n"),
        ("    prompt:\u00a0x\n", "    prompt: x\n"),
        ("    pro\u200bmpt: x\n", "    prompt: x\n"),
        ('    prompt: "{{ hero\u200b }}"\n', '    prompt: "{{ hero }}"\n'),
        ("    prompt: x\n    resolution: 720P\u00a0\n", "    prompt: x\n    resolution: 720P\n"),
        (
            '    prompt: "{{ hero | default(“a fox”) }}"\n',
            "    prompt: \"{{ hero | default('a fox') }}\"\n",
        ),
        # names
        ("    promt: x\n", "    prompt: x\n"),
        ("    'promt': x\n", "    'prompt': x\n"),
        ("    prompt: '{{ heroo }} hero'\n", "    prompt: '{{ hero }} hero'\n"),
        ("    prompt: '{{ hero | uper }}'\n", "    prompt: '{{ hero | upper }}'\n"),
        ("    prompt: x\n    negative: bsae\n", "    prompt: x\n    negative: base\n"),
        ("    prompt: x\n    aspect_ratio: 16x9\n", "    prompt: x\n    ratio: 16:9\n"),
        ("    prompt: x\n    seconds: 5s\n", "    prompt: x\n    duration: 5\n"),
        ("    promt: '{{ heroo }}'\n", "    prompt: '{{ hero }}'\n"),  # one behind the other
        ("    prompt: x\n    promptExtend: no\n", "    prompt: x\n    prompt_extend: false\n"),
        ("    prompt: x\n    Negative-Prompt: y\n", "    prompt: x\n    negative_prompt: y\n"),
        # values
        ("    prompt: x\n    resolution: 1080p\n", "    prompt: x\n    resolution: 1080P\n"),
        ("    prompt: x\n    resolution: 1080\n", "    prompt: x\n    resolution: 1080P\n"),
        ("    prompt: x\n    prompt_extend: yes\n", "    prompt: x\n    prompt_extend: true\n"),
    ],
)
def test_a_mistake_with_one_right_answer_is_repaired(
    wrong: str, right: str, tmp_path: Path
) -> None:
    before = f"{VARS}negatives: {{base: blurry}}\nshots:\n  - id: pier   # the first\n"
    found = repair_text(tmp_path, before + wrong)
    assert repaired_text(tmp_path, before + wrong) == before + right
    assert found.problems_left == 0


def test_keys_inside_a_misspelt_key_are_repaired_with_it(tmp_path: Path) -> None:
    wrong = "SHOTS:\n  - ID: pier\n    Prompt: A pier\n    Duration: 5s\n"
    right = "shots:\n  - id: pier\n    prompt: A pier\n    duration: 5\n"
    assert repaired_text(tmp_path, wrong) == right


def test_a_hyphen_without_a_space_is_repaired(tmp_path: Path) -> None:
    wrong = "shots:\n  -id: pier\n    prompt: A pier\n"
    assert repaired_text(tmp_path, wrong) == wrong.replace("-id", "- id")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("shots:\n  \u2013 id: a\n    prompt: x\n", "shots:\n  - id: a\n    prompt: x\n"),
        (
            "shots:\n  \u2013 id: a\n    prompt: x\n  \u2013 id: b\n    prompt: y\n",
            "shots:\n  - id: a\n    prompt: x\n  - id: b\n    prompt: y\n",
        ),
        ("shots:\n  * id: a\n    prompt: x\n", "shots:\n  - id: a\n    prompt: x\n"),
        ("shots:\n  1. id: a\n     prompt: x\n", "shots:\n  -  id: a\n     prompt: x\n"),
        ("shots:\n  1. id: a\n    prompt: x\n", "shots:\n  - id: a\n    prompt: x\n"),
        ("shots:\n  \u2022 id: a\n    prompt: x\n", "shots:\n  - id: a\n    prompt: x\n"),
        ("shots\uff1a\n  - id: a\n    prompt\uff1a x\n", "shots:\n  - id: a\n    prompt: x\n"),
        ("shots\uff1a\r\n  - {id: a, prompt: x}\r\n", "shots:\r\n  - {id: a, prompt: x}\r\n"),
        (
            "shots:\n  - id: a\n    prompt: ```kite```\n",
            'shots:\n  - id: a\n    prompt: "```kite```"\n',
        ),
        ("shots:\n  - id: a\n    prompt: ```\n", 'shots:\n  - id: a\n    prompt: "```"\n'),
        ("```yaml\n" + PIER + "```\n", "\n" + PIER + "\n"),
        ("Film:\n```yaml\n" + PIER + "```\n", "Film:\n\n" + PIER + "\n"),
    ],
)
def test_what_only_looks_like_yaml_is_repaired(wrong: str, right: str, tmp_path: Path) -> None:
    assert repaired_text(tmp_path, wrong) == right


@pytest.mark.parametrize(
    "text",
    [
        "shots:\n  - id: a\n    prompt:\n      ```\n      A kite\n      ```\n",
        "shots:\n  - id: a\n    prompt: A girl\n    她说\uff1a走吧\n    duration: 5\n",
    ],
)
def test_what_may_belong_to_a_text_is_left_to_the_author(text: str, tmp_path: Path) -> None:
    assert repaired_text(tmp_path, text) == text


@pytest.mark.parametrize(
    "text",
    [
        "vars: {hero: a, hera: b}\nshots:\n  - {id: p, prompt: '{{ heri }}'}\n",  # two are near
        "vars: {hero1: a}\nshots:\n  - {id: p, prompt: '{{ hero2 }}'}\n",  # a number is no slip
        "shots:\n  - {id: p, prompt: x, name: y}\n",  # id or title
        "shots:\n  - {id: p, prompt: x, camera: y}\n",
        "shots:\n  - {id: p, prompt: x, duration: 20}\n",
        "shots:\n  - id: p\n    prompt: Wide shot: a pier\n      at night\n",  # where does it end?
        "shots:\n  - id: p\n    prompt: Wide shot: a # pier\n",
        "shots:\n  - id: p\n    prompt: > a pier\n",
        "shots:\n  - {id: p, prompt: x, size: 1280x720}\n",  # it would be another problem
        "shots:\n  - {id: p, prompt: y, promt: x}\n",  # the key would be there twice
    ],
)
def test_a_mistake_with_several_answers_is_left_to_its_author(text: str, tmp_path: Path) -> None:
    found = repair_text(tmp_path, text)
    assert (found.files, found.repaired, found.problems_left) == ({}, (), 1)


def test_the_model_is_never_replaced_by_another(tmp_path: Path) -> None:
    path = tmp_path / "film.yaml"
    path.write_text(f"version: 1\nmodel: alibaba/wan2.7-i2v\n{PIER}", "utf-8")
    assert repair(path).files == {}


def test_tabs_become_spaces_only_where_every_width_means_the_same(tmp_path: Path) -> None:
    deep = "shots:\n\t- id: pier\n\t  prompt: x\n\t- id: boat\n\t  prompt: y\n"
    assert "\t" not in repaired_text(tmp_path, deep)
    two_ways = "vars:\n  a:\n    b: x\n\tc: y\n"  # beside a at 2, beside b at 4
    assert repaired_text(tmp_path, two_ways) == two_ways
    beside_another = "shots:\n\t- id: pier\n\t  prompt: Wide: x\n"
    right = 'shots:\n  - id: pier\n    prompt: "Wide: x"\n'
    assert repaired_text(tmp_path, beside_another) == right
    in_a_text = "shots:\n\t- id: pier\n\t  prompt: |\n\t\tA pier\n  \t  B\n"
    assert repaired_text(tmp_path, in_a_text) == in_a_text


def test_a_mistake_that_hid_others_is_repaired_and_they_too(tmp_path: Path) -> None:
    text = "shots:\n  - id: a\n    prompt: Wide: x\n  - id: b\n    promt:y\n    seed: zzz\n"
    found = repair_text(tmp_path, text)
    right = 'shots:\n  - id: a\n    prompt: "Wide: x"\n  - id: b\n    prompt: y\n    seed: zzz\n'
    assert repaired_text(tmp_path, text) == right
    assert found.problems_left == 1


def test_the_same_mistake_of_the_syntax_is_repaired_on_every_line(tmp_path: Path) -> None:
    shots = "".join(f"  - id: s{number}\n    prompt: Wide: {number}\n" for number in range(12))
    found = repair_text(tmp_path, f"shots:\n{shots}")
    assert (len(found.repaired), found.problems_left) == (12, 0)


def test_an_included_file_of_another_project_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    style = tmp_path / "lib" / "style.yaml"
    style.write_text("defaults: {resolutoin: 720P}\n", "utf-8")
    (tmp_path / "film").mkdir()
    path = tmp_path / "film" / "film.yaml"
    path.write_text(
        f"{HEAD}include: [../lib/style.yaml]\n{PIER.replace('prompt', 'promt')}", "utf-8"
    )
    found = repair(path, allowed_paths=[style.parent])
    assert list(found.files) == [str(path)]
    assert found.problems_left == 1


def test_one_repair_that_does_not_hold_keeps_no_other_from_being_made(tmp_path: Path) -> None:
    good = "".join(f"  - {{id: s{number}, promt: x{number}}}\n" for number in range(12))
    text = f"shots:\n{good}  - {{id: bad, prompt: x, size: 1280x720}}\n"
    assert repaired_text(tmp_path, text) == text.replace("promt", "prompt")


def test_an_included_file_is_repaired_where_it_is_wrong_for_everybody(tmp_path: Path) -> None:
    style = "vars: {hero: a fox}\ndefaults: {resolutoin: 720P, prompt_suffix: '{{ heroo }}'}\n"
    found = repair_text(tmp_path, f"include: [style.yaml]\n{PIER}", style_yaml=style)
    (one,) = found.files.values()
    # Another film may have a var of that name.
    assert one.text == style.replace("resolutoin", "resolution")


def test_tables_and_macros_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "camera.j2").write_text(
        "{% macro pan(speed) %}{{ sped }}{% endmacro %}", "utf-8"
    )
    text = (
        'shots:\n  - {id: "a-{{ row.n }}", rows: rows.csv, prompt: x, resolution: "{{ row.r }}"}\n'
        '  - {id: b, prompt: "{{ camera.pan(5) }}"}\n'
    )
    found = repair_text(tmp_path, text, rows_csv="n,r\n1,1080p\n")
    assert found.files == {}


def test_a_sound_film_stays_as_it_is_when_a_shared_file_is_repaired_for_another(
    tmp_path: Path,
) -> None:
    (tmp_path / "style.yaml").write_text("vars: {hero: a fox}\n", "utf-8")
    sound, other = tmp_path / "sound.yaml", tmp_path / "other.yaml"
    sound.write_text(f"{HEAD}include: [style.yaml]\n{PIER}", "utf-8")
    other.write_text(
        f"{HEAD}include: [style.yaml]\nshots:\n  - {{id: a, promt: '{{{{ heroo }}}}'}}\n", "utf-8"
    )
    found = repair(sound, other)
    assert list(found.files) == [str(other)]
    assert found.boards[0].takes == load(sound).takes


@pytest.mark.parametrize("case", [*cases("valid"), *EXAMPLES.glob("*.yaml")], ids=name_of)
def test_a_sound_storyboard_has_nothing_to_repair(case: Path) -> None:
    assert repair(case).files == {}


@pytest.mark.parametrize("case", [*cases("invalid"), *cases("source")], ids=name_of)
def test_what_is_repaired_is_gone_and_nothing_came(case: Path) -> None:
    found = repair(case)
    if str(case) in found.files:
        assert found.repaired
        after = [problem for board in found.boards for problem in board.problems]
        assert not any(problem in after for problem in found.repaired)
    if not any(problem.code == "yaml-syntax" for problem in load(case).problems):
        before = [problem for problem in load(case).problems if not problem.is_warning]
        assert found.problems_left <= len(before) - len(found.repaired)


LEFT_TO_PEOPLE = {"id-with-space", "list-without-hyphens", "merge-marks", "model-name"}
LEFT_TO_PEOPLE |= {"no-prompt", "no-version", "smart-quotes"}


@pytest.mark.parametrize("case", cases("first-mistakes"), ids=name_of)
def test_a_first_mistake_is_repaired_where_it_is_offered(case: Path) -> None:
    offered = [problem for problem in load(case).problems if problem.repairs]
    found = repair(case)
    assert len(found.repaired) == len(offered)
    assert bool(found.problems_left) == (case.stem in LEFT_TO_PEOPLE - {"smart-quotes"})


SEEDS = [
    f"{HEAD}{VARS}shots:\n  - id: pier\n    prompt: '{{{{ hero }}}} walks'\n    duration: 5\n"
    "  - {id: boat, prompt: A boat, ratio: 16:9}\n",
    (CASES / "invalid" / "twenty-mistakes.yaml").read_text("utf-8"),
]


@fuzz(15)
@given(st.data(), st.sampled_from(SEEDS))
def test_repairing_is_done_at_once_and_makes_nothing_worse(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, seed: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed" / "film.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data.draw(damaged(seed.encode())))
    before = load(path)
    found = repair(path)
    if before.is_sound:
        assert found.files == {}
    if not any(problem.code == "yaml-syntax" for problem in before.problems):
        assert found.problems_left <= sum(not problem.is_warning for problem in before.problems)
    for one in found.files.values():
        path.write_bytes(one.file.encoded(one.text))
    assert repair(path).files == {}


def test_a_repair_in_one_shot_leaves_the_requests_of_the_others(tmp_path: Path) -> None:
    text = (
        "vars: {hero: a fox}\nseeds: {five: 5}\nshots:\n"
        "  - {id: a, prompt: '{{ hero }} {{ shot.number }}', seed: auto, prompt_extend: false}\n"
        "  - {id: b, prompt: '{{ heroo }}', seed: fiev, resolution: 1080p}\n"
        "  - {id: c, promt: x}\n"
    )
    path = tmp_path / "film.yaml"
    path.write_text(HEAD + text, "utf-8")
    before = {take.id: take.fingerprint for take in load(path).takes}
    found = repair(path)
    after = {take.id: take.fingerprint for board in found.boards for take in board.takes}
    assert found.problems_left == 0
    assert after["a"] == before["a"]


def test_a_repair_that_brings_another_mistake_of_the_syntax_is_not_made() -> None:
    case = CASES / "source" / "invisible-of-no-width.yaml"  # without it the key stands at 3
    assert any(problem.repairs for problem in load(case).problems)
    assert repair(case).files == {}


def test_no_repair_is_made_by_which_a_sound_storyboard_would_ask_for_something_else(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other_folder = tmp_path_factory.mktemp("sound")
    path = tmp_path / "film.yaml"
    path.write_text(f"{HEAD}shots:\n  - {{id: pier, promt: x}}\n", "utf-8")
    sound = load_text(other_folder, HEAD + PIER)

    def read(files: Files, *, changes: bool) -> list[Storyboard]:
        is_repaired = b"prompt" in files.read_bytes(path, 1_000)
        other = replace(sound, takes=()) if changes and is_repaired else sound
        return [load(path, files=files), other]

    assert find_repairs(partial(read, changes=False)).files
    assert find_repairs(partial(read, changes=True)).files == {}


@pytest.mark.parametrize("text", ["\t" * 10_000 + "a: x\n", "a:\n" + "\tb: x\n" * 200_000])
def test_a_text_of_very_many_tabs_costs_little(text: str) -> None:
    assert without_tabs(text, "film.yaml") == ()
