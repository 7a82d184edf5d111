"""Which card of a model holds for a storyboard."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from storyboard.errors import UsageError
from storyboard.language.load import Reading, load_storyboard
from storyboard.language.project_cards import catalog_beside, load_catalog_beside
from storyboard.models.card_folders import Owner
from storyboard.models.catalog import load_catalog
from storyboard.models.folder import data_folder
from storyboard.models.retirement import gone_models, retirement_words
from storyboard.records import Problem
from tests.models.cards import card_document, write_card

REAL = "alibaba/wan2.7-t2v"
TODAY = date(2026, 11, 26)


def make_film(folder: Path, model: str = REAL, **changes: object) -> Path:
    """A storyboard of one shot, with a card of its model beside it."""
    folder.mkdir(exist_ok=True)
    film = folder / "film.yaml"
    film.write_text(f"version: 1\nmodel: {model}\nshots: [{{id: a, prompt: Boat}}]\n", "utf-8")
    write_card(folder / "models", model, card_document(model, **changes))
    return film


def test_the_card_beside_comes_before_the_users_own_and_the_programs(tmp_path: Path) -> None:
    write_card(data_folder() / "models", REAL, card_document(REAL, title="Mine"))
    catalog = load_catalog_beside(make_film(tmp_path, title="Beside"))
    card = catalog.get(REAL)
    assert card is not None
    assert card.title == "Beside"
    assert (catalog.owner_of(REAL), catalog.replaces(REAL)) == (Owner.PROJECT, Owner.USER)


def test_each_of_several_storyboards_has_the_cards_beside_it(tmp_path: Path) -> None:
    films = [make_film(tmp_path / name, "kling/v9", title=name) for name in ("one", "two")]
    root = load_catalog()
    own = [root.join(film, lambda film=film: catalog_beside(root, film)) for film in films]
    assert [card.title for one in own if (card := one.get("kling/v9"))] == ["one", "two"]
    assert root.of(films[1]) is own[1]


def test_different_cards_of_one_model_are_not_taken_for_one_another(tmp_path: Path) -> None:
    root = load_catalog()
    for name in ("one", "two"):
        film = make_film(tmp_path / name, "kling/v9", title=name)
        root.join(film, lambda film=film: catalog_beside(root, film))
    with pytest.raises(UsageError, match="are different cards of kling/v9") as caught:
        root.get("kling/v9")
    assert caught.value.next_step == "name these storyboards one by one"


def test_equal_cards_in_several_folders_are_one(tmp_path: Path) -> None:
    root = load_catalog()
    for name in ("one", "two"):
        film = make_film(tmp_path / name, "kling/v9")
        root.join(film, lambda film=film: catalog_beside(root, film))
    assert root.get("kling/v9") is not None


def warnings(film: Path, variant: str | None = None) -> list[Problem]:
    reading = Reading(variant, today=TODAY)
    board = load_storyboard(film, load_catalog_beside(film), reading=reading)
    return [problem for problem in board.problems if problem.code == "retiring-model"]


def test_a_model_that_retires_soon_is_warned_of_where_it_is_named(tmp_path: Path) -> None:
    film = make_film(tmp_path, "kling/v9", retires="2026-12-20")
    write_card(tmp_path / "models", "kling/v10", card_document("kling/v10"))
    write_card(tmp_path / "models", "kling/v8", card_document("kling/v8", retires="2026-01-01"))
    [warning] = warnings(film)
    assert (warning.position.line, warning.position.column) == (2, 8)
    assert warning.is_warning
    assert warning.message == "kling/v9 retires on 2026-12-20, in 24 days"
    assert warning.hint == "kling/v10 makes videos of the same kind"


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2027-01-26", None),
        ("2027-01-25", "x/y retires on 2027-01-25, in 60 days"),
        ("2026-11-27", "x/y retires on 2026-11-27, tomorrow"),
        ("2026-11-26", "x/y has been retired since 2026-11-26"),
        ("2026-02-30", None),
    ],
)
def test_the_words_for_a_day(tmp_path: Path, day: str, words: str | None) -> None:
    card = load_catalog_beside(make_film(tmp_path, "x/y", retires=day)).get("x/y")
    assert card is not None
    assert retirement_words(card, TODAY) == words
    assert (card.name in gone_models([card], TODAY)) == ("since" in (words or ""))


def test_a_model_that_stays_or_is_not_used_is_not_warned_of(tmp_path: Path) -> None:
    film = make_film(tmp_path, "kling/v9")
    write_card(tmp_path / "models", "kling/v8", card_document("kling/v8", retires="2026-01-01"))
    assert warnings(film) == []


def test_a_model_of_a_variant_is_warned_of_when_that_variant_is_read(tmp_path: Path) -> None:
    film = make_film(tmp_path, "kling/v9")
    write_card(tmp_path / "models", "kling/v8", card_document("kling/v8", retires="2026-12-20"))
    with film.open("a", encoding="utf-8") as file:
        file.write("variants: {draft: {model: kling/v8}, final: {seed: 1}}\n")
    [warning] = warnings(film, "draft")
    assert (warning.position.line, warning.position.column) == (4, 27)
    assert warnings(film, "final") == []


def test_a_warning_can_be_silenced_on_its_line(tmp_path: Path) -> None:
    film = make_film(tmp_path, "kling/v9", retires="2026-12-20")
    text = film.read_text("utf-8").replace("v9\n", "v9  # storyboard: ignore[SB218]\n")
    film.write_text(text, "utf-8")
    assert warnings(film) == []


def test_a_service_is_known_by_the_path_of_a_submission() -> None:
    catalog = load_catalog()
    service = catalog.service_at("/api/v1/gone/model/async")
    assert service is not None
    assert service.name == "modellix"
    assert catalog.service_at("/elsewhere/gone/model") is None
