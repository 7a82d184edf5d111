"""Pictures, sound and clips: addresses, names of shared ones, files, and frames of takes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from storyboard.language.load import Reading, load_storyboard
from storyboard.media import FileInput, FrameInput
from storyboard.models.catalog import load_catalog
from storyboard.records import Json, Take
from tests.language.boards import load, load_text, told
from tests.language.pictures.made import png

REPO = Path(__file__).parents[3]
PIXELS = png(16, 9)
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
GIVE = "only pictures can be files or frames; give an https address of a sound or a clip"


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


def put(folder: Path, name: str, content: bytes = PIXELS) -> str:
    """Writes a file, and returns the sha256 of its content."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def take_of(folder: Path, text: str) -> Take:
    board = load_text(folder, text)
    assert [line for line in told(board) if ": warning: " not in line] == []
    return board.takes[0]


@pytest.mark.parametrize(
    "value",
    [
        "frames/pier.png",
        "'{{ \"frames\" }}/pier.png'",
        "./frames/../frames/pier.png",
        "FRAMES/Pier.png",
    ],
)
def test_a_file_is_named_by_its_content_and_its_path_is_kept_for_people(
    tmp_path: Path, value: str
) -> None:
    sha256 = put(tmp_path, "frames/pier.png")
    take = take_of(tmp_path, WAN + shot(first_frame=value))
    assert take.payload["first_frame"] == {"sha256": sha256}
    assert type(take.payload["first_frame"]) is dict
    assert take.inputs == (FileInput(("first_frame",), sha256, "frames/pier.png"),)


def test_renaming_a_file_makes_the_same_request_and_another_content_does_not(
    tmp_path: Path,
) -> None:
    put(tmp_path, "a.png"), put(tmp_path, "b.png"), put(tmp_path, "c.png", png(9, 16))
    prints = [
        take_of(tmp_path, WAN + shot(first_frame=name)).fingerprint
        for name in ("a.png", "b.png", "c.png")
    ]
    assert prints[0] == prints[1] != prints[2]


def test_a_file_is_relative_to_the_file_that_names_it(tmp_path: Path) -> None:
    own, shared = put(tmp_path, "hero.png"), put(tmp_path, "cast/hero.png", png(9, 16))
    (tmp_path / "cast/cast.yaml").write_text(
        "references: {hero: hero.png}\ndefaults: {last_frame: ./hero.png}\n", encoding="utf-8"
    )
    text = WAN + "include: [cast/cast.yaml]\n" + shot(first_frame="./hero.png")
    assert take_of(tmp_path, text).inputs == (
        FileInput(("first_frame",), own, "hero.png"),
        FileInput(("last_frame",), shared, "cast/hero.png"),
    )
    named = take_of(tmp_path, text.replace("./hero.png", "hero"))
    assert named.inputs[0] == FileInput(("first_frame",), shared, "cast/hero.png")


def test_a_list_mixes_files_names_addresses_and_frames(tmp_path: Path) -> None:
    sha256 = put(tmp_path, "a,b.png")
    values = "['a,b.png', hero, {take: b, frame: 1.50}, {take: '{{ \"b\" }}'}]"
    text = SEEDANCE + SHARED + shot(references=values) + "  - {id: b, prompt: A pier}\n"
    take = take_of(tmp_path, text)
    assert take.payload["reference_images"] == [
        *({"sha256": sha256}, HERO, {"take": "b", "frame": 1.5}, {"take": "b", "frame": "last"})
    ]
    assert take.inputs == (
        FileInput(("reference_images", 0), sha256, "a,b.png"),
        FrameInput(("reference_images", 2), "b", 1.5),
        FrameInput(("reference_images", 3), "b", "last"),
    )


@pytest.mark.parametrize(
    "frame", ["first", "last", "0", "2.50", "'{{ 3 }}'", "'{{ \"1.5s\" }}'", "'{{ \"\" }}'"]
)
def test_a_frame_is_the_first_the_last_or_seconds(tmp_path: Path, frame: str) -> None:
    text = WAN + shot(first_frame=f"{{take: B, frame: {frame}}}")
    text += f"  - {{id: b, prompt: A pier, first_frame: {HERO}}}\n"
    (one,) = take_of(tmp_path, text).inputs
    wanted = {
        "0": 0,
        "2.50": 2.5,
        "'{{ 3 }}'": 3,
        "'{{ \"1.5s\" }}'": 1.5,
        "'{{ \"\" }}'": "last",
    }.get(frame, frame)
    assert one == FrameInput(("first_frame",), "b", wanted)


