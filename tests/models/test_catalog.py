from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from storyboard.errors import BrokenCard
from storyboard.models import folder as folder_module
from storyboard.models.card_folders import Owner
from storyboard.models.catalog import load_catalog
from storyboard.models.folder import data_folder, schemas_folder
from tests.models.cards import card_document, write_card

REAL = "alibaba/wan2.7-t2v"
CARDS = sorted((Path(__file__).parents[2] / "schemas/models").glob("*/*.yaml"))


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_every_model_card_can_be_read_at_a_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 60


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_every_model_card_describes_each_parameter_with_an_example(path: Path) -> None:
    card = load_catalog().get(f"{path.parent.name}/{path.stem}")
    assert card is not None
    for parameter in card.parameters.values():
        assert parameter.limits.get("description"), parameter.name
        assert parameter.limits.get("examples"), parameter.name


def test_a_catalog_names_its_models_sorted(tmp_path: Path) -> None:
    for name in ("kling/v1", "alibaba/x"):
        write_card(tmp_path, name, card_document(name))
    assert load_catalog(tmp_path).names() == ("alibaba/x", "kling/v1")


def test_an_unknown_model_has_no_card(tmp_path: Path) -> None:
    assert load_catalog(tmp_path).get("kling/v1") is None
    assert load_catalog(tmp_path).cards() == ()


def test_a_broken_card_hinders_nobody_who_uses_another(tmp_path: Path) -> None:
    write_card(tmp_path, "kling/v1", "[")
    write_card(tmp_path, "alibaba/x", card_document("alibaba/x"))
    assert load_catalog(tmp_path).get("alibaba/x") is not None


def own_card(name: str, document: object) -> Path:
    """A card in the user's data folder."""
    return write_card(data_folder() / "models", name, document)


def test_the_users_own_card_comes_before_the_programs() -> None:
    own_card(REAL, card_document(REAL, title="Mine"))
    known = load_catalog()
    card = known.get(REAL)
    assert card is not None
    assert card.title == "Mine"
    assert (known.owner_of(REAL), known.replaces(REAL)) == (Owner.USER, Owner.PROGRAM)


def test_of_a_card_that_replaces_none_this_is_known() -> None:
    own_card("kling/v1", card_document("kling/v1"))
    known = load_catalog()
    assert (known.owner_of("kling/v1"), known.replaces("kling/v1")) == (Owner.USER, None)
    assert (known.owner_of(REAL), known.replaces(REAL)) == (Owner.PROGRAM, None)
    assert known.owner_of("kling/v2") is None


def test_a_broken_card_of_the_users_own_is_left_out_and_told() -> None:
    path = own_card(REAL, card_document(REAL, kind="film"))
    known = load_catalog()
    assert REAL not in [card.name for card in known.cards()]
    [broken] = known.broken()
    assert (broken.path, broken.line) == (str(path), 4)
    with pytest.raises(BrokenCard):
        known.get(REAL)


def test_a_service_of_the_users_own_can_be_named() -> None:
    services = data_folder() / "services"
    services.mkdir(parents=True)
    text = (schemas_folder() / "services/modellix.yaml").read_text("utf-8")
    (services / "mine.yaml").write_text(text, "utf-8")
    own_card("kling/v1", card_document("kling/v1", service="mine"))
    card = load_catalog().get("kling/v1")
    assert card is not None
    assert card.service.name == "mine"


@pytest.mark.parametrize(
    ("request_", "line", "words"),
    [
        ({"type": "object", "properties": {"a": {"type": "string", "pattern": "(?=a)"}}}, 13, "(?"),
        ({"type": "object", "properties": {"a": {"type": "date"}}}, 12, "'date'"),
        ({"type": "object", "properties": {"a": {"$ref": "x.yaml#/a"}}}, 8, "refers to"),
    ],
)
def test_a_mistake_in_a_card_is_told_with_its_line(
    request_: dict[str, object], line: int, words: str
) -> None:
    own_card("kling/v1", card_document("kling/v1", request=request_, words=None))
    with pytest.raises(BrokenCard, match=re.escape(words)) as caught:
        load_catalog().get("kling/v1")
    assert caught.value.line == line


def test_a_card_is_read_once(tmp_path: Path) -> None:
    path = write_card(tmp_path, "kling/v1", card_document("kling/v1"))
    known = load_catalog(tmp_path)
    first = known.get("kling/v1")
    path.unlink()
    assert known.get("kling/v1") is first


def test_in_a_checkout_the_schemas_stand_at_the_top(repo: Path) -> None:
    assert schemas_folder() == repo / "schemas"


def test_an_installed_package_uses_its_own_schemas_not_a_strangers_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site-packages/storyboard"
    for folder in (package / "schemas/models", tmp_path / "site-packages/schemas/models"):
        folder.mkdir(parents=True)
    monkeypatch.setattr(folder_module, "__file__", str(package / "models/folder.py"))
    assert schemas_folder() == (package / "schemas").resolve()


def test_a_wheel_holds_the_schemas_inside_the_package(repo: Path, tmp_path: Path) -> None:
    wheel = pytest.importorskip("hatchling.builders.wheel", reason="only packaging needs hatchling")
    built = next(iter(wheel.WheelBuilder(str(repo)).build(directory=str(tmp_path))))
    with zipfile.ZipFile(built) as archive:
        names = archive.namelist()
    for file in (repo / "schemas").rglob("*.*"):
        if file.is_file():
            assert f"storyboard/schemas/{file.relative_to(repo / 'schemas').as_posix()}" in names
