"""Links as an API gives them, and as a browser would ask for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.links import LINK, MAX_ADDRESS, MAX_LINK, clean_link, is_address, is_link

BASE = "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    ("given_link", "asked"),
    [
        ("https://h.example/a.mp4?sign=a%2Fb&x=1", "https://h.example/a.mp4?sign=a%2Fb&x=1"),
        ("\x00 https://h.example/a.mp4\r\n", "https://h.example/a.mp4"),
        ("https://h.exa\nmple/a\t.mp4", "https://h.example/a.mp4"),
        (
            "https://h.example/my clip.mp4?name=my clip",
            "https://h.example/my%20clip.mp4?name=my%20clip",
        ),
        ('https://h.example/"a".mp4?x="q"', "https://h.example/%22a%22.mp4?x=%22q%22"),
        ("https://h.example/<a>`{b}^|.mp4", "https://h.example/%3Ca%3E%60%7Bb%7D%5E|.mp4"),
        (
            "https://h.example/é\u00a0ü.mp4?ключ=1",
            "https://h.example/%C3%A9%C2%A0%C3%BC.mp4?%D0%BA%D0%BB%D1%8E%D1%87=1",
        ),
        ("https://h.example/a\\b.mp4?a\\b", "https://h.example/a/b.mp4?a%5Cb"),
        ("https://h.example/a.mp4#t=1", "https://h.example/a.mp4"),
        ("https://h.example/100%.mp4", "https://h.example/100%.mp4"),
        ("HTTPS://H.example/A.mp4", "https://H.example/A.mp4"),
        ("Http://h.example?a=b", "http://h.example?a=b"),
        ("https:/h.example/a", "https://h.example/a"),
        ("https:\\\\h.example/a", "https://h.example/a"),
        ("https://h.example\\v\\a", "https://h.example/v/a"),
        ('"https://h.example/a"', "https://h.example/a"),
        ("<https://h.example/a>", "https://h.example/a"),
        ("\ufeffhttps://h.example/a\u200b\xa0", "https://h.example/a"),
        ("//h.example/a", "http://h.example/a"),
        ("h.example/a", "http://h.example/a"),
        ("h.example:8443/a", "http://h.example:8443/a"),
        ("localhost:8080/a", "http://localhost:8080/a"),
        ("/a.mp4", "http://127.0.0.1:8080/a.mp4"),
        ("https://видео.example:444/a", "https://xn--b1aedk6a.example:444/a"),
    ],
)
def test_a_link_is_cleaned_as_browsers_do(given_link: str, asked: str) -> None:
    assert clean_link(given_link, base=BASE) == asked
    assert is_link(given_link) or is_link(clean_link(given_link))


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "pending", "null", "clip.mp4", "videos/clip.mp4", "../clip.mp4", "?a=b", "#a"),
        *(
            "javascript:alert(1)",
            "data:video/mp4;base64,AAAA",
            "file:///etc/passwd",
            "C:\\clip.mp4",
        ),
        *("https://", "https:///h/a", "///h/a", "https://a b/", "https://[::1", "http://["),
        *("https://h\\@evil/", "https://\ud800.example/", "https://»/a"),
        *("https://h/\x1b]0;x", "https://h/\u2028", "https://h/\u202e4pm", "https://h/\ud800"),
        "https://h/" + "x" * MAX_LINK,
    ],
)
def test_what_is_no_link_or_cannot_be_stored_as_it_is(text: str) -> None:
    assert not is_link(text)


@given(st.text(max_size=40).map("https://h.example/".__add__) | st.text(max_size=60))
def test_cleaning_a_link_ends_in_ascii_and_changes_nothing_twice(text: str) -> None:
    cleaned = clean_link(text)
    if is_link(text):
        assert cleaned.isascii()
        assert is_link(cleaned)
        assert clean_link(cleaned) == cleaned


def test_the_schema_of_the_manifest_has_the_same_rule() -> None:
    schema = json.loads(Path("schemas/manifest.schema.json").read_text("utf-8"))
    found = schema["properties"]["takes"]["items"]["properties"]["video_url"]
    assert (found["pattern"], found["maxLength"]) == (rf"^{LINK}$(?!\n)", MAX_LINK)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://files.example/a.png?X-Signature=a%2Fb&x=1", True),
        ("http://127.0.0.1:8765/uploads/file-1.png", True),
        ("https://[2001:db8::1]/a.png", True),
        ("https://files.example/" + "a" * (MAX_ADDRESS - 22), True),
        ("https://files.example/" + "a" * (MAX_ADDRESS - 21), False),
        ("HTTPS://files.example/a.png", False),
        ("//files.example/a.png", False),
        ("files.example/a.png", False),
        (" https://files.example/a.png", False),
        ("https://files.example/a b.png", False),
        ("https://files.example/a.png#part", False),
        ("https://files.example/\u00e9.png", False),
        ("https://files.example/a\n.png", False),
        ("https://[::1", False),
        ("ftp://files.example/a.png", False),
        ("", False),
    ],
)
def test_an_address_in_a_request_is_one_that_needs_no_cleaning(text: str, expected: bool) -> None:
    assert is_address(text) is expected
