from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from storyboard.outputs.gallery.page import gallery_html
from storyboard.records import TakeStatus
from tests.outputs.states import make_page, make_state, make_take, make_video

ATTRIBUTES = {
    *("charset", "class", "content", "dir", "hidden", "href", "http-equiv", "id", "lang", "name"),
    *("aria-hidden", "aria-keyshortcuts", "aria-label", "aria-pressed", "autocomplete"),
    *("data-show", "data-status"),
    *("height", "placeholder", "rel", "role", "spellcheck", "tabindex", "target", "title", "type"),
    *("preserveaspectratio", "viewbox", "width", "x"),
}
ELEMENTS = {
    *("html", "head", "meta", "title", "link", "style", "script", "body", "header", "main", "nav"),
    *("section", "article", "details", "summary", "div", "span", "p", "h1", "h2", "h3", "small"),
    *("a", "b", "i", "button", "input", "dl", "dt", "dd", "pre", "svg", "rect"),
}


class Page(HTMLParser):
    """The page as a browser takes it apart."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str, name: str) -> list[str]:
        """What the elements of a kind have for an attribute."""
        return [attrs[name] for element, attrs in self.elements if element == tag and name in attrs]

    def of_class(self, name: str) -> list[dict[str, str]]:
        """The elements of a class."""
        return [attrs for _, attrs in self.elements if name in attrs.get("class", "").split()]

    @property
    def text(self) -> str:
        """All text, styles and script included."""
        return "\n".join(self.texts)


HOSTILE = [
    "</script><img onerror=alert(1) src=x>",
    "</title></style><script>alert(1)</script>",
    '" onmouseover="alert(1)" x=\'',
    "' autofocus onfocus=alert(1) '",
    "<!-- <svg/onload=alert(1)> --!>",
    "{{ 7 * 7 }}{% for x in y %}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "javascript:alert(1)",
    "\u202etext turned around\x00\x1b[31m",
    "]]><![CDATA[",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    take = make_take("hero", prompt=text, negative_prompt=text, **{text: text})
    manifest = make_page(
        make_state(take, TakeStatus.FAILED, reason=text, task_id=text, commit=text), title=text
    )
    manifest = replace(manifest, storyboard=text, scene_titles={"pier": text})
    page = Page(gallery_html(manifest))
    assert {tag for tag, _ in page.elements} <= ELEMENTS
    assert {name for _, attrs in page.elements for name in attrs} <= ATTRIBUTES
    assert [tag for tag, _ in page.elements].count("script") == 1
    assert [tag for tag, _ in page.elements].count("style") == 1
    shown = text.replace("\x00", "\ufffd")
    assert page.text.replace("\x00", "\ufffd").count(shown) >= 8


def test_the_policy_allows_the_one_script_and_the_one_style() -> None:
    html = gallery_html(make_page())
    policy = Page(html).all("meta", "content")[0]
    for tag, kind in (("script", "script-src"), ("style", "style-src")):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.S)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_the_page_asks_for_nothing_from_elsewhere() -> None:
    html = gallery_html(make_page())
    page = Page(html)
    assert page.all("link", "href") == ["data:,"]
    assert not re.search(r"url\(|@import|\bfetch\(|XMLHttpRequest", html)
    outside = [href for href in page.all("a", "href") if ":" in href]
    assert set(outside) == {"https://file.modellix.ai/v/1.mp4?sign=a%2Fb"}


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "ftp://example.com/v.mp4", "data:text/html,x", "https://a@b/"]
)
def test_a_link_that_is_neither_https_nor_loopback_is_not_shown(link: str) -> None:
    manifest = make_page(make_state(make_take(), TakeStatus.RENDERED))
    forged = replace(manifest, takes=(replace(manifest.takes[0], video_url=link),))
    assert link not in gallery_html(forged)


@pytest.mark.parametrize(
    ("link", "href"),
    [
        ("http://example.com/v.mp4", "https://example.com/v.mp4"),
        ("//x.example/my clip.mp4\n", "https://x.example/my%20clip.mp4"),
        ("http://127.0.0.1:8080/v.mp4", "http://127.0.0.1:8080/v.mp4"),
    ],
)
def test_a_link_that_looks_odd_is_shown_as_a_browser_asks_for_it(link: str, href: str) -> None:
    manifest = make_page(make_state(make_take(), TakeStatus.RENDERED))
    odd = replace(manifest, takes=(replace(manifest.takes[0], video_url=link),))
    assert href in Page(gallery_html(odd)).all("a", "href")


def test_the_providers_copy_is_linked_without_a_referrer() -> None:
    html = gallery_html(make_page(make_state(make_take(), TakeStatus.DONE)))
    page = Page(html)
    (rel,) = page.all("a", "rel")
    assert rel == "noreferrer noopener"
    assert "until 2026-11-29 14:05 UTC" in page.text


def test_a_file_name_with_special_characters_is_encoded_in_its_link() -> None:
    video = make_video("hero", path="videos/Café #1 100%?.mp4".replace("?", ""))
    html = gallery_html(make_page(make_state(make_take(), TakeStatus.DONE, video=video)))
    (play,) = Page(html).of_class("play")
    assert play["href"] == "videos/Caf%C3%A9%20%231%20100%25.mp4"


@pytest.mark.parametrize("path", ["../x.mp4", "javascript:alert(1)", "//x.example/v.mp4", "/x"])
def test_a_path_out_of_the_folder_is_not_linked(path: str) -> None:
    video = make_video("hero", path=path)
    html = gallery_html(make_page(make_state(make_take(), TakeStatus.DONE, video=video)))
    assert Page(html).of_class("play") == []


def test_only_takes_whose_file_is_in_place_play() -> None:
    page = Page(gallery_html(make_page()))
    assert [play["aria-label"] for play in page.of_class("play")] == ["Play done"]


def test_takes_stand_in_the_order_of_the_storyboard_under_their_scenes() -> None:
    takes = [replace(make_take(f"shot-{n}"), scene=scene) for n, scene in enumerate("abba")]
    page = Page(gallery_html(make_page(*(make_state(t, TakeStatus.DONE) for t in takes))))
    assert [card["id"] for card in page.of_class("card")] == [f"take-shot-{n}" for n in range(4)]
    assert len(page.of_class("scene")) == 3


def test_a_scene_goes_by_its_title_and_without_one_by_its_id() -> None:
    takes = [replace(make_take(f"shot-{n}"), scene=scene) for n, scene in enumerate("ab")]
    states = [make_state(take, TakeStatus.PENDING) for take in takes]
    manifest = replace(make_page(*states), scene_titles={"a": "By the sea"})
    html = gallery_html(manifest)
    assert re.findall(r'<h2><span dir="auto">(.*?)</span>', html) == ["By the sea", "b"]


def test_a_take_without_a_video_says_why_as_the_terminal_does() -> None:
    takes = make_page(
        make_state(make_take("away"), TakeStatus.RENDERED),
        make_state(make_take("lost"), TakeStatus.RENDERED, video_url=None),
        make_state(make_take("new"), TakeStatus.PENDING),
    )
    empty = re.findall(r'<p class="empty" aria-hidden="true">(.*?)</p>', gallery_html(takes))
    assert empty == ["Not downloaded", "Not downloaded: its link never came", "Not sent yet"]


def test_the_head_counts_takes_and_seconds_and_each_file_once() -> None:
    video = make_video("one", duration_s=75.0)
    states = [make_state(make_take(f"shot-{n}"), TakeStatus.DONE, video=video) for n in (1, 2)]
    html = gallery_html(make_page(*states, make_state(make_take("late"), TakeStatus.PENDING)))
    assert "<b>2</b> of 3 takes rendered" in html
    assert "<b>1 min 15 s</b> of video" in html


def test_a_card_says_what_was_asked_for() -> None:
    take = make_take("hero", prompt="A pier", resolution="720P", seed=42, prompt_extend=False)
    text = Page(gallery_html(make_page(make_state(take, TakeStatus.RENDERING)))).text
    for shown in ("A pier", "720P", "16:9", "5 s", "seed 42", "prompt_extend", "false"):
        assert shown in text


def test_a_card_gives_the_reason_of_a_failure() -> None:
    take = make_state(make_take(), TakeStatus.FAILED, reason="The prompt was flagged")
    page = Page(gallery_html(make_page(take)))
    assert len(page.of_class("error")) == 1
    assert "The prompt was flagged" in page.text


@pytest.mark.parametrize(
    ("ratio", "size", "frame"),
    [
        ("9:16", None, "0 0 9 16"),
        ("16:9", (720, 1280), "0 0 720 1280"),
        ("adaptive", None, "0 0 16 9"),
        ("1:99999", None, "0 0 16 9"),
        ("0:0", None, "0 0 16 9"),
        (None, None, "0 0 16 9"),
    ],
)
def test_the_place_of_a_video_has_its_shape(
    ratio: str | None, size: tuple[int, int] | None, frame: str
) -> None:
    take = make_take(ratio=ratio)
    video = make_video("x", width=size[0], height=size[1]) if size else None
    state = make_state(take, TakeStatus.RENDERED, video=video)
    (position,) = Page(gallery_html(make_page(state))).of_class("frame")
    assert position["viewbox"] == frame


def test_a_manifest_without_takes_has_a_page_too() -> None:
    html = gallery_html(replace(make_page(), takes=()))
    assert "No takes yet." in html


def test_a_storyboard_without_a_title_goes_by_its_name() -> None:
    assert "<title>harbor</title>" in gallery_html(make_page(title=None))
