"""Publication: a build killed at any step, two builds at once, and readers while the file is swapped."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from dashboard import warehouse as reader
from pipelines.settings import ROOT

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="POSIX signals interrupt the builds")

SWAPS, READERS = 20, 4
SHARES = (0.0, 0.3, 0.6, 0.8, 1.0)


def build_id(file: Path) -> str:
    """Identifier of the build in a warehouse, read from the file itself."""
    with duckdb.connect(str(file), read_only=True) as connection:
        row = connection.execute("select build_id from build").fetchone()
    assert row is not None
    return str(row[0])


def start(interruption: str, step: str | int, *arguments: str | Path) -> subprocess.Popen[str]:
    """Start the command line with a trap at a step; see tests/interrupt.py."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.interrupt", interruption, str(step), *map(str, arguments)],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("OPTIMEDIA_")}
        | {"PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def build_arguments(raw: Path, warehouse: Path) -> tuple[str | Path, ...]:
    """A whole build, whatever is up to date."""
    return ("build", "--raw", raw, "--warehouse", warehouse)


@pytest.fixture
def published(tmp_path: Path, demo_warehouse: Path) -> Path:
    """A published warehouse of its own."""
    return Path(shutil.copy(demo_warehouse, tmp_path / "optimedia.duckdb"))


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory, demo_raw: Path) -> int:
    """Number of SQL statements of a build."""
    warehouse = tmp_path_factory.mktemp("counted") / "optimedia.duckdb"
    process = start("KILL", 0, *build_arguments(demo_raw, warehouse))
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return int(errors.strip().splitlines()[-1])


def test_a_build_killed_at_any_step_leaves_the_last_one(
    published: Path, demo_raw: Path, statements: int, run_pipelines
):
    before = build_id(published)
    steps = sorted({max(1, round(share * statements)) for share in SHARES})
    for step in [*steps, "replace"]:
        process = start("KILL", step, *build_arguments(demo_raw, published))
        _, errors = process.communicate(timeout=300)
        assert process.returncode == -signal.SIGKILL, f"step {step}: {errors}"
        assert build_id(published) == before, f"step {step}"

    process = start("KILL", "replaced", *build_arguments(demo_raw, published))
    process.communicate(timeout=300)
    assert process.returncode == -signal.SIGKILL
    put_in_place = build_id(published)
    assert put_in_place != before

    done = run_pipelines(*build_arguments(demo_raw, published))
    assert done.returncode == 0, done.stdout + done.stderr
    assert build_id(published) != put_in_place
    left = {file.name for file in published.parent.iterdir()} - {published.name}
    assert not {name for name in left if not name.endswith(".lock")}, "leftovers of the killed builds"


def test_a_second_build_at_the_same_time_is_refused(published: Path, demo_raw: Path, statements: int, run_pipelines):
    before = build_id(published)
    first = start("STOP", statements // 2, *build_arguments(demo_raw, published))
    try:
        _, status = os.waitpid(first.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), "the first build ended before the step it should wait at"

        second = run_pipelines(*build_arguments(demo_raw, published))
        assert second.returncode != 0
        said = second.stdout + second.stderr
        assert "en cours" in said
        assert "Traceback" not in said
        assert build_id(published) == before
    finally:
        first.send_signal(signal.SIGCONT)
        _, errors = first.communicate(timeout=300)
    assert first.returncode == 0, errors
    assert build_id(published) != before


class Readers:
    """Threads that question the warehouse through the dashboard's own module until they are told to stop."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.progress = threading.Condition()
        self.errors: list[BaseException] = []
        self.seen: set[str] = set()
        self.questions = 0

    def read(self) -> None:
        while not self.stop.is_set():
            try:
                build = reader.build_info().build_id
                assert not reader.query("filter_bounds").empty
            except (duckdb.Error, reader.WarehouseError, AssertionError, LookupError, TypeError, ValueError) as error:
                self.errors.append(error)
                self.stop.set()
            else:
                with self.progress:
                    self.seen.add(build)
                    self.questions += 1
                    self.progress.notify_all()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Let the readers go on until a condition holds, or one of them meets an error."""
        with self.progress:
            assert self.progress.wait_for(lambda: condition() or bool(self.errors), timeout=60), "no reader went on"

    def wait_for_questions(self, number: int) -> None:
        """Let the readers ask that many more questions."""
        until = self.questions + number
        self.wait_for(lambda: self.questions >= until)


@contextmanager
def reading(number: int = READERS) -> Iterator[Readers]:
    """Readers at work; they must have met no error."""
    readers = Readers()
    threads = [threading.Thread(target=readers.read) for _ in range(number)]
    for thread in threads:
        thread.start()
    try:
        yield readers
    finally:
        readers.stop.set()
        for thread in threads:
            thread.join()
    assert not readers.errors, readers.errors[0]


@pytest.fixture
def uncached(monkeypatch: pytest.MonkeyPatch, published: Path) -> None:
    """The dashboard reads the published file, and every question reaches DuckDB."""
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(published))
    monkeypatch.setattr(reader, "_RESULTS", reader._Results(0))


def renamed(source: Path, target: Path, name: str) -> Path:
    """A copy of a warehouse whose build has another identifier."""
    shutil.copy(source, target)
    with duckdb.connect(str(target)) as connection:
        connection.execute("update build set build_id = $name", {"name": name})
    return target


@pytest.mark.usefixtures("uncached")
def test_readers_never_see_an_error_while_the_file_is_swapped(published: Path, tmp_path: Path):
    variants = {name: renamed(published, tmp_path / f"{name}.duckdb", name) for name in ("one", "other")}
    order = ["one", "other"] * (SWAPS // 2)
    with reading() as readers:
        for name in order:
            aside = Path(shutil.copy(variants[name], tmp_path / "aside.duckdb"))
            aside.replace(published)
            readers.wait_for_questions(2 * READERS)
        assert reader.build_info().build_id == order[-1]
    assert readers.seen >= set(variants)


@pytest.mark.usefixtures("uncached")
def test_a_running_dashboard_sees_a_real_build_without_a_restart(published: Path, demo_raw: Path, run_pipelines):
    before = reader.build_info().build_id
    with reading(1) as readers:  # one is enough, and leaves the processor to the build
        done = run_pipelines(*build_arguments(demo_raw, published))
        assert done.returncode == 0, done.stdout + done.stderr
        after = reader.build_info().build_id
        readers.wait_for(lambda: after in readers.seen)
    assert before != after
    assert readers.seen == {before, after}
