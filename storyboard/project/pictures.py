"""What the engine asks about pictures: files beside a storyboard, and what models take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from storyboard.language.pictures.limits import check_picture
from storyboard.language.read_scope import ReadScope
from storyboard.language.text_files import read_bytes
from storyboard.media import At
from storyboard.models.card import ModelCard
from storyboard.models.schema.card_check import request_check
from storyboard.models.schema.errors import find_errors
from storyboard.names import to_file_name
from storyboard.records import Payload, Problem
from storyboard.reporting.value_paths import format_path

CardOf = Callable[[str], ModelCard]
"""The card of a model. Raises UsageError if it is gone."""


class PictureRules:
    """What the fields of models take, by their cards."""

    def __init__(self, card_of: CardOf) -> None:
        self._card_of = card_of

    def takes_data(self, model: str, at: At) -> bool:
        """Whether a field takes a picture within the request."""
        return self._card_of(model).takes_data(at)

    def check_picture(self, model: str, at: At, content: bytes) -> str | None:
        """Why a field does not take a picture, as a clause; None if it does."""
        card = self._card_of(model)
        return check_picture(content, card.media_limits(at), card.name)

    def check_body(self, model: str, body: Payload) -> str | None:
        """Why a model does not take a request, as a clause that shows no address."""
        card = self._card_of(model)
        if request_check(card)(body):
            return None
        error = next(find_errors(body, card.request_schema), None)
        if error is None:
            return None
        field = format_path(error.path) if error.path else "it"
        return f"{field} is not what {model} takes: {error.rule or error.keyword}"


def file_reader(folder: Path, scope: ReadScope) -> Callable[[str], bytes]:
    """Reads the files of a storyboard in `folder` that are in `scope`; raises OSError.

    The caller compares the content with what was planned.
    """

    def read(name: str) -> bytes:
        path = folder / to_file_name(name)
        if refusal := scope.refusal(path):
            raise OSError(refusal[0])
        content = read_bytes(path, name)
        if isinstance(content, Problem):
            raise OSError(content.message)
        return content

    return read
