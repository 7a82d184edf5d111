"""The key is kept out of texts, however they spell it."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.api.redaction import Redaction

KEYS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=60)
KEY = 'mdlx/marked+key="&<0123\\456789%'


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        quote(KEY),
        quote(KEY, safe=""),
        quote(KEY, safe="").lower(),
        json.dumps(KEY)[1:-1],
        json.dumps(KEY)[1:-1].replace("/", "\\/"),
        html.escape(KEY),
        "".join(f"\\u{ord(char):04X}" for char in KEY),
        "".join(f"&#{ord(char)};" for char in KEY),
        "".join(f"&#x{ord(char):x};" for char in KEY),
    ],
)
def test_the_key_is_hidden_in_each_of_its_spellings(text: str) -> None:
    redaction = Redaction(KEY)
    assert redaction.hide(f"before {text} after") == "before *** after"
    assert not redaction.is_clean(f"https://host/?token={text}")


@given(KEYS, st.text(), st.text())
def test_any_key_is_hidden_and_what_stands_around_it_stays(
    key: str, before: str, after: str
) -> None:
    redaction = Redaction(key)
    hidden = redaction.hide(f"{before}\n{key}\n{after}")
    assert f"\n{key}\n" not in hidden
    if redaction.is_clean(before) and redaction.is_clean(after):
        assert hidden == f"{before}\n***\n{after}"


def test_other_text_is_left_as_it_is() -> None:
    text = base64.b64encode(b"another value altogether").decode()
    assert Redaction(KEY).hide(text) == text


def test_a_reply_that_is_cut_off_keeps_no_escaped_key() -> None:
    raw = f'{{"message": {json.dumps(KEY)}, "co'.encode()
    assert Redaction(KEY).keep(raw) == '{"message": "***", "co'


def test_a_stand_in_of_a_few_letters_is_not_hidden() -> None:
    assert Redaction("sandbox").hide("task sandbox-1") == "task sandbox-1"
