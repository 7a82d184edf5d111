"""`render` of 2,000 takes against a loop of `requests` that writes as much down.

Both talk to one `benchmarks.server`, a process of its own whose tasks are done
at once. The loop sends a POST and a GET for each take, one after the other on
one session, and commits a row before each POST and after each answer, as a
render must to lose nothing. `render` also starts up, reads the storyboard,
plans, opens a connection for each POST, and writes the manifest and the gallery.
"""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks.inputs import different_templates
from benchmarks.measure import PYTHON, STORYBOARD, quickest, run
from benchmarks.rows import Cost, Row, at_most
from storyboard.records import SubmissionState
from storyboard.state.store import Store

TAKES = 2_000

_LOOP = """
import sqlite3, sys, requests
url, takes = sys.argv[1], int(sys.argv[2])
db = sqlite3.connect(sys.argv[3], isolation_level=None)
db.execute("PRAGMA journal_mode = WAL")
db.execute("PRAGMA synchronous = FULL")
db.execute("CREATE TABLE tasks (number INTEGER PRIMARY KEY, task_id TEXT, status TEXT)")
headers = {"Authorization": "Bearer key-of-a-benchmark"}
with requests.Session() as session:
    for number in range(takes):
        payload = {
            "prompt": f"a woman in a yellow raincoat passes house number {number}, "
            "the camera dollies in slowly, 35mm film, teal and orange",
            "negative_prompt": "blurry, low quality, watermark",
            "resolution": "720P", "prompt_extend": False, "duration": 5, "seed": number,
        }
        db.execute("INSERT INTO tasks (number) VALUES (?)", (number,))
        reply = session.post(
            f"{url}/api/v1/alibaba/wan2.7-t2v/async", json=payload, headers=headers
        )
        task_id = reply.json()["data"]["task_id"]
        db.execute("UPDATE tasks SET task_id = ? WHERE number = ?", (task_id, number))
        reply = session.get(f"{url}/api/v1/tasks/{task_id}", headers=headers)
        assert reply.json()["data"]["status"] == "success"
        db.execute("UPDATE tasks SET status = 'success' WHERE number = ?", (number,))
"""


def rows(folder: Path) -> Iterator[Row]:
    """Wall and CPU time of the client, and whether all was written down."""
    different_templates(folder, TAKES)
    outputs = (folder / f"out-{number}" for number in itertools.count(1))
    with serving() as url:
        loop, render = quickest(
            [lambda: _loop(folder, url, next(outputs)), lambda: _render(folder, url, next(outputs))]
        )
    what = f"`render --no-download`, {TAKES:,} takes that are done at once"
    against = f"a loop of `requests` that writes as much down, {loop.wall_s:.2f} s"
    yield Row(f"{what}, wall time", against, *at_most(render.wall_s / loop.wall_s, 1.6, "times"))
    against = f"the same, {loop.cpu_s:.2f} s"
    yield Row(
        "CPU time of that", against, *at_most(render.cpu_s / loop.cpu_s, 1.8, "times"), render
    )
    yield _durability(folder / "out-2", url)


@contextmanager
def serving() -> Iterator[str]:
    """The URL of a server whose tasks are done at once, ended with the context."""
    command = [PYTHON, "-m", "benchmarks.server", "--port", "0"]
    repository = Path(__file__).parent.parent
    with subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _loop(folder: Path, url: str, output: Path) -> Cost:
    command = [PYTHON, "-c", _LOOP, url, str(TAKES), f"{output.name}.sqlite3"]
    return run(command, folder=folder)


def _render(folder: Path, url: str, output: Path) -> Cost:
    command = [
        *(*STORYBOARD, "render", f"different-{TAKES}.yaml", "--no-download", "--yes", "--fresh"),
        *("--base-url", url, "--output", output.name, "--no-progress", "--quiet"),
        *("--concurrency", "50", "--requests-per-minute", "100000000"),
    ]
    return run(command, folder=folder, environment={"MODELLIX_API_KEY": "key-of-a-benchmark"})


def _durability(output: Path, url: str) -> Row:
    """What the state file says of itself after a run, opened as the run opened it."""
    with closing(Store(output, origin=url, storyboard=f"different-{TAKES}")) as store:
        kept = [row for row in store.submissions() if row.state is SubmissionState.SUCCEEDED]
        task_ids = {row.task_id for row in kept if row.task_id}
        journal = store._db.execute("PRAGMA journal_mode").fetchone()[0]
        level = store._db.execute("PRAGMA synchronous").fetchone()[0]
    return Row(
        "task ids in its state file",
        "",
        f"{len(task_ids):,}, journal {journal}, synchronous {level}",
        f"{TAKES:,}, journal wal, synchronous 2 (full)",
        (len(task_ids), len(kept), journal, level) == (TAKES, TAKES, "wal", 2),
    )
