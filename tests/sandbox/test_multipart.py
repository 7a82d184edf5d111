"""Forms as clients send them, and as nobody should."""

from __future__ import annotations

import time

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests import Request

from storyboard.sandbox.multipart import FormFile, read_form_file

TYPE = "multipart/form-data; boundary=xx"
CONTENT = b"\x89PNG\r\n\x1a\n--xx\r\n\r\n" + bytes(range(256))


def form(*parts: bytes, end: bytes = b"--\r\n") -> bytes:
    return b"".join(b"--xx\r\n" + part + b"\r\n" for part in parts) + b"--xx" + end


def part(disposition: str, content: bytes = b"content") -> bytes:
    return f"Content-Disposition: form-data; {disposition}\r\n\r\n".encode() + content


@given(st.binary(max_size=200))
def test_a_form_of_a_usual_client_is_read(content: bytes) -> None:
    files = {"other": ("o.txt", b"other"), "file": ("harbor at night.png", content, "image/png")}
    request = Request("POST", "http://127.0.0.1/", files=files).prepare()
    assert isinstance(request.body, bytes)
    found = read_form_file(request.headers["Content-Type"], request.body, field="file")
    assert found == FormFile("harbor at night.png", content)


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data; boundary=xx",
        'Multipart/Form-Data;Boundary="xx"',
        "multipart/form-data; charset=utf-8; boundary=xx; a=b",
    ],
)
def test_the_boundary_may_be_written_in_several_ways(content_type: str) -> None:
    body = b"preamble\r\n" + form(part('name="file"; filename="a.png"')) + b"epilogue"
    assert read_form_file(content_type, body, field="file") == FormFile("a.png", b"content")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ('name="file"; filename="../../etc/passwd"', "passwd"),
        ('filename="C:\\\\fox.png"; name="file"', "fox.png"),
        ('name="file"; filename="a\x1b]0;t\x07\u202eb.png"', "a]0;tb.png"),
        ("name=file; filename=fox.png", "fox.png"),
        ('name="file"', ""),
        (f'name="file"; filename="{"x" * 500}"', "x" * 180),
    ],
)
def test_a_file_name_loses_its_folders_and_what_does_not_print(given: str, name: str) -> None:
    assert read_form_file(TYPE, form(part(given)), field="file").name == name


@pytest.mark.parametrize(
    ("content_type", "body", "message"),
    [
        ("", b"", "must be multipart/form-data"),
        ("application/json", b"{}", "must be multipart/form-data"),
        ("multipart/form-data", form(), "must be multipart/form-data"),
        (f"multipart/form-data; boundary={'x' * 71}", b"", "must be multipart/form-data"),
        ("multipart/form-data; boundary=\udcff", b"", "must be multipart/form-data"),
        (TYPE, b"", "is cut off"),
        (TYPE, form(part('name="file"'), end=b""), "is cut off"),
        (TYPE, form(*[part('name="file"')] * 11), "more than 10 parts"),
        (TYPE, form(), "'file' is required"),
        (TYPE, form(part('name="other"')), "'file' is required"),
        (TYPE, form(b"no blank line"), "'file' is required"),
        (TYPE, form(part('name="file"; x="' + "y" * 5000 + '"')), "'file' is required"),
    ],
)
def test_what_is_no_form_with_a_file_is_refused(
    content_type: str, body: bytes, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        read_form_file(content_type, body, field="file")


@pytest.mark.parametrize("unit", [b"\r\n", b"--xx\r\n", b"\r\n--x", b"--xx--", b"\x00"])
def test_a_form_made_to_take_long_does_not(unit: bytes) -> None:
    body = unit * ((16 << 20) // len(unit))
    started_s = time.process_time()
    with pytest.raises(ValueError, match="Invalid"):
        read_form_file(TYPE, body, field="file")
    assert time.process_time() - started_s < 1.0


PIECES = [
    *(b"--xx", b"--", b"\r\n", b"\r\n\r\n", b"Content-Disposition: form-data; ", b'name="file"'),
    *(b"; ", b"filename=", b'"', b"\\", b"\xff"),
]


@hypothesis.settings(max_examples=50)
@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_any_form_is_read_or_refused(pieces: list[bytes]) -> None:
    body = b"".join(pieces)
    for content_type in (TYPE, TYPE + body.decode("latin-1")):
        try:
            read_form_file(content_type, body, field="file")
        except ValueError as error:
            assert str(error).startswith("Invalid ")
