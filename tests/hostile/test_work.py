"""Four times the input is about four times the work, whatever the input holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from storyboard.fingerprint import fingerprint
from storyboard.language.load import load_storyboard
from storyboard.language.rows.read import read_rows
from storyboard.language.yaml.source import parse_source
from storyboard.models.catalog import load_catalog
from storyboard.outputs.manifest.adopt import adoptable
from storyboard.outputs.manifest.checks import refuse_repeated_keys
from storyboard.outputs.manifest.existing import keep_existing
from storyboard.outputs.manifest.file import Manifest, ManifestTake
from storyboard.planning.changes import describe_changes
from storyboard.planning.contradictions import describe_contradiction, with_doubts
from storyboard.records import Submission, SubmissionState, TakeStatus
from storyboard.reporting.suggest import did_you_mean, limited_suggestions
from tests.hostile.work import count_calls, growth
from tests.made import NOW, make_submission, make_take

LINEAR = 6.0
"""Between the 4 of work that grows with the size and the 16 of work that grows with its square."""

HEAD = "version: 1\nmodel: alibaba/wan2.7-t2v\n"


def yaml_of_misspelt_names(size: int) -> str:
    known = "".join(f"  long-name-number-{number}: 1\n" for number in range(size))
    shots = "".join(
        f"  - {{id: s{number}, prompt: x, seed: lnog-name-number-{number}}}\n"
        for number in range(size)
    )
    return f"{HEAD}seeds:\n{known}shots:\n{shots}"


def yaml_of_repeated_keys(size: int) -> str:
    return HEAD + "".join(f"k{number % 7}: 1\n" for number in range(size))


def yaml_of_spaces(size: int) -> str:
    return f"{HEAD}title: 'a{' ' * size}b: c\nshots: [\n"


def yaml_of_open_brackets(size: int) -> str:
    return f"{HEAD}title: {'{ ' * 50}{'a, ' * size}\n"


def yaml_of_templates(size: int) -> str:
    shots = "".join(f"  - {{id: s{n}, prompt: 'a {{{{ nope{n} }}}}'}}\n" for n in range(size))
    return f"{HEAD}shots:\n{shots}"


def yaml_of_unquoted_templates(size: int) -> str:
    return HEAD + "shots:\n" + "".join(f"  - prompt: {{{{ x{n} }}}} y\n" for n in range(size))


YAML = [
    yaml_of_misspelt_names,
    yaml_of_repeated_keys,
    yaml_of_spaces,
    yaml_of_open_brackets,
    yaml_of_templates,
    yaml_of_unquoted_templates,
]


@pytest.mark.parametrize("make", YAML)
def test_yaml(make: Callable[[int], str]) -> None:
    assert growth(lambda size: lambda: parse_source(make(size), "film.yaml"), 100) < LINEAR


@pytest.mark.parametrize("make", YAML)
def test_a_storyboard(
    make: Callable[[int], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = load_catalog()

    def load(size: int) -> Callable[[], object]:
        path = tmp_path / f"film-{size}.yaml"
        path.write_text(make(size), "utf-8")
        return lambda: load_storyboard(path, catalog)

    # Each name is compared with each until the comparisons are used up.
    monkeypatch.setattr("storyboard.reporting.suggest.MAX_COMPARISONS", 2000)
    assert growth(load, 50) < LINEAR


TABLES = {
    "rows.csv": lambda size: "a,b\n" + "1,2,3\n" * size,
    "columns.csv": lambda size: ",".join(f"c{n % 9}" for n in range(size)) + "\n1\n",
    "quotes.csv": lambda size: 'a,b\n"' + '""' * size + "\n",
    "keys.json": lambda size: "[{" + ",".join(f'"k{n % 9}": 1' for n in range(size)) + "}]",
    "rows.json": lambda size: json.dumps([{"a": n} for n in range(size)]),
    "nested.json": lambda size: "[" * size,
    "rows.jsonl": lambda size: '{"a": 1\n' * size,
    "rows.yaml": lambda size: "".join(f"- {{a: {n}}}\n" for n in range(size)),
    "keyed.json": lambda size: json.dumps({f"k{n}": {"a": n} for n in range(size)}),
    "rule.md": lambda size: "a|b\n" + "- |" * size + "x\n",
    "tables.md": lambda size: "a|b\n-|-\n" * size,
    "rows.md": lambda size: "a|b\n-|-\n" + "1|" * size + "\n" + "1|2\n" * size,
    "rows.txt": lambda size: "A boat\n" * size,
}


@pytest.mark.parametrize("name", TABLES)
def test_rows(name: str, tmp_path: Path) -> None:
    def read(size: int) -> Callable[[], object]:
        path = tmp_path / f"{size}-{name}"
        path.write_text(TABLES[name](size), "utf-8")
        return lambda: read_rows(path, name)

    assert growth(read, 100) < LINEAR


class CountedKey(str):
    """A key that counts how often it is compared."""

    __slots__ = ()
    comparisons = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        CountedKey.comparisons += 1
        return str.__eq__(self, other)


def test_a_manifest_of_repeated_keys() -> None:
    def comparisons(size: int) -> int:
        CountedKey.comparisons = 0
        keys = [CountedKey(f"k{number}") for number in range(size)]
        with pytest.raises(ValueError, match="twice"):
            refuse_repeated_keys([(key, 1) for key in [*keys, keys[-1], CountedKey(keys[-1])]])
        return CountedKey.comparisons

    assert comparisons(2000) < LINEAR * max(comparisons(500), 10)


def tasks_of_one_request(size: int, status: TakeStatus) -> Manifest:
    payload = {"prompt": "x"}
    request = ("a/b", payload, fingerprint("a/b", payload, repeat=0))
    blocks = (
        ManifestTake(f"s{n}", None, f"s{n}", 1, status, *request, task_id=f"t{n}", submitted_at=NOW)
        for n in range(size)
    )
    return Manifest("film", None, "o", tuple(blocks))


@pytest.mark.parametrize("status", [TakeStatus.RENDERED, TakeStatus.FAILED, TakeStatus.RENDERING])
def test_a_manifest_of_many_tasks_of_one_request(status: TakeStatus, tmp_path: Path) -> None:
    def adopt(size: int) -> Callable[[], object]:
        manifest = tasks_of_one_request(size, status)
        rendered = tasks_of_one_request(size, TakeStatus.RENDERED)
        known = adoptable([rendered], [], tmp_path, origin="o")
        assert len(known) == size
        return lambda: adoptable([rendered, manifest], known, tmp_path, origin="o")

    def keep(size: int) -> Callable[[], object]:
        manifest = tasks_of_one_request(size, status)
        return lambda: keep_existing(manifest, [manifest, manifest], now=NOW)

    assert growth(adopt, 50) < LINEAR
    assert growth(keep, 50) < LINEAR


@pytest.mark.parametrize("requests", [1, 10_000])
def test_a_state_file_of_many_submissions_with_one_task(requests: int) -> None:
    def submissions(size: int) -> list[Submission]:
        reason = describe_contradiction("task", ["take other"])
        return [
            make_submission(
                make_take(f"s{number % requests}"),
                SubmissionState.SUCCEEDED,
                task_id="task",
                http_status=200,
                reason=reason if requests == 1 and number % 2 else None,
            )
            for number in range(size)
        ]

    def find(size: int) -> Callable[[], object]:
        known = submissions(size)
        return lambda: with_doubts(known)

    assert growth(find, 100) < LINEAR


def test_prompts_that_differ() -> None:
    def describe(size: int) -> Callable[[], object]:
        old = " ".join(f"a{n % 11}" for n in range(size))
        new = " ".join(f"a{n % 13}" for n in range(size))
        return lambda: describe_changes({"prompt": old}, {"prompt": new})

    assert growth(describe, 200) < LINEAR


def test_the_hints_of_a_run_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    comparisons = 5000
    monkeypatch.setattr("storyboard.reporting.suggest.MAX_COMPARISONS", comparisons)
    known = [f"long-name-number-{number}" for number in range(1000)]

    @limited_suggestions()
    def guess() -> None:
        for number in range(1000):
            did_you_mean(f"lnog-name-number-{number}", known)

    assert did_you_mean("lnog-name-number-7", known)
    hints_at_most = comparisons // len(known)
    assert count_calls(guess) < 300 * len(known) * hints_at_most
    assert did_you_mean("lnog-name-number-7", known), "the next storyboard has its own"


@pytest.mark.parametrize("key", ["rows: missing-{}.csv", "first_frame: missing-{}.png"])
def test_missing_files_in_a_folder_of_many_others(tmp_path: Path, key: str) -> None:
    def load(size: int) -> Callable[[], object]:
        folder = tmp_path / str(size)
        folder.mkdir(exist_ok=True)
        for number in range(size):
            (folder / f"other-{number}.txt").touch()
        shots = "".join(
            f"  - {{id: s{number}, prompt: x, {key.format(number)}}}\n" for number in range(size)
        )
        film = folder / "film.yaml"
        model = "model: alibaba/wan2.6-i2v-flash"
        film.write_text(f"version: 1\n{model}\nshots:\n{shots}", "utf-8")
        return lambda: load_storyboard(film, load_catalog())

    assert growth(load, 200) < LINEAR
