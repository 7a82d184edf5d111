from __future__ import annotations

import pytest

from storyboard.planning import edits
from storyboard.planning.edits import EditFinder
from storyboard.records import Json


def quotes(old: Json, new: Json) -> list[tuple[str, str]]:
    return [(edit.old, edit.new) for edit in EditFinder().find(old, new)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (5, 8, [("5", "8")]),
        (None, "9:16", [("null", '"9:16"')]),
        (["a"], ["a", "b"], [('["a"]', '["a", "b"]')]),
        ("https://a.example/1.mp3", "https://a.example/2.mp3", None),
        ("a red car", "a blue car", [('"a red car"', '"a blue car"')]),
        (
            "one two three four five six",
            "one two three FOUR five six",
            [('"… two three four five six"', '"… two three FOUR five six"')],
        ),
        # Edits with a few words between them are one.
        (
            "a woman in a yellow raincoat walks",
            "a man in a red coat walks",
            [('"a woman in a yellow raincoat walks"', '"a man in a red coat walks"')],
        ),
        (
            "a b c d e f g h i j",
            "A b c d e f g h i J",
            [('"a b c …"', '"A b c …"'), ('"… h i j"', '"… h i J"')],
        ),
        ("a dog runs", "a very old dog runs", [('"a dog runs"', '"a very old dog runs"')]),
    ],
)
def test_an_edit_is_quoted_with_the_words_around_it(
    old: Json, new: Json, expected: list[tuple[str, str]] | None
) -> None:
    assert quotes(old, new) == (expected or [(f'"{old}"', f'"{new}"')])


def test_the_same_edit_in_other_surroundings_has_the_same_key() -> None:
    finder = EditFinder()
    (first,) = finder.find("a pier, 35mm film, grain", "a pier, 16mm film, grain")
    (second,) = finder.find("the city at night, 35mm film.", "the city at night, 16mm film.")
    (other,) = finder.find("the city at night, 35mm film.", "the city at night, 8mm film.")
    assert first.key == second.key != other.key


def test_true_is_another_value_than_one() -> None:
    finder = EditFinder()
    keys = [edit.key for old, new in [(True, 0), (1, 0)] for edit in finder.find(old, new)]
    assert len(set(keys)) == 2


def test_after_much_work_an_edit_is_all_that_lies_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edits, "_MAX_PAIRS", 0)
    old, new = "a b c d e f g h i j", "A b c d e f g h i J"
    assert quotes(old, new) == [(f'"{old}"', f'"{new}"')]