@pytest.mark.parametrize(
    "frame", ["middle", "-1", "true", "null", "'{{ \"middle\" }}'", "'{{ -1 }}'", "1e9"]
)
def test_what_is_no_frame_is_a_problem(tmp_path: Path, frame: str) -> None:
    text = WAN + shot(first_frame=f"{{take: b, frame: {frame}}}")
    text += f"  - {{id: b, prompt: A pier, first_frame: {HERO}}}\n"
    (line,) = problems(tmp_path, text)
    assert line.startswith("shots[0].first_frame.frame: ")


@pytest.mark.parametrize(
    ("frame", "value"), [("middle", "'middle'"), ("true", "true"), ("[1]", "a list")]
)
def test_a_wrong_frame_is_answered_with_all_that_it_can_be(
    tmp_path: Path, frame: str, value: str
) -> None:
    text = WAN + shot(first_frame=f"{{take: b, frame: {frame}}}")
    (line, *_) = problems(tmp_path, text)
    words = f"{value} is not allowed: first, last or a number of seconds is needed"
    assert line == f"shots[0].first_frame.frame: {words}"


@pytest.mark.parametrize(
    ("name", "word"),
    [("start_frame", "first_frame"), ("endFrame", "last_frame"), ("music", "audio")],
)
def test_another_name_for_a_word_is_understood(tmp_path: Path, name: str, word: str) -> None:
    board = load_text(tmp_path, WAN + shot(**{name: HERO}))
    hints = [problem.hint for problem in board.problems if problem.code == "unknown-key"]
    assert hints == [f"did you mean '{word}'?"]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("start_frame", HERO, "start_frame: unknown key"),
        ("first_frme", HERO, "first_frme: unknown key"),
        ("first_frame", f"[{HERO}]", "first_frame: is a list; alibaba/wan2.7-i2v requires text"),
    ],
)
def test_a_picture_with_a_problem_is_not_told_to_be_missing_too(
    tmp_path: Path, name: str, value: str, words: str
) -> None:
    assert problems(tmp_path, WAN + shot(**{name: value})) == [f"shots[0].{words}"]


@pytest.mark.parametrize(
    "value", ["{frame: last}", "{}", "{sha256: 00}", "{video: 00, frame: last}"]
)
def test_a_mapping_that_names_no_take_is_a_problem(tmp_path: Path, value: str) -> None:
    lines = problems(tmp_path, WAN + shot(first_frame=value))
    rule = "the frame of a take is written {take: pier-1, frame: last}"
    assert lines[0] == f"shots[0].first_frame: {rule}"
    assert all("unknown key" in line for line in lines[1:])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("frames/pier.png", "'frames/pier.png': there is no such file"),
        ("theme.mp3", "'theme.mp3': there is no such file"),
        ("~/pier", "'~/pier': there is no such file"),
        ("'C:\\pier.png'", "'C:\\\\pier.png': there is no such file"),
        ("frames", "'frames': is a folder, not a file"),
        ("empty.png", "'empty.png': the file is empty"),
        ("../pier.png", "'../pier.png': is outside the project"),
        (".git/pier.png", "'.git/pier.png': is inside .git"),
        ("'{{ \"x.png\" }}'", "'x.png': there is no such file"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path, value: str, words: str) -> None:
    (tmp_path / "film/frames").mkdir(parents=True)
    put(tmp_path, "film/empty.png", b"")
    (line,) = problems(tmp_path / "film", WAN + shot(first_frame=value))
    assert line.startswith(f"shots[0].first_frame: {words}")


def test_a_misspelled_file_gets_a_suggestion(tmp_path: Path) -> None:
    put(tmp_path, "frames/pier.png")
    (problem,) = load_text(tmp_path, WAN + shot(first_frame="frames/peir.png")).problems
    assert problem.hint == "did you mean 'frames/pier.png'?"
    (problem,) = load_text(tmp_path / "frames", WAN + shot(first_frame="peir.png")).problems
    assert problem.hint == "did you mean 'pier.png'?"


def test_a_file_with_the_api_key_in_it_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELLIX_API_KEY", "this-key-was-never-valid-000")
    put(tmp_path, "pier.png", b"\x89PNG this-key-was-never-valid-000")
    (line,) = problems(tmp_path, WAN + shot(first_frame="pier.png"))
    assert line.endswith("'pier.png': contains the API key, so it is not read")


@pytest.mark.parametrize("value", ["music/theme.mp3", "theme.mp3", "file:///theme.mp3"])
def test_a_sound_or_a_clip_is_no_file(tmp_path: Path, value: str) -> None:
    put(tmp_path, "theme.mp3")
    lines = problems(tmp_path, WAN + shot(first_frame=HERO, audio=value))
    assert lines == [f"shots[0].audio: '{value}' is not allowed: {GIVE}"]


