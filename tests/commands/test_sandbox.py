"""`storyboard sandbox` as a process: what it prints, what it serves, how it ends."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from storyboard.cli import run
from storyboard.errors import ExitCode


@contextmanager
def serving(*options: str, api_key: str | None = None) -> Iterator[subprocess.Popen[str]]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MODELLIX")}
    environment |= {"MODELLIX_API_KEY": api_key} if api_key else {}
    process = subprocess.Popen(
        [sys.executable, "-c", "from storyboard.cli import main; main()", "sandbox", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_where_it_is_serves_logs_and_ends_in_peace(number: signal.Signals) -> None:
    with serving("--render-time", "0", "--fault", "error_500=@1") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().rstrip() for _ in range(3)]
        url = lines[0].removeprefix("The sandbox listens at ")
        assert lines[1:] == [f"export MODELLIX_BASE_URL={url}", "export MODELLIX_API_KEY=sandbox"]
        path = "/api/v1/alibaba/wan2.7-t2v/async"
        replies = [
            requests.post(
                url + path,
                json={"prompt": "a fox"},
                headers={"Authorization": "Bearer sandbox"},
                timeout=10,
            )
            for _ in range(2)
        ]
        assert [reply.status_code for reply in replies] == [500, 200]
        process.send_signal(number)
        out, log = process.communicate(timeout=20)
    assert process.returncode == ExitCode.OK
    assert out == ""
    assert f"500  POST {path}  Internal error: the sandbox was told to fail" in log
    assert f"200  POST {path}\n" in log
    assert log.endswith("sandbox stopped\n")
    assert "Traceback" not in log


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
def test_a_kept_folder_survives_a_kill(tmp_path: Path) -> None:
    def start() -> Iterator[dict[str, str]]:
        with serving("--json", "--render-time", "0", "--folder", str(tmp_path)) as process:
            assert process.stdout is not None
            text = ""
            while not text.endswith("}\n") or text.count("{") != text.count("}"):
                text += process.stdout.readline()
            yield json.loads(text)
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=10)

    ids = []
    for document in start():
        assert document["schema_version"] == 1
        assert document["environment"] == {
            "MODELLIX_BASE_URL": document["base_url"],
            "MODELLIX_API_KEY": "sandbox",
        }
        reply = requests.post(
            f"{document['base_url']}/api/v1/alibaba/wan2.7-t2v",
            json={"prompt": "a fox"},
            headers={"Authorization": "Bearer sandbox"},
            timeout=10,
        )
        ids.append(reply.json()["data"]["task_id"])
    for document in start():
        reply = requests.get(
            f"{document['base_url']}/api/v1/tasks/{ids[0]}",
            headers={"Authorization": "Bearer sandbox"},
            timeout=10,
        )
        assert reply.json()["data"]["status"] == "success"


def test_a_wrong_key_can_be_rehearsed() -> None:
    with serving("--key", "it's-mine") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().rstrip() for _ in range(3)]
        assert shlex.split(lines[2]) == ["export", "MODELLIX_API_KEY=it's-mine"]
        url = lines[0].removeprefix("The sandbox listens at ") + "/api/v1/team/balance"
        for key, status in (("it's-mine", 200), ("sandbox", 401)):
            reply = requests.get(url, headers={"Authorization": f"Bearer {key}"}, timeout=10)
            assert reply.status_code == status


@pytest.mark.parametrize("style", ["text", "json"])
def test_the_key_of_the_environment_is_let_in_and_not_printed(style: str) -> None:
    key = "mdlx-marked-key-0123456789"
    options = ["--json"] if style == "json" else []
    with serving("--key", key, *options, api_key=key) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        note = process.stderr.readline()
        assert note == "MODELLIX_API_KEY is already the key of the sandbox, so it is not printed\n"
        out = "".join(process.stdout.readline() for _ in range(7 if style == "json" else 2))
        assert "MODELLIX_API_KEY" not in out
        assert "***" not in out
        [url] = set(re.findall(r"http://[0-9.:]+", out))
        reply = requests.get(
            f"{url}/api/v1/team/balance", headers={"Authorization": f"Bearer {key}"}, timeout=10
        )
        assert reply.status_code == 200


def test_a_key_that_holds_the_one_of_the_environment_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MODELLIX_API_KEY", "mdlx-marked-key")
    assert run(["sandbox", "--key", "mdlx-marked-key-2"]) == ExitCode.USAGE
    assert "it contains the key in MODELLIX_API_KEY" in capsys.readouterr().err


@pytest.mark.parametrize("key", ["", "two words", "schl\u00fcssel", "x\n"])
def test_a_key_that_no_header_can_carry_is_refused(
    key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["sandbox", "--key", key]) == ExitCode.USAGE
    assert "--key: a key is printable ASCII" in capsys.readouterr().err


def test_a_fault_that_does_not_exist_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sandbox", "--fault", "lost=0.1"]) == ExitCode.USAGE
    told = capsys.readouterr().err
    assert told.startswith(
        "error: --fault: there is no fault 'lost'; the faults are upload_error, "
    )
    assert told.endswith("    next: storyboard sandbox --fault list\n")


def test_faults_are_listed_with_what_they_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sandbox", "--fault", "list"]) == ExitCode.OK
    assert (
        "lost_reply           submit    the task is accepted, but the connection is cut before the "
        "reply\n" in capsys.readouterr().out
    )


def test_faults_are_listed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sandbox", "--fault", "list", "--json"]) == ExitCode.OK
    document = json.loads(capsys.readouterr().out)
    assert document["schema_version"] == 1
    assert document["faults"][0] == {
        "name": "upload_error",
        "at": "upload",
        "does": "answers 503; no file is kept",
    }


def test_a_missing_package_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "storyboard.sandbox.find_spec", lambda name: None if name == "av" else find(name)
    )
    assert run(["sandbox"]) == ExitCode.USAGE
    assert capsys.readouterr().err == (
        "error: the sandbox needs PyAV, not installed here.\n"
        "    next: pip install 'storyboard-render[sandbox]'\n"
    )


def test_the_package_can_be_imported_without_its_extra() -> None:
    code = (
        "import sys\n"
        "for name in ('aiohttp', 'av', 'PIL'): sys.modules[name] = None\n"
        "import storyboard.sandbox, storyboard.commands.sandbox, storyboard.sandbox.faults\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
