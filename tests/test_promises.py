"""Any order of sending, answers, kills, lost files and clones: nothing is paid twice.

The state file, the plan, the manifest and the answers are real. The API is a
dict that remembers what it charged for.
"""

from __future__ import annotations

import hashlib
import itertools
import shutil
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    precondition,
    rule,
)

from storyboard.atomic_files import digest_of, write_atomically
from storyboard.engine.downloads import add_video
from storyboard.engine.job import Job
from storyboard.engine.transitions import after_disappearance, after_poll, after_submit
from storyboard.outputs.manifest.adopt import adoptable
from storyboard.outputs.manifest.existing import keep_existing
from storyboard.outputs.manifest.file import Manifest, manifest_bytes, read_manifests
from storyboard.outputs.manifest.manifest import build_manifest
from storyboard.planning.plan import PlanOptions, make_plan
from storyboard.planning.states import read_states, with_results
from storyboard.records import (
    OPEN_STATES,
    ActionKind,
    Plan,
    Storyboard,
    Submission,
    SubmissionState,
    Take,
    Video,
)
from storyboard.replies import Outcome, SubmitReply, TaskReply, TaskStatus
from storyboard.state.queries import read_submissions
from storyboard.state.store import Store
from storyboard.videos.files import finish_moves, has_file, move_into_place, partial_path
from tests.made import NOW, make_take

ORIGIN = "https://api.modellix.ai"
LIFE_S = 3600.0
TAKES = (
    make_take("a"),
    replace(make_take("a"), id="twin", shot="twin"),
    replace(make_take("a", repeat=1), id="a.t2", number=2),
    make_take("b"),
    make_take("b", is_locked=True, seed=1),
)
FILMS = (TAKES[:4], TAKES[:1], (*TAKES[:3], TAKES[4]), ())
"""What the storyboard can be edited to; the first one is whole."""

OPTIONS = [
    PlanOptions(retry_failed=retry, rerender=rerender, force=force, download=download)
    for retry, rerender, force, download in itertools.product((False, True), repeat=4)
]
PLAIN = PlanOptions()
State = SubmissionState


FILM = Storyboard(Path("film.yaml"), "film", None, (), (), {})