def test_a_sound_or_a_clip_is_no_frame(tmp_path: Path) -> None:
    text = WAN + "references: {b: {take: b}}\n"
    lines = problems(tmp_path, text + shot(clip="{take: b, frame: last}"))
    assert lines[0] == f"shots[0].clip: {GIVE}"
    lines = problems(tmp_path, text + shot(first_frame=HERO, audio="b"))
    assert lines == [f"references.b: a frame is not allowed: {GIVE}"]


@pytest.mark.parametrize("value", ["5", "null", "[a]"])
def test_what_is_shared_is_an_address_a_file_or_a_frame(tmp_path: Path, value: str) -> None:
    shared = f"references: {{hero: {value}}}\n"
    lines = problems(tmp_path, WAN + shared + shot(first_frame="hero"))
    assert lines[0].startswith("references.hero: ")


def test_a_frame_whose_template_names_no_take_says_nothing(tmp_path: Path) -> None:
    text = WAN + shot(rows="rows.csv", first_frame=HERO, last_frame="{take: '{{ row.before }}'}")
    text = text.replace("id: a", "id: '{{ row.id }}'")
    board = load_text(tmp_path, text, rows_csv="id,before\na,\nb,a\n")
    assert told(board) == []
    assert [
        [one.take for one in take.inputs if isinstance(one, FrameInput)] for take in board.takes
    ] == [[], ["a"]]
    several = SEEDANCE + shot(rows="rows.csv", references="[hero, {take: '{{ row.before }}'}]")
    several = several.replace("id: a", "id: '{{ row.id }}'") + SHARED.splitlines()[0]
    several += f"\n  hero: {HERO}\n"
    first, second = load_text(tmp_path, several).takes
    assert first.payload["reference_images"] == [HERO]
    assert second.payload["reference_images"] == [HERO, {"take": "a", "frame": "last"}]


def test_a_var_that_only_a_frame_uses_is_used(tmp_path: Path) -> None:
    text = WAN + "vars: {before: b, when: 2}\n"
    text += shot(first_frame="{take: '{{ before }}', frame: '{{ when }}'}")
    assert problems(tmp_path, text + f"  - {{id: b, prompt: A pier, first_frame: {HERO}}}\n") == []


def test_a_model_that_takes_no_uploads_says_so_without_our_stand_in(tmp_path: Path) -> None:
    put(tmp_path, "a.png")
    text = (REPO / "schemas/models/alibaba/wan2.7-i2v.yaml").read_text("utf-8")
    text = text.replace("name: alibaba/wan2.7-i2v", "name: maker/other")
    pattern = "^(?:[Hh][Tt][Tt][Pp][Ss]?://|oss://|data:image/)[!-~]+$"
    (tmp_path / "models/maker").mkdir(parents=True)
    card = tmp_path / "models/maker/other.yaml"
    card.write_text(text.replace(pattern, "^oss://[!-~]+$"), encoding="utf-8")
    path = tmp_path / "film.yaml"
    path.write_text("version: 1\nmodel: maker/other\n" + shot(first_frame="a.png"), "utf-8")
    board = load_storyboard(path, load_catalog(tmp_path / "models"))
    (problem,) = board.problems
    words = "take a: first_frame: the address of a file or a frame is not allowed: "
    assert problem.message.startswith(words)


def test_a_mapping_that_looks_like_a_file_in_a_request_is_a_problem(tmp_path: Path) -> None:
    text = (REPO / "schemas/models/alibaba/wan2.7-t2v.yaml").read_text("utf-8")
    text = text.replace("name: alibaba/wan2.7-t2v", "name: maker/other")
    own = "    look: {type: object, description: A look.}\n    audio_url:"
    (tmp_path / "models/maker").mkdir(parents=True)
    card = tmp_path / "models/maker/other.yaml"
    card.write_text(text.replace("    audio_url:", own, 1), encoding="utf-8")
    path = tmp_path / "film.yaml"
    path.write_text("version: 1\nmodel: maker/other\n" + shot(look="{sha256: 00}"), "utf-8")
    board = load_storyboard(path, load_catalog(tmp_path / "models"))
    (problem,) = board.problems
    assert problem.message == (
        "look: a mapping like this stands for a file or a frame in a request"
    )


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
    (other,) = load_text(tmp_path, WAN + shot(first_frame="pier-1")).problems
    assert other.hint == (
        "name one from references at the top, or give an https address or the file of a picture; "
        "the frame of a take is written {take: pier-1, frame: last}"
    )
    (other,) = load_text(tmp_path, WAN + shot(first_frame=HERO, audio="theme")).problems
    assert other.hint == "name one from references at the top, or give an https address"


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
