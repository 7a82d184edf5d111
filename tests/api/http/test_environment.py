"""Settings of the environment that cannot work, found by their names before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.api.http.environment import (
    ca_bundle,
    check_environment,
    proxy_address,
    proxy_setting,
)
from storyboard.errors import AccountError, ExitCode

ORIGIN = "https://api.example"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)


def error(origin: str = ORIGIN) -> AccountError:
    with pytest.raises(AccountError) as caught:
        check_environment(origin)
    assert caught.value.exit_code is ExitCode.ACCOUNT
    return caught.value


def test_an_environment_that_sets_nothing_is_fine() -> None:
    check_environment(ORIGIN)
    assert proxy_setting(ORIGIN) is None


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("proxy", ["http://proxy:99999", "http://proxy:http", "http://", "//:1"])
def test_an_impossible_proxy_is_named_by_its_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, proxy: str
) -> None:
    monkeypatch.setenv(name, proxy)
    assert str(error()) == (
        f"{name} is not the address of a proxy: it has no host, or an invalid port"
    )


def test_the_password_of_a_proxy_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@proxy:99999")
    refusal = error()
    assert "secret" not in f"{refusal} {refusal.next_step}"


@pytest.mark.parametrize("kind", ["socks5", "socks5h", "socks4", "ftp"])
def test_another_kind_of_proxy_is_named_by_its_setting(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", f"{kind}://127.0.0.1:1080")
    assert str(error()) == (
        f"ALL_PROXY names a proxy of kind {kind}; only HTTP proxies can be used"
    )


@pytest.mark.parametrize("proxy", ["http://proxy:8080", "proxy:8080", "https://u:p@proxy"])
def test_a_proxy_that_may_work_is_left_to_be_tried(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    check_environment(ORIGIN)
    assert proxy_setting(ORIGIN) == "HTTPS_PROXY"


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        ("http://user:word@proxy.example:8080/path?word", "http://proxy.example:8080"),
        ("user:word@proxy.example", "http://proxy.example"),
        ("http://[::1]:3128", "http://[::1]:3128"),
        ("http://me:word@pro\x1bxy:1", "http://pro\\x1bxy:1"),
        ("http://user:word@proxy:word", "set in the environment"),
    ],
)
def test_a_proxy_is_shown_without_its_user_and_password(setting: str, shown: str) -> None:
    assert proxy_address(ORIGIN, {"https": setting}) == shown


def test_a_proxy_is_none_of_this_machine_s_business(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    check_environment("http://127.0.0.1:8080")


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_certificates_that_are_not_there_are_named_by_their_setting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "company.pem"
    monkeypatch.setenv(name, str(path))
    assert str(error()) == f"the file of certificates {path}, named by {name}, is not there"

    path.write_text("no certificate")
    assert (
        str(error()) == f"the file of certificates {path}, named by {name}, holds no certificates"
    )
    assert ca_bundle() == (name, str(path))
