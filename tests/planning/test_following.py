"""Takes that show frames of others: when they wait, when they are held, and when they go out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from storyboard.media import FileInput, Frame, FrameInput, with_inputs
from storyboard.planning.graph import chain_lengths, in_order
from storyboard.planning.plan import PlanOptions
from storyboard.planning.states import read_states, resolve_takes
from storyboard.records import Action, ActionKind, Submission, SubmissionState, Take, TakeStatus
from tests.made import make_done, make_submission, make_take, make_video
from tests.planning.test_plan import is_here, plan

State = SubmissionState


def after(name: str, *parents: str, frame: Frame = "last", **more: object) -> Take:
    """A take that shows a frame of each parent."""
    inputs = tuple(
        FrameInput(("pictures", number), parent, frame) for number, parent in enumerate(parents)
    )
    take = make_take(name, pictures=[one.value for one in inputs], **more)
    return replace(take, inputs=inputs)


def with_frames_of(take: Take, **videos: str) -> Take:
    """The take once these videos are known, built without the code under test."""
    inputs = tuple(
        one._replace(video=videos.get(one.take)) if isinstance(one, FrameInput) else one
        for one in take.inputs
    )
    payload = with_inputs(take.payload, inputs)
    facts = {key: value for key, value in payload.items() if key != "prompt"}
    return replace(make_take(take.id, **facts), inputs=inputs)


def done(take: Take, number: int, video: str) -> Submission:
    return make_done(take, id=number, video=make_video(take.id, sha256=video))


def decisions(actions: Sequence[Action]) -> dict[str, tuple[str, str]]:
    return {one.take.id: (one.kind.value, one.reason) for one in actions}


A, B, C = "aa" * 32, "bb" * 32, "cc" * 32


def test_the_takes_of_a_new_chain_wait_for_one_another() -> None:
    takes = [after("c", "b"), make_take("a"), after("b", "a"), make_take("free")]
    made = plan(takes, [])
    assert decisions(made.actions) == {
        "c": ("wait", "waits for b"),
        "a": ("submit", "new"),
        "b": ("wait", "waits for a"),
        "free": ("submit", "new"),
    }
    waiting = {one.take.id: [each.id for each in one.waits_for] for one in made.actions}
    assert waiting == {"c": ["b"], "a": [], "b": ["a"], "free": []}


def test_a_take_goes_out_once_the_video_is_here_and_its_payload_names_it() -> None:
    a, b = make_take("a"), after("b", "a", frame=1.5)
    action = plan([a, b], [done(a, 1, A)]).actions[1]
    assert action.kind is ActionKind.SUBMIT
    assert action.take.payload["pictures"] == [{"video": A, "frame": 1.5}]
    assert action.take.fingerprint == with_frames_of(b, a=A).fingerprint


def test_a_chain_that_is_rendered_is_kept() -> None:
    a, b, c = make_take("a"), after("b", "a"), after("c", "b")
    rows = [done(a, 1, A), done(with_frames_of(b, a=A), 2, B), done(with_frames_of(c, b=B), 3, C)]
    assert {one.kind for one in plan([a, b, c], rows).actions} == {ActionKind.KEEP}
    statuses = [one.status for one in read_states([a, b, c], rows, has_file=is_here)]
    assert statuses == [TakeStatus.DONE] * 3


def test_a_new_video_of_the_first_take_makes_the_second_stale_and_the_third_wait() -> None:
    a, b, c = make_take("a"), after("b", "a"), after("c", "b")
    rows = [
        done(a, 1, A),
        done(with_frames_of(b, a=A), 2, B),
        done(with_frames_of(c, b=B), 3, C),
        done(a, 4, "dd" * 32),
    ]
    made = plan([a, b, c], rows)
    assert [one.kind.value for one in made.actions] == ["keep", "submit", "wait"]


@pytest.mark.parametrize("state", [State.FAILED, State.REJECTED, State.UNKNOWN, State.ABANDONED])
def test_a_take_is_held_while_its_parent_is(state: State) -> None:
    a, b, c = make_take("a"), after("b", "a"), after("c", "b")
    made = plan([a, b, c], [make_submission(a, state, reason="too dark")])
    assert [one.kind for one in made.actions][1:] == [ActionKind.HOLD] * 2
    assert made.actions[1].reason.startswith("a has no video: ")
    assert "too dark" in made.actions[1].reason


def test_a_take_waits_for_a_task_that_runs() -> None:
    a, b = make_take("a"), after("b", "a")
    made = plan([a, b], [make_submission(a, State.ACCEPTED)])
    assert [one.kind.value for one in made.actions] == ["resume", "wait"]


def test_a_parent_that_is_not_selected_and_has_no_video_holds_its_child() -> None:
    a, b = make_take("a"), after("b", "a")
    [action] = plan([a, b], [], selected={"b"}).actions
    assert decisions([action]) == {
        "b": ("hold", "a has no video and is not selected; --with-parents takes it along")
    }


def test_a_parent_that_is_not_selected_is_waited_for_if_its_task_runs_anyway() -> None:
    a, b = make_take("a"), after("b", "a")
    made = plan([a, b], [make_submission(a, State.ACCEPTED)], selected={"b"})
    assert [one.kind.value for one in (*made.actions, *made.orphans)] == ["wait", "resume"]


def test_a_parent_that_is_not_selected_serves_with_the_video_that_it_has() -> None:
    a, b = make_take("a"), after("b", "a")
    [action] = plan(
        [a, b], [done(a, 1, A)], selected={"b"}, options=PlanOptions(force=True)
    ).actions
    assert action.kind is ActionKind.SUBMIT


def test_a_rendered_take_is_kept_though_the_video_before_it_is_not_here() -> None:
    a, b = make_take("a"), after("b", "a")
    rows = [done(a, 1, A), done(with_frames_of(b, a=A), 2, B)]
    made = plan([a, b], rows, has_file=lambda video: video.sha256 == B)
    assert [one.kind.value for one in made.actions] == ["download", "keep"]


def test_a_take_waits_for_a_video_that_must_be_downloaded_again() -> None:
    a, b = make_take("a"), after("b", "a")
    made = plan([a, b], [done(a, 1, A)], files=False)
    assert [one.kind.value for one in made.actions] == ["download", "wait"]


@pytest.mark.parametrize("state", [None, State.ACCEPTED, State.SUCCEEDED])
def test_without_downloads_there_is_no_frame_to_show(state: SubmissionState | None) -> None:
    a, b, c = make_take("a"), after("b", "a"), after("c", "b")
    rows = [make_submission(a, state)] if state else []
    made = decisions(plan([a, b, c], rows, options=PlanOptions(download=False)).actions)
    assert made["b"] == ("hold", "the video of a is not downloaded, because of --no-download")
    assert made["c"][0] == "hold"


def test_without_downloads_what_is_rendered_is_kept_whatever_its_parent_becomes() -> None:
    a, b = make_take("a"), after("b", "a")
    rows = [
        done(a, 1, A),
        done(with_frames_of(b, a=A), 2, B),
        make_submission(a, State.ACCEPTED, id=3),
    ]
    made = plan([a, b], rows, options=PlanOptions(download=False))
    assert [one.kind.value for one in made.actions] == ["resume", "keep"]


def test_a_new_version_of_the_parent_is_waited_for() -> None:
    a, b = make_take("a"), after("b", "a")
    rows = [done(a, 1, A), done(with_frames_of(b, a=A), 2, B)]
    made = plan([a, b], rows, options=PlanOptions(force=True))
    assert [one.kind.value for one in made.actions] == ["submit", "wait"]


def test_a_task_of_a_take_that_waits_is_finished_all_the_same() -> None:
    a, b = make_take("a"), after("b", "a")
    running = make_submission(with_frames_of(b, a=A), State.ACCEPTED, id=2)
    made = plan([a, b], [done(a, 1, A), running], options=PlanOptions(force=True))
    assert [one.kind.value for one in made.actions] == ["submit", "wait"]
    assert [one.submission for one in made.orphans] == [running]


def test_while_a_second_video_is_on_its_way_the_take_keeps_its_status() -> None:
    a, b = make_take("a"), after("b", "a")
    rows = [
        done(a, 1, A),
        done(with_frames_of(b, a=A), 2, B),
        make_submission(a, State.ACCEPTED, id=3),
    ]
    states = read_states([a, b], rows, has_file=is_here)
    assert [one.status for one in states] == [TakeStatus.RENDERING, TakeStatus.DONE]


def test_a_take_with_two_parents_waits_for_both() -> None:
    takes = [make_take("a"), make_take("b"), after("c", "a", "b")]
    made = plan(takes, [done(takes[0], 1, A)])
    assert decisions(made.actions)["c"] == ("wait", "waits for b")
    assert made.actions[2].take.payload["pictures"] == [
        {"video": A, "frame": "last"},
        {"take": "b", "frame": "last"},
    ]


def test_two_takes_that_wait_for_the_same_request_share_it() -> None:
    takes = [make_take("a"), after("b", "a"), after("b2", "a")]
    takes[2] = replace(takes[2], payload=takes[1].payload, fingerprint=takes[1].fingerprint)
    made = plan(takes, [])
    assert [one.same_as for one in made.actions] == [None, None, "b"]
    assert len(made.of_kind(ActionKind.WAIT)) == 1


def test_equal_takes_of_a_shot_stay_different_once_the_frame_is_known() -> None:
    a = make_take("a")
    first = after("b.t1", "a")
    second = replace(first, id="b.t2", number=2, repeat=1, fingerprint=replace_repeat(first, 1))
    made = plan([a, first, second], [done(a, 1, A)])
    requests = {one.take.fingerprint for one in made.actions}
    assert len(requests) == 3
    assert all(one.same_as is None for one in made.actions)


def replace_repeat(take: Take, repeat: int) -> str:
    facts = {key: value for key, value in take.payload.items() if key != "prompt"}
    return make_take(take.id.split(".")[0], repeat=repeat, **facts).fingerprint


def test_a_seam_with_a_pause_is_held_until_that_video_was_approved() -> None:
    a, b = replace(make_take("a"), is_paused=True), after("b", "a")
    rows = [done(a, 1, A)]
    held = decisions(plan([a, b], rows).actions)["b"]
    assert held[0] == "hold"
    assert "--past a" in held[1]
    assert plan([a, b], rows, passed={("a", B)}).actions[1].kind is ActionKind.HOLD
    assert plan([a, b], rows, passed={("a", A)}).actions[1].kind is ActionKind.SUBMIT
    assert plan([a, b], []).actions[1].kind is ActionKind.WAIT


def test_a_pause_does_not_touch_what_is_rendered() -> None:
    a, b = replace(make_take("a"), is_paused=True), after("b", "a")
    rows = [done(a, 1, A), done(with_frames_of(b, a=A), 2, B)]
    assert {one.kind for one in plan([a, b], rows).actions} == {ActionKind.KEEP}


def test_a_locked_take_passes_on_the_frame_of_the_video_that_it_keeps() -> None:
    a, b = make_take("a", is_locked=True), after("b", "a")
    before = done(make_take("a", seed=7), 1, A)
    made = plan([a, b], [before])
    assert made.actions[1].kind is ActionKind.SUBMIT
    assert made.actions[1].take.payload["pictures"] == [{"video": A, "frame": "last"}]


def test_a_take_follows_whichever_model_brought_the_video() -> None:
    first, second = make_take("a"), make_take("a", model="alibaba/wan2.6-t2v")
    a, b = replace(first, fallbacks=(second,)), after("b", "a")
    rows = [make_submission(first, State.FAILED), done(second, 2, A)]
    made = plan([a, b], rows)
    assert [one.kind.value for one in made.actions] == ["keep", "submit"]


def test_the_frames_of_a_fallback_are_known_as_well() -> None:
    a, b = make_take("a"), after("b", "a")
    fallback = after("b", "a", model="alibaba/wan2.6-t2v")
    action = plan([a, replace(b, fallbacks=(fallback,))], [done(a, 1, A)]).actions[1]
    assert action.take.fallbacks[0].payload["pictures"] == [{"video": A, "frame": "last"}]


def test_a_frame_of_a_take_that_does_not_exist_is_never_sent() -> None:
    [action] = plan([after("b", "a")], []).actions
    assert decisions([action])["b"] == (
        "hold",
        "it shows a frame of a, which is not in the storyboard",
    )


def test_takes_in_a_circle_are_never_sent() -> None:
    takes = [after("a", "b"), after("b", "a")]
    assert {one.kind for one in plan(takes, []).actions} <= {ActionKind.WAIT, ActionKind.HOLD}


def test_chains_are_measured_by_what_follows() -> None:
    takes = [after("c", "b"), make_take("a"), after("b", "a"), after("x", "a"), make_take("free")]
    assert chain_lengths(takes) == {"a": 2, "b": 1, "c": 0, "x": 0, "free": 0}
    order = [one.id for one in in_order(takes)]
    assert order.index("a") < order.index("b") < order.index("c")


def films(seed: int) -> tuple[list[Take], random.Random]:
    """A random film of takes with files and with frames of earlier takes, shuffled."""
    chance = random.Random(seed)
    takes: list[Take] = []
    for number in range(chance.randint(5, 30)):
        name = f"shot-{number:02d}"
        inputs: list[FileInput | FrameInput] = []
        if takes and chance.random() < 0.6:
            count = chance.choice([1, 1, 1, 2])
            parents = chance.sample(takes, k=min(count, len(takes)))
            inputs = [
                FrameInput(("pictures", place), one.id, chance.choice(["first", "last", 2]))
                for place, one in enumerate(parents)
            ]
        if chance.random() < 0.4:
            digest = f"{chance.randrange(4):064x}"
            inputs.append(FileInput(("pictures", len(inputs)), digest, f"p{digest[-1]}.png"))
        pictures = [one.value for one in inputs]
        takes.append(replace(make_take(name, pictures=pictures), inputs=tuple(inputs)))
    chance.shuffle(takes)
    return takes, chance


def rendered(takes: Sequence[Take], before: Sequence[Submission] = ()) -> list[Submission]:
    """The rows after rendering everything: each missing request is sent once, in turns."""
    rows = list(before)
    while True:
        made = plan(takes, rows)
        new = made.of_kind(ActionKind.SUBMIT)
        if not new:
            assert {one.kind for one in made.actions} == {ActionKind.KEEP}
            return rows
        for action in new:
            number = len(rows) + 1
            rows.append(done(action.take, number, f"{number:064x}"))


def below(takes: Sequence[Take], changed: set[str]) -> set[str]:
    """The changed takes, and all that show a frame of one of them, directly or not."""
    found = set(changed)
    while True:
        more = {
            take.id
            for take in takes
            for one in take.inputs
            if isinstance(one, FrameInput) and one.take in found
        }
        if more <= found:
            return found
        found |= more


def sent_again(takes: Sequence[Take], rows: Sequence[Submission]) -> set[str]:
    return {one.take for one in rendered(takes, rows)[len(rows) :]}


@pytest.mark.parametrize("seed", range(25))
def test_a_change_renders_again_exactly_what_depends_on_it(seed: int) -> None:
    takes, chance = films(seed)
    rows = rendered(takes)
    assert sent_again(takes, rows) == set()

    edited = chance.choice(takes)
    payload = {**edited.payload, "prompt": "Another prompt"}
    facts = {key: value for key, value in payload.items() if key != "prompt"}
    other = replace(make_take(f"{edited.id}-edited", **facts), id=edited.id, inputs=edited.inputs)
    changed = [other if one is edited else one for one in takes]
    assert sent_again(changed, rows) == below(takes, {edited.id})

    again = next(one for one in reversed(rows) if one.take == edited.id)
    another = replace(again, id=len(rows) + 1, task_id="z", video=make_video(sha256="ee" * 32))
    assert sent_again(takes, [*rows, another]) == below(takes, {edited.id}) - {edited.id}

    files = sorted({one.sha256 for t in takes for one in t.inputs if isinstance(one, FileInput)})
    if files:
        old = chance.choice(files)
        users = {t.id for t in takes if any(old == getattr(one, "sha256", "") for one in t.inputs)}
        assert sent_again([with_picture(t, old, "ff" * 32) for t in takes], rows) == below(
            takes, users
        )


def with_picture(take: Take, old: str, new: str) -> Take:
    inputs = tuple(
        one._replace(sha256=new) if isinstance(one, FileInput) and one.sha256 == old else one
        for one in take.inputs
    )
    pictures = [one.value for one in inputs]
    return replace(make_take(take.id, pictures=pictures), inputs=inputs)


def test_resolving_names_the_videos_in_takes_that_were_not_asked_about() -> None:
    a, b = make_take("a"), after("b", "a")
    resolved = resolve_takes([a, b], [done(a, 1, A)])
    assert resolved[1].fingerprint == with_frames_of(b, a=A).fingerprint
    assert resolve_takes([a, b], [])[1] == b


def test_all_that_is_to_be_seen_is_named_at_once() -> None:
    """Each approval that is named only later costs another render, perhaps another night."""
    a, other = (replace(make_take(name, look=name), is_paused=True) for name in ("a", "other"))
    takes = [a, other, after("b", "a"), after("c", "other", "b")]
    made = plan(takes, [done(a, 1, A), done(other, 2, B)])
    last = made.actions[-1]
    assert last.kind is ActionKind.HOLD
    assert last.to_approve == ("a", "other")
    assert last.reason == (
        "waits until you have seen a and other; then render with --past a --past other"
    )
    assert [take.id for take in last.waits_for] == ["b"]