class Nights(RuleBasedStateMachine):
    """One film on its way through many runs, on one machine after another."""

    posts: Bundle[tuple[int, Submission]] = Bundle("posts")

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.runs = itertools.count()
        self.run = 0  # a POST of an earlier run is answered to nobody
        self.tasks: dict[tuple[str, datetime], str] = {}  # the API's, by what it was sent when
        self.allowed: Counter[str] = Counter()  # how often a person let a request be paid again
        self.film = FILMS[0]
        self.now = NOW
        self.move_in(self.root / "first")

    def move_in(self, folder: Path) -> None:
        (folder / "videos").mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.run = next(self.runs)
        self.store = Store(folder, origin=ORIGIN, storyboard="film")
        self.job = Job("film", Plan(()), self.store, folder)
        self.adopt()
        finish_moves(folder, self.store.submissions())

    def adopt(self) -> None:
        path = self.folder / "manifest.json"
        manifests, digest = read_manifests(path), digest_of(path)
        known = self.store.submissions()
        if digest is not None and digest in [one.sha256 for one in self.store.outputs().values()]:
            # What was written from this state tells it nothing, whatever has happened since.
            assert not adoptable(manifests, known, self.folder, origin=ORIGIN, storyboard="film")
        with self.store.transaction():
            for news in adoptable(manifests, known, self.folder, origin=ORIGIN, storyboard="film"):
                self.store.adopt(news)

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.root)

    # Shared by the rules

    def plan(self, film: tuple[Take, ...], plan_options: PlanOptions = PLAIN) -> Plan:
        return make_plan(
            film,
            self.store.submissions(),
            now=self.now,
            has_file=partial(has_file, self.folder),
            options=plan_options,
        )

    def submissions(self, *states: State) -> list[Submission]:
        return [one for one in self.store.submissions() if one.state in states]

    def has_any(self, *states: State) -> bool:
        return bool(self.submissions(*states))

    def pick(self, data: st.DataObject, *states: State) -> Submission:
        return data.draw(st.sampled_from(self.submissions(*states)))

    def accept(self, submission: Submission) -> str:
        post = (submission.fingerprint, submission.sent_at)
        return self.tasks.setdefault(post, f"task-{len(self.tasks) + 1}")

    # A run

    @rule(target=posts, data=st.data(), plan_options=st.sampled_from(OPTIONS))
    def begin(self, data: st.DataObject, plan_options: PlanOptions) -> tuple[int, Submission]:
        actions = self.plan(self.film, plan_options).of_kind(ActionKind.SUBMIT)
        if not actions:
            return -1, None  # type: ignore[return-value]
        action = data.draw(st.sampled_from(actions))
        if plan_options.retry_failed or plan_options.rerender or plan_options.force:
            self.allowed[action.take.fingerprint] += 1
        self.now += timedelta(seconds=1)
        with self.store.transaction():
            begun = self.store.begin(action.take, endpoint="/api", now=self.now, profile="studio")
        return self.run, begun

    @rule(
        post=consumes(posts), outcome=st.sampled_from(Outcome), status=st.sampled_from([400, 402])
    )
    def answer(self, post: tuple[int, Submission], outcome: Outcome, status: int) -> None:
        run, begun = post
        if begun is None:
            return
        task_id = self.accept(begun) if outcome is Outcome.ACCEPTED else None
        if run != self.run:
            return  # the program that sent it is no more
        is_refused = outcome is Outcome.REJECTED
        reply = SubmitReply(outcome, task_id, status if is_refused else 200, message="said so")
        self.store.update(after_submit(begun, reply, now=self.now))

    @rule(post=consumes(posts))
    def lose_the_answer(self, post: tuple[int, Submission]) -> None:
        run, begun = post
        if begun is None:
            return
        self.accept(begun)
        if run == self.run:
            reply = SubmitReply(Outcome.UNKNOWN, message="no reply came")
            self.store.update(after_submit(begun, reply, now=self.now))

    @precondition(lambda self: self.has_any(State.ACCEPTED))
    @rule(data=st.data(), status=st.sampled_from(TaskStatus), has_video=st.booleans())
    def look(self, data: st.DataObject, status: TaskStatus, has_video: bool) -> None:
        sent = self.pick(data, State.ACCEPTED)
        reply = TaskReply(status, video_url="https://x/1.mp4" if has_video else None, reason="so")
        if status is TaskStatus.MISSING:
            self.store.update(after_disappearance(sent, reply))
        else:
            self.store.update(after_poll(sent, reply, now=self.now, retention_s=LIFE_S))

    @rule(data=st.data(), is_killed=st.booleans())
    def download(self, data: st.DataObject, is_killed: bool) -> None:
        plan = self.plan(self.film)
        actions = plan.of_kind(ActionKind.DOWNLOAD)
        if not actions:
            return
        sent = data.draw(st.sampled_from(actions)).submission
        assert sent is not None
        content = f"video of {sent.task_id}".encode()
        part = partial_path(self.folder, sent)
        part.write_bytes(content)
        video = Video("", hashlib.sha256(content).hexdigest(), len(content))
        placed = add_video(self.job, sent, video)
        if is_killed:
            self.die()
        else:
            assert placed.video is not None
            assert not (self.folder / placed.video.path).exists()
            move_into_place(self.folder, part, placed.video.path)

    # A person

    @precondition(lambda self: self.has_any(State.UNKNOWN, State.SENDING))
    @rule(data=st.data(), choice=st.sampled_from(["release", "abandon", "task id"]))
    def resolve(self, data: st.DataObject, choice: str) -> None:
        sent = self.pick(data, State.UNKNOWN, State.SENDING)
        self.die()  # resolve takes the lock, so nothing is being sent
        states = {"release": State.RELEASED, "abandon": State.ABANDONED, "task id": State.ACCEPTED}
        after = replace(sent, state=states[choice], reason=None)
        if choice == "release":
            self.allowed[sent.fingerprint] += 1
        if choice == "task id":
            after = replace(after, task_id=sent.task_id or self.accept(sent))
        self.store.update(after)

    @rule(film=st.sampled_from(FILMS))
    def edit(self, film: tuple[Take, ...]) -> None:
        self.film = film

    @precondition(lambda self: any((self.folder / "videos").glob("*.mp4")))
    @rule(data=st.data(), is_cut=st.booleans())
    def lose_a_file(self, data: st.DataObject, is_cut: bool) -> None:
        path = data.draw(st.sampled_from(sorted((self.folder / "videos").glob("*.mp4"))))
        if is_cut:
            path.write_bytes(path.read_bytes()[:3])
        else:
            path.unlink()

    @rule(later_s=st.sampled_from([1.0, LIFE_S]))
    def let_time_pass(self, later_s: float) -> None:
        self.now: datetime = self.now + timedelta(seconds=later_s)

    # Bad luck

    @rule()
    def die(self) -> None:
        self.store.close()
        self.move_in(self.folder)

    @rule(data=st.data())
    def die_within_a_transaction(self, data: st.DataObject) -> None:
        before = self.store.submissions()
        try:
            with self.store.transaction():
                for action in self.plan(self.film).of_kind(ActionKind.SUBMIT):
                    self.store.begin(action.take, endpoint="/api", now=self.now)
                raise KeyboardInterrupt
        except KeyboardInterrupt:
            pass
        assert self.store.submissions() == before
        self.die()

    # Outputs and clones; the manifest of the whole film, as one that was committed

    @rule()
    def write_the_manifest(self) -> None:
        path = self.folder / "manifest.json"
        write_atomically(path, manifest_bytes(self.manifest(path)))
        self.store.remember({path.name: digest_of(path) or ""}, made_from="beef" * 16)
        assert not write_atomically(path, manifest_bytes(self.manifest(path)))
        assert read_manifests(path) == (self.manifest(path),)

    def manifest(self, path: Path) -> Manifest:
        present, known = partial(has_file, self.folder), self.store.submissions()
        states = with_results(
            read_states(FILMS[0], known, has_file=present), known, has_file=present
        )
        made = build_manifest(FILM, ORIGIN, states)
        return keep_existing(made, read_manifests(path), now=self.now)

    @rule(has_videos=st.booleans())
    def clone(self, has_videos: bool) -> None:
        self.write_the_manifest()
        self.store.close()
        folder = self.root / f"clone-{self.run}"
        folder.mkdir()
        shutil.copy(self.folder / "manifest.json", folder)
        if has_videos:
            ignore = shutil.ignore_patterns(".*")
            shutil.copytree(self.folder / "videos", folder / "videos", ignore=ignore)
        self.move_in(folder)
        self.film = FILMS[0]

    # The promises

    @invariant()
    def no_request_has_two_open_submissions(self) -> None:
        open_ = Counter(one.fingerprint for one in self.submissions(*OPEN_STATES))
        assert all(count == 1 for count in open_.values())

    @invariant()
    def no_plan_pays_for_what_is_open_or_here(self) -> None:
        known = self.store.submissions()
        open_ = {one.fingerprint for one in known if one.state in OPEN_STATES}
        here = {one.fingerprint for one in known if one.video and self.is_current(one, known)}
        for plan_options, film in itertools.product(OPTIONS, FILMS):
            sent = [
                a.take.fingerprint for a in self.plan(film, plan_options).of_kind(ActionKind.SUBMIT)
            ]
            assert len(sent) == len(set(sent))
            assert not open_.intersection(sent)
            assert plan_options.force or not here.intersection(sent)

    def is_current(self, one: Submission, known: list[Submission]) -> bool:
        same = [each for each in known if each.fingerprint == one.fingerprint]
        last = [each for each in same if each.state is State.SUCCEEDED][-1:]
        return last == [one] and one.video is not None and has_file(self.folder, one.video)

    @invariant()
    def nothing_is_charged_twice_unasked(self) -> None:
        charged = Counter(fingerprint for fingerprint, _ in self.tasks)
        for fingerprint, count in charged.items():
            assert count <= 1 + self.allowed[fingerprint]
        may_be_paid = {a.take.fingerprint for a in self.plan(FILMS[0]).of_kind(ActionKind.SUBMIT)}
        for fingerprint in may_be_paid:
            assert charged[fingerprint] <= self.allowed[fingerprint]

    @invariant()
    def what_is_open_is_in_every_plan(self) -> None:
        open_ = {one.id for one in self.submissions(*OPEN_STATES)}
        for film in FILMS:
            plan = self.plan(film)
            planned = {a.submission.id for a in (*plan.actions, *plan.orphans) if a.submission}
            assert open_ <= planned

    @invariant()
    def readers_see_what_the_writer_wrote(self) -> None:
        assert read_submissions(self.folder) == self.store.submissions()


Nights.TestCase.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
TestAnyOrderOfNights = Nights.TestCase
