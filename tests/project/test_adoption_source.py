"""What is adopted from another folder, which has to have the fingerprint of its payload."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storyboard.errors import UsageError
from storyboard.project.adoption_source import Source, choose_needed
from tests.made import make_done, make_take


@pytest.mark.parametrize(
    ("name", "repeat"),
    [
        ("hero", 0),
        ("hero.t1", 0),
        ("hero.t7", 0),
        ("hero.t7", 3),
        ("hero.t7", 6),
        ("hero.t100000", 99_999),
    ],
)
def test_a_take_has_the_fingerprint_of_any_repeat_up_to_its_number(name: str, repeat: int) -> None:
    take = make_take(name, repeat=repeat)
    done = make_done(take)
    assert choose_needed(Source("there", None, [done]), [take]) == [done]


@pytest.mark.parametrize(("name", "repeat"), [("hero", 1), ("hero.t0", 1), ("hero.t7", 7)])
def test_a_repeat_that_the_take_cannot_be_is_refused(name: str, repeat: int) -> None:
    take = make_take(name, repeat=repeat)
    with pytest.raises(UsageError, match="a fingerprint that does not match its payload"):
        choose_needed(Source("there", None, [make_done(take)]), [take])


def test_a_request_of_nobody_here_is_left_alone_whatever_it_says() -> None:
    take = make_take()
    other = replace(make_done(make_take("other")), payload={"prompt": "x"})
    assert choose_needed(Source("there", None, [other]), [take]) == []
