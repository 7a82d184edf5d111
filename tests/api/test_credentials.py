"""Where the key and the address come from, and what they may look like."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from storyboard.api.credentials import Credentials, find_base_url, find_key
from storyboard.errors import AccountError, ExitCode, UsageError

SECRET = "sk-0123456789abcdef"
ORIGIN = "https://api.modellix.ai"


def write_config(home: Path, document: Any) -> Path:
    path = home / ".config" / "modellix" / "config.json"
    path.parent.mkdir(parents=True)
    text = document if isinstance(document, str) else json.dumps(document)
    path.write_text(text, encoding="utf-8")
    return path


def find(home: Path, **environ: str) -> Credentials:
    return find_key(ORIGIN, environ=environ, home=home)


def failure(home: Path, **environ: str) -> AccountError:
    with pytest.raises(AccountError) as caught:
        find(home, **environ)
    assert caught.value.exit_code is ExitCode.ACCOUNT
    assert SECRET not in f"{caught.value} {caught.value.next_step}"
    return caught.value


def profiles(**keys: str) -> dict[str, Any]:
    return {"profiles": {name: {"apiKey": key} for name, key in keys.items()}}


def test_the_environment_comes_first_and_a_broken_file_does_not_matter_then(tmp_path: Path) -> None:
    write_config(tmp_path, "{broken")

    found = find(tmp_path, MODELLIX_API_KEY=f" {SECRET}\n", MODELLIX_PROFILE="none such")

    assert found.key.reveal() == SECRET
    assert (found.source, found.profile) == ("MODELLIX_API_KEY", "environment")


def test_a_blank_variable_counts_as_absent(tmp_path: Path) -> None:
    write_config(tmp_path, profiles(default=SECRET))

    found = find(tmp_path, MODELLIX_API_KEY="  ", MODELLIX_PROFILE=" ", XDG_CONFIG_HOME="")

    assert found.key.reveal() == SECRET
    assert found.source == "profile 'default' of ~/.config/modellix/config.json"
    assert found.profile == "default"


def test_the_profile_is_the_variables_else_the_current_else_default(tmp_path: Path) -> None:
    write_config(
        tmp_path, {"currentProfile": "work", **profiles(default="d", work="w", **{"a.b-c": "v"})}
    )

    assert find(tmp_path, MODELLIX_PROFILE="a.b-c").key.reveal() == "v"
    assert find(tmp_path).key.reveal() == "w"


def test_the_older_form_of_the_file_is_the_default_profile(tmp_path: Path) -> None:
    write_config(tmp_path, {"apiKey": SECRET})

    assert find(tmp_path).profile == "default"
    assert "has no profile 'work' (it has: default)" in str(
        failure(tmp_path, MODELLIX_PROFILE="work")
    )


def test_xdg_config_home_moves_the_file(tmp_path: Path) -> None:
    path = write_config(tmp_path, profiles(default=SECRET))
    elsewhere = tmp_path / "home"
    elsewhere.mkdir()

    found = find_key(ORIGIN, environ={"XDG_CONFIG_HOME": str(tmp_path / ".config")}, home=elsewhere)

    assert found.source == f"profile 'default' of {path}"


def test_a_relative_xdg_config_home_is_refused(tmp_path: Path) -> None:
    error = failure(tmp_path, XDG_CONFIG_HOME="config")

    assert str(error) == "no API key: XDG_CONFIG_HOME must be an absolute path."


def test_no_key_anywhere_says_what_to_do_and_mentions_the_keychain(tmp_path: Path) -> None:
    error = failure(tmp_path)

    assert str(error) == (
        "no API key: MODELLIX_API_KEY is not set and ~/.config/modellix/config.json does not exist."
    )
    assert error.next_step is not None
    assert error.next_step.startswith("set MODELLIX_API_KEY; create a key at https://www.modellix")
    assert "keychain" in error.next_step


@pytest.mark.parametrize("key", ["", "  "])
def test_a_profile_without_a_key_mentions_the_keychain(tmp_path: Path, key: str) -> None:
    write_config(tmp_path, profiles(default=key))
    error = failure(tmp_path)

    assert str(error) == (
        "no API key: profile 'default' of ~/.config/modellix/config.json has none."
    )
    assert "keychain" in (error.next_step or "")


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (f'{{"apiKey": "{SECRET}"', "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("\x00", "it is not JSON"),
        ([], "it is not a JSON object"),
        ({"profiles": []}, "its profiles are not an object of at most 100"),
        (
            profiles(**{f"p{number}": "k" for number in range(101)}),
            "its profiles are not an object of at most 100",
        ),
        (profiles(constructor="k"), "it has a profile with an invalid name"),
        (profiles(**{"a b": "k"}), "it has a profile with an invalid name"),
        (profiles(**{"x" * 65: "k"}), "it has a profile with an invalid name"),
        ({"profiles": {"default": SECRET}}, "profile 'default' is not an object with an apiKey"),
        ({"profiles": {"default": {"apiKey": 1}}}, "profile 'default' is not an object with"),
        (" " * (1024 * 1024 + 1), "it is larger than 1048576 bytes"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, document: Any, why: str) -> None:
    write_config(tmp_path, document)

    assert str(failure(tmp_path)).startswith(
        "no API key: MODELLIX_API_KEY is not set and ~/.config/modellix/config.json "
        f"cannot be used: {why}"
    )


@pytest.mark.parametrize("name", ["__proto__", "a b", "ä", "x" * 65])
def test_an_impossible_profile_name_is_refused(tmp_path: Path, name: str) -> None:
    write_config(tmp_path, profiles(default=SECRET))

    assert "MODELLIX_PROFILE is not the name of a profile" in str(
        failure(tmp_path, MODELLIX_PROFILE=name)
    )


def test_a_current_profile_that_is_not_text_is_refused(tmp_path: Path) -> None:
    write_config(tmp_path, {"currentProfile": 5, **profiles(default=SECRET)})

    assert "currentProfile of ~/.config" in str(failure(tmp_path))


@pytest.mark.parametrize("key", ["two words", "ключ", "x" * 16_385, "a\x7fb"])
def test_a_key_with_impossible_characters_is_refused_unseen(tmp_path: Path, key: str) -> None:
    error = failure(tmp_path, MODELLIX_API_KEY=key)

    assert str(error).startswith("the API key in MODELLIX_API_KEY cannot be one: ")
    assert key not in str(error)


@pytest.mark.parametrize("key", ['"a-key-of-a-test"', "'a-key-of-a-test'", '"a-key-of-a-test'])
def test_a_key_in_quotes_is_told_at_once(tmp_path: Path, key: str) -> None:
    error = failure(tmp_path, MODELLIX_API_KEY=key)
    assert "the API key in MODELLIX_API_KEY is in quotes" in str(error)
    assert "a-key-of-a-test" not in f"{error}{error.next_step}"


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    path = write_config(tmp_path, profiles(default=SECRET))
    target = path.rename(tmp_path / "elsewhere.json")
    path.symlink_to(target)

    assert "cannot be used: it is a symbolic link." in str(failure(tmp_path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = write_config(tmp_path, {})
    path.unlink()
    os.mkfifo(path)

    assert "cannot be used: it is not a regular file." in str(failure(tmp_path))


def test_a_directory_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".config" / "modellix" / "config.json").mkdir(parents=True)

    assert "cannot be used: " in str(failure(tmp_path))


# What newer clients save: a key for each origin, in a file beside it or in the keychain


def write_new_config(home: Path, origins: Any, credentials: Any = None) -> Path:
    path = write_config(
        home,
        {"schemaVersion": 2, "currentProfile": "work", "profiles": {"work": {"origins": origins}}},
    )
    if credentials is not None:
        text = credentials if isinstance(credentials, str) else json.dumps(credentials)
        path.with_name("credentials.json").write_text(text, encoding="utf-8")
    return path


IN_FILE = {"store": "file", "credentialRef": "v1-abc"}
FILED = {"schemaVersion": 1, "credentials": {"v1-abc": {"apiKey": SECRET}}}


def test_a_newer_client_s_key_is_found_in_the_file_beside(tmp_path: Path) -> None:
    write_new_config(tmp_path, {"https://API.modellix.ai/": IN_FILE}, FILED)
    found = find(tmp_path)

    assert found.key.reveal() == SECRET
    assert found.profile == "work"
    assert found.source == (
        "profile 'work' of ~/.config/modellix/config.json, by way of "
        "~/.config/modellix/credentials.json"
    )


def test_a_key_is_used_at_its_own_origin_alone(tmp_path: Path) -> None:
    write_new_config(tmp_path, {"https://api.staging.example": IN_FILE}, FILED)
    error = failure(tmp_path)

    assert str(error) == (
        "no API key: profile 'work' of ~/.config/modellix/config.json has none for "
        "https://api.modellix.ai (it has keys for: https://api.staging.example)."
    )
    found = find_key("https://api.staging.example", environ={}, home=tmp_path)
    assert found.key.reveal() == SECRET


def test_a_key_in_the_keychain_is_told_with_how_to_give_it(tmp_path: Path) -> None:
    keychain = {"store": "keychain", "credentialRef": "v1-abc"}
    write_new_config(tmp_path, {ORIGIN: keychain}, FILED)
    error = failure(tmp_path)

    assert str(error) == (
        "no API key: profile 'work' of ~/.config/modellix/config.json keeps its key in the "
        "system's keychain, which storyboard does not read."
    )
    assert error.next_step == (
        "set MODELLIX_API_KEY to that key, or save it in a file: "
        "modellix-cli auth login --store file"
    )


@pytest.mark.parametrize(
    ("origins", "credentials", "why"),
    [
        ([], FILED, "config.json cannot be used: the origins of a profile are not an object"),
        ({ORIGIN: 3}, FILED, "it does not say where the key of a profile is"),
        ({ORIGIN: {"store": "cloud", "credentialRef": "r"}}, FILED, "it does not say where"),
        ({ORIGIN: {"store": "file", "credentialRef": ["r"]}}, FILED, "it does not say where"),
        ({"nonsense": IN_FILE}, FILED, "(it has keys for: none)"),
        ({ORIGIN: IN_FILE}, None, "keeps its key in ~/.config/modellix/credentials.json, which"),
        ({ORIGIN: IN_FILE}, f"{{{SECRET}", "credentials.json cannot be used: it is not JSON"),
        ({ORIGIN: IN_FILE}, {"credentials": [SECRET]}, "it has no key for profile 'work'"),
        ({ORIGIN: IN_FILE}, {"credentials": {"v1-abc": SECRET}}, "it has no key for profile"),
        ({ORIGIN: IN_FILE}, " " * (2 * 1024 * 1024 + 1), "it is larger than 2097152 bytes"),
    ],
)
def test_a_newer_file_that_cannot_be_used_says_why(
    tmp_path: Path, origins: Any, credentials: Any, why: str
) -> None:
    write_new_config(tmp_path, origins, credentials)
    assert why in str(failure(tmp_path))


def test_the_file_of_keys_is_never_read_through_a_link(tmp_path: Path) -> None:
    path = write_new_config(tmp_path, {ORIGIN: IN_FILE}, FILED).with_name("credentials.json")
    path.symlink_to(path.rename(tmp_path / "elsewhere.json"))

    assert "credentials.json cannot be used: it is a symbolic link." in str(failure(tmp_path))


def test_the_key_shows_itself_nowhere(tmp_path: Path) -> None:
    found = find(tmp_path, MODELLIX_API_KEY=SECRET)

    assert SECRET not in f"{found} {found!r} {found.key} {found.key!r}"
    with pytest.raises(TypeError, match="is not written anywhere"):
        pickle.dumps(found.key)


@pytest.mark.parametrize(
    ("option", "variable", "origin"),
    [
        (None, None, "https://api.modellix.ai"),
        (None, " ", "https://api.modellix.ai"),
        (None, "https://API.Example:443/", "https://api.example"),
        ("https://one.example", "https://two.example", "https://one.example"),
        ("https://one.example:8443", None, "https://one.example:8443"),
        ("http://localhost:8080", None, "http://localhost:8080"),
        ("http://127.0.0.1:80", None, "http://127.0.0.1"),
        ("http://[::1]:9", None, "http://[::1]:9"),
    ],
)
def test_the_origin_is_the_options_else_the_variables_else_the_vendors(
    option: str | None, variable: str | None, origin: str
) -> None:
    environ = {} if variable is None else {"MODELLIX_BASE_URL": variable}

    assert find_base_url(option, environ=environ) == origin


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("api.modellix.ai", "'api.modellix.ai' is not an HTTP address."),
        ("ftp://host", "'ftp://host' is not an HTTP address."),
        ("https://", "'https://' is not an HTTP address."),
        ("https://host:0", "'https://host:0' is not an HTTP address."),
        ("https://host:99999", "'https://host:99999' is not an HTTP address."),
        ("https://[::1", "'https://[::1' is not an HTTP address."),
        ("https://good\\.evil", "is not an HTTP address."),
        ("https://hö.st", "is not an HTTP address."),
        (f"https://{'h' * 300}", "its host has 300 characters, more than 253."),
        ("https://host/api", "only scheme, host and port are allowed, not a path or query."),
        ("https://host?", "only scheme, host and port are allowed, not a path or query."),
        ("https://host#x", "only scheme, host and port are allowed, not a path or query."),
        ("https://user:pass@host", "the address cannot contain a user name."),
        ("http://host", "http://host would send the key unencrypted; plain HTTP works only for"),
        ("http://127.0.0.2", "http://127.0.0.2 would send the key unencrypted"),
        ("http://localhost.evil", "http://localhost.evil would send the key unencrypted"),
    ],
)
def test_anything_but_a_safe_origin_is_refused(value: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_base_url(None, environ={"MODELLIX_BASE_URL": value})

    assert str(caught.value).startswith("MODELLIX_BASE_URL: ")
    assert message in str(caught.value)
    assert "pass" not in str(caught.value)
