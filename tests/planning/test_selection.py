from __future__ import annotations

import pytest

from storyboard.errors import UsageError
from storyboard.planning.selection import Selection, select_takes
from storyboard.records import Position, Take


def take(take_id: str, *, scene: str | None = None, tags: tuple[str, ...] = ()) -> Take:
    shot = take_id.split(".t", maxsplit=1)[0]
    position = Position("film.yaml", 1, 1)
    return Take(take_id, shot, scene, 1, "m/x", {}, "0" * 64, position, tags)


TAKES = (
    take("wide", scene="pier"),
    take("walk.t1", scene="pier", tags=("hero",)),
    take("walk.t2", scene="pier", tags=("hero", "night")),
    take("city-osaka", scene="cities", tags=("[wip]",)),
    take("city-porto", scene="Cities", tags=("night",)),
    take("loose"),
)
ALL = frozenset(take.id for take in TAKES)


@pytest.mark.parametrize(
    ("selection", "ids"),
    [
        (Selection(), ALL),
        (Selection(only=["walk"]), {"walk.t1", "walk.t2"}),
        (Selection(only=["walk.t2"]), {"walk.t2"}),
        (Selection(only=["WIDE", "city-*"]), {"wide", "city-osaka", "city-porto"}),
        (Selection(only=["*.t?"]), {"walk.t1", "walk.t2"}),
        (Selection(without=["city-*", "walk.t1"]), {"wide", "walk.t2", "loose"}),
        (Selection(only=["walk"], without=["*.t1"]), {"walk.t2"}),
        (Selection(tags=["night"]), {"walk.t2", "city-porto"}),
        (Selection(tags=["hero", "night"]), {"walk.t1", "walk.t2", "city-porto"}),
        (Selection(tags=["[wip]"]), {"city-osaka"}),
        (Selection(scenes=["cities"]), {"city-osaka", "city-porto"}),
        (Selection(scenes=["pier"], tags=["night"]), {"walk.t2"}),
    ],
)
def test_a_selection_picks_these(selection: Selection, ids: set[str]) -> None:
    assert select_takes(TAKES, selection) == ids


@pytest.mark.parametrize(
    ("selection", "message", "next_step"),
    [
        (Selection(only=["wlak"]), "--only 'wlak' matches no take", "did you mean 'walk'?"),
        (Selection(without=["x*"]), "--except 'x*' matches no take", "see the ids with: "),
        (Selection(tags=["heroo"]), "--tag 'heroo' matches no take", "did you mean 'hero'?"),
        (Selection(scenes=["peir"]), "--scene 'peir' matches no take", "did you mean 'pier'?"),
        (Selection(only=["wide", ""]), "--only '' matches no take", "see the ids with: "),
    ],
)
def test_a_pattern_that_picks_nothing_stops_with_the_word_that_was_meant(
    selection: Selection, message: str, next_step: str
) -> None:
    with pytest.raises(UsageError) as caught:
        select_takes(TAKES, selection)
    assert str(caught.value) == message
    assert (caught.value.next_step or "").startswith(next_step)


def test_what_is_asked_for_together_may_pick_nothing() -> None:
    assert select_takes(TAKES, Selection(scenes=["cities"], tags=["hero"])) == frozenset()
