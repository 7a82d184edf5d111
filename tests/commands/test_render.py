"""`render` as a user calls it, over real HTTP."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from storyboard.sandbox.faults import Faults
from storyboard.sandbox.server import SandboxServer
from storyboard.state.lock import hold_lock
from tests.commands.films import AT_ONCE, BROKEN, FILM, QUICK, Program

OUT = Path("renders/film")


def manifest() -> Any:
    return json.loads((OUT / "manifest.json").read_text("utf-8"))


def statuses() -> dict[str, str]:
    return {take["id"]: take["status"] for take in manifest()["takes"]}


def render_in_a_process(film: Path) -> list[str]:
    """A render that can be killed, with all takes of the film in flight at once."""
    module = [sys.executable, "-m", "storyboard"]
    # Another process does not take the server for the vendor's own API, as this one does.
    return [*module, "render", str(film), "--yes", "--concurrency", "3", "--output", str(OUT)]


def test_a_film_goes_all_the_way_to_videos_a_manifest_and_a_page(
    program: Program, film: Path, server: SandboxServer
) -> None:
    output = program("render", film, "--yes")
    assert output.code == 0, output.err
    assert output.out == f"{OUT}/manifest.json\n{OUT}/index.html\n"
    assert statuses() == {"one": "rendered", "two.t1": "rendered", "two.t2": "rendered"}
    block = manifest()["takes"][0]
    assert block["payload"] == {
        "prompt": "A lighthouse in a storm",
        "resolution": "720P",
        "duration": 2,
        "prompt_extend": False,
    }
    assert block["file"]["duration_s"] == 2
    assert (OUT / block["file"]["path"]).stat().st_size == block["file"]["bytes"]
    assert "A harbor at dawn" in (OUT / "index.html").read_text("utf-8")


def test_running_again_sends_nothing_and_changes_no_byte_of_the_manifest(
    program: Program, film: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("render", film, "--yes")
    before = (OUT / "manifest.json").read_bytes(), (OUT / "manifest.json").stat().st_mtime_ns
    requests = (server.ledger.posts, server.ledger.polls, server.ledger.downloads)
    monkeypatch.delenv("MODELLIX_API_KEY")  # where nothing is sent, no key is needed
    output = program("render", film, "--yes")
    assert output.code == 0, output.err
    assert (OUT / "manifest.json").read_bytes() == before[0]
    assert (OUT / "manifest.json").stat().st_mtime_ns == before[1]
    assert (server.ledger.posts, server.ledger.polls, server.ledger.downloads) == requests


def test_a_request_refused_for_want_of_money_does_not_tell_to_edit_the_shot(
    program: Program, film: Path, server: SandboxServer
) -> None:
    server.settings = replace(server.settings, balance_usd=0.0)
    output = program("render", film, "--yes", "--concurrency", "1")
    assert output.code == 12
    assert "take one was rejected: Insufficient balance" in output.err
    assert (
        "    next: top up the account's balance, then run again; it was not charged" in output.err
    )
    assert "edit the shot" not in output.err


def test_changing_one_prompt_renders_one_take(
    program: Program, film: Path, server: SandboxServer
) -> None:
    program("render", film, "--yes")
    film.write_text(FILM.replace("a storm", "a calm"), "utf-8")
    plan = program("plan", film)
    assert 'submit  one      prompt changed: "… in a storm" to "… in a calm"' in plan.out
    program("render", film, "--yes")
    assert server.ledger.posts == 4
    assert manifest()["takes"][0]["file"]["path"] == "videos/one.v002.mp4"


def test_a_clone_with_the_manifest_and_no_state_submits_nothing(
    program: Program, film: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("render", film, "--yes")
    before = (OUT / "manifest.json").read_bytes()
    clone = Path("clone")
    (clone / OUT).mkdir(parents=True)
    shutil.copy(film, clone / film)
    shutil.copy(OUT / "manifest.json", clone / OUT / "manifest.json")
    monkeypatch.chdir(clone)
    output = program("render", film, "--yes")
    assert output.code == 0, output.err
    assert server.ledger.posts == 3
    assert set(statuses().values()) == {"rendered"}
    assert (OUT / "manifest.json").read_bytes() == before


def test_a_clone_with_its_videos_asks_the_api_for_nothing(
    program: Program, film: Path, server: SandboxServer
) -> None:
    program("render", film, "--yes")
    before = (OUT / "manifest.json").read_bytes()
    for path in OUT.glob("state.sqlite3*"):
        path.unlink()
    requests = (server.ledger.posts, server.ledger.polls, server.ledger.downloads)
    assert program("render", film, "--yes").code == 0
    assert (server.ledger.posts, server.ledger.polls, server.ledger.downloads) == requests
    assert (OUT / "manifest.json").read_bytes() == before


def test_an_unreadable_manifest_stops_the_render_before_it_pays(
    program: Program, film: Path, server: SandboxServer
) -> None:
    OUT.mkdir(parents=True)
    (OUT / "manifest.json").write_text("{", "utf-8")
    output = program("render", film, "--yes")
    assert output.code == 2
    assert "cannot be used as a manifest" in output.err
    assert server.ledger.posts == 0


def test_from_manifest_sends_the_recorded_payloads_and_not_the_storyboard_s(
    program: Program, film: Path, server: SandboxServer
) -> None:
    program("render", film, "--yes")
    film.write_text(FILM.replace("a storm", "a calm"), "utf-8")
    output = program("render", film, "--yes", "--from-manifest", "--force", "--only", "one")
    assert output.code == 0, output.err
    prompts = [task.payload["prompt"] for task in server.ledger.submissions]
    assert prompts.count("A lighthouse in a storm") == 2


def test_a_storyboard_with_problems_sends_nothing(
    program: Program, film: Path, server: SandboxServer
) -> None:
    film.write_text(BROKEN, "utf-8")
    output = program("render", film, "--yes")
    assert output.code == 2
    assert "film.yaml:5:5: shots[0].promt: unknown key" in output.err
    assert "nothing submitted" in output.err
    assert server.ledger.posts == 0


def test_without_a_terminal_and_without_yes_or_a_cap_nothing_is_paid(
    program: Program, film: Path, server: SandboxServer
) -> None:
    output = program("render", film)
    assert output.code == 3
    assert "3 takes to submit, 6 s of video" in output.err
    assert server.ledger.posts == 0
    assert program("render", film, "--max-takes", "3").code == 0


@pytest.mark.parametrize(
    ("cap", "said"),
    [
        (["--max-takes", "2"], "would submit 3 takes, which is more than --max-takes 2 allows"),
        (
            ["--max-seconds", "5"],
            "would submit 6 seconds of video, which is more than --max-seconds 5",
        ),
        (
            ["--max-cost", "0.5", "--price", "0.1"],
            "would submit 0.6 USD, which is more than --max-cost",
        ),
    ],
)
def test_a_cap_refuses_a_render_that_is_over_it(
    program: Program, film: Path, server: SandboxServer, cap: list[str], said: str
) -> None:
    output = program("render", film, "--yes", *cap)
    assert output.code == 3
    assert said in output.err
    assert server.ledger.posts == 0


def test_selected_takes_are_rendered_and_the_manifest_holds_all(
    program: Program, film: Path, server: SandboxServer
) -> None:
    assert program("render", film, "--yes", "--only", "two").code == 0
    assert statuses() == {"one": "pending", "two.t1": "rendered", "two.t2": "rendered"}


def test_a_pattern_that_picks_nothing_is_refused(
    program: Program, film: Path, server: SandboxServer
) -> None:
    output = program("render", film, "--yes", "--only", "tow")
    assert output.code == 2
    assert "--only 'tow' matches no take" in output.err
    assert "did you mean 'two'?" in output.err


def test_a_missing_key_is_told_before_anything_is_sent(
    program: Program, film: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MODELLIX_API_KEY")
    output = program("render", film, "--yes")
    assert output.code == 12
    assert "MODELLIX_API_KEY" in output.err
    assert server.ledger.posts == 0


def test_an_unknown_outcome_ends_with_4_and_says_what_to_do(
    program: Program, film: Path, server: SandboxServer
) -> None:
    server.faults = Faults(lost_reply=(1,))
    output = program("render", film, "--yes", "--concurrency", "1")
    assert output.code == 4
    assert "take one was sent at" in output.err
    assert "it may have been charged" in output.err
    assert "next: storyboard reconcile film.yaml, or look in the console" in output.err
    assert "storyboard resolve film.yaml one --task-id ID" in output.err
    assert statuses()["one"] == "unknown"


def test_json_tells_each_take_in_one_document(
    program: Program, film: Path, server: SandboxServer
) -> None:
    document = program("render", film, "--yes", "--json").json
    assert document["schema_version"] == 1
    takes = document["storyboards"][0]["takes"]
    assert [take["status"] for take in takes] == ["done"] * 3


def test_the_key_is_in_no_file_and_no_output(
    program: Program, film: Path, server: SandboxServer
) -> None:
    output = program("render", film, "--yes")
    key = os.environ["MODELLIX_API_KEY"]
    assert key not in output.out + output.err
    for path in OUT.rglob("*"):
        if path.is_file():
            assert key.encode() not in path.read_bytes(), path
    assert server.ledger.keys_on_downloads == 0


def test_several_files_are_rendered_in_one_go(
    program: Program, film: Path, server: SandboxServer
) -> None:
    other = Path("other.yaml")
    other.write_text(FILM.replace("dawn", "dusk"), "utf-8")
    assert program("render", film, other, "--yes").code == 0
    assert Path("renders/other/manifest.json").is_file()
    assert server.ledger.posts == 6


def test_the_sandbox_in_the_process_needs_no_key_and_no_yes(program: Program, film: Path) -> None:
    output = program("render", film, *QUICK, "--only", "one")
    assert output.code == 0, output.err
    document = json.loads(Path("renders/film.sandbox/manifest.json").read_text("utf-8"))
    assert document["origin"] == "sandbox"


def test_a_render_killed_in_the_middle_goes_on_and_submits_nothing_twice(
    program: Program, film: Path, server: SandboxServer
) -> None:
    server.settings = replace(AT_ONCE, render_time_s=1.0)
    with subprocess.Popen(render_in_a_process(film), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("two.t1: accepted"):
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL
    output = program("render", film, "--yes")
    paid = [task.payload for task in server.ledger.submissions]
    assert all(paid.count(payload) == 1 for payload in paid)
    # The third POST may have been on its way when the process died.
    assert output.code in (0, 4), output.err
    assert set(statuses().values()) <= {"rendered", "unknown"}


def test_a_second_render_of_the_same_folder_is_refused_and_names_the_first(
    program: Program, film: Path, server: SandboxServer
) -> None:
    server.settings = replace(AT_ONCE, render_time_s=60)
    with subprocess.Popen(render_in_a_process(film), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("two.t2: accepted"):
                break
        output = program("render", film, "--yes")
        status = program("status", film)
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
    assert output.code == 11
    assert f"pid {process.pid} on" in output.err
    assert status.out.startswith("film.yaml: 3 rendering")


def test_a_locked_take_keeps_its_video_through_an_edit_and_the_plan_says_what_differs(
    program: Program, film: Path, server: SandboxServer
) -> None:
    program("render", film, "--yes")
    locked = FILM.replace("tags: [sea]", "locked: true").replace("a storm", "a calm")
    film.write_text(locked, "utf-8")
    plan = program("plan", film)
    assert "keep  one      locked; the storyboard differs: prompt changed" in plan.out
    assert program("render", film, "--yes").code == 0
    assert server.ledger.posts == 3
    assert manifest()["takes"][0]["payload"]["prompt"] == "A lighthouse in a storm"
    film.write_text(locked.replace("a calm", "fog"), "utf-8")
    assert program("render", film, "--yes", "--force", "--only", "one").code == 0
    assert server.ledger.posts == 3


def test_a_take_whose_link_never_came_is_told_of_everywhere_and_paid_again_only_when_asked(
    program: Program, film: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storyboard.engine.tasks._MAX_WITHOUT_LINK_S", 0.0)
    server.faults = Faults(no_video=(1,))
    output = program("render", film, "--yes", "--only", "one")
    assert output.code == 1
    assert "take one is rendered, and the API gave no link to its video\n" in output.err
    assert "look for it in the console; --rerender pays for it again" in output.err
    assert "its link never came; --rerender pays for it again" in program("status", film).out
    plan = program("plan", film, "--only", "one", "--price", "0.1").out
    assert "ask  one  was paid, and its link never came; --rerender submits it again" in plan
    assert "with --rerender: 1 take to submit, 2 s of video, about 0.20 USD again" in plan
    block = manifest()["takes"][0]
    assert (block["status"], block["video_url"], block["error"]) == ("rendered", None, None)
    assert "Not downloaded: its link never came" in (OUT / "index.html").read_text("utf-8")
    for path in OUT.glob("state.sqlite3*"):
        path.unlink()
    assert program("render", film, "--yes", "--only", "one").code == 1
    assert program("render", film, "--yes", "--only", "one", "--retry-failed").code == 1
    assert server.ledger.posts == 1
    assert program("render", film, "--yes", "--only", "one", "--rerender").code == 0
    assert server.ledger.posts == 2


@pytest.mark.parametrize("is_clone", [False, True])
def test_a_git_lfs_pointer_in_the_place_of_a_video_is_named_and_nothing_is_paid(
    program: Program, film: Path, server: SandboxServer, is_clone: bool
) -> None:
    program("render", film, "--yes", "--only", "one")
    [video] = (OUT / "videos").glob("one.*.mp4")
    sha256, size = manifest()["takes"][0]["file"]["sha256"], video.stat().st_size
    before = (OUT / "manifest.json").read_bytes()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n"
    content = video.read_bytes()
    video.write_text(pointer, "utf-8")
    for path in OUT.glob("state.sqlite3*") if is_clone else ():
        path.unlink()
    plan = program("plan", film, "--only", "one").out
    assert "hold  one  rendered; its file is a Git LFS pointer; git lfs pull brings the" in plan
    assert "its file is a Git LFS pointer; git lfs pull brings the" in program("status", film).out
    output = program("render", film, "--yes", "--only", "one", "--rerender")
    assert output.code == 1
    assert "take one is rendered, and its file is a Git LFS pointer\n" in output.err
    assert "    next: git lfs pull\n" in output.err
    assert video.read_text("utf-8") == pointer
    video.write_bytes(content)
    assert program("render", film, "--yes", "--only", "one").code == 0
    assert server.ledger.posts == 1
    assert (OUT / "manifest.json").read_bytes() == before


def test_what_a_cut_download_left_is_used_by_the_next_render(
    program: Program, film: Path, server: SandboxServer
) -> None:
    program("render", film, "--yes", "--only", "one")
    [video] = (OUT / "videos").glob("one.*.mp4")
    content = video.read_bytes()
    (OUT / "videos" / ".1.part").write_bytes(content[: len(content) // 2])
    video.unlink()
    sent_before = server.ledger.downloads
    assert program("render", film, "--yes", "--only", "one").code == 0
    assert video.read_bytes() == content
    assert server.ledger.downloads == sent_before + 1


def test_what_a_cut_download_left_is_swept_away(
    program: Program, film: Path, server: SandboxServer
) -> None:
    program("render", film, "--yes")
    (OUT / "videos" / ".7.part").write_bytes(b"half")
    program("render", film, "--yes")
    assert not list((OUT / "videos").glob(".*.part"))


def test_a_manifest_of_another_film_is_not_overwritten(
    program: Program, film: Path, server: SandboxServer
) -> None:
    program("render", film, "--yes")
    other = Path("other.yaml")
    other.write_text(FILM, "utf-8")
    for path in OUT.glob("state.sqlite3*"):
        path.unlink()
    output = program("render", other, "--yes", "--output", OUT)
    assert output.code == 2
    assert "belongs to the storyboard film, not to other" in output.err


def test_the_command_to_type_next_names_the_folder_that_the_render_used(
    program: Program, film: Path, server: SandboxServer
) -> None:
    server.faults = Faults(lost_reply=(1,))
    output = program("render", film, "--yes", "--only", "one", "--output", "my out")
    assert "storyboard resolve film.yaml one --output 'my out' --task-id ID" in output.err


def test_two_renders_with_other_state_folders_cannot_share_an_output_folder(
    program: Program, film: Path, server: SandboxServer
) -> None:
    OUT.mkdir(parents=True)
    with hold_lock(OUT, now=datetime.now(timezone.utc)):
        assert program("render", film, "--yes", "--state", "elsewhere").code == 11
    assert program("render", film, "--yes", "--state", "elsewhere").code == 0
    assert Path("elsewhere/state.sqlite3").is_file()
