"""What the tests of the pipelines share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.demo import PlantedDirt, planted_dirt
from tests.demo import DEMO_SEED, DEMO_TODAY
from tests.pipelines.exports import Read, convert_here, reader_in


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Map rows of named columns under a record: `read(record, header, rows)`."""
    return reader_in(tmp_path_factory.mktemp("rows"))


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are made plain in this process: a failure that nobody foresaw shows itself, and it is faster."""
    monkeypatch.setattr("pipelines.extract._run", convert_here)


@pytest.fixture(scope="module")
def query(demo_warehouse: Path) -> Callable[[str], Any]:
    """Ask the warehouse of the fictional exports."""

    def asked(sql: str) -> Any:
        with duckdb.connect(str(demo_warehouse), read_only=True) as con:
            return con.execute(sql).df()

    return asked


@pytest.fixture(scope="module")
def dirt() -> PlantedDirt:
    """What was planted, counted by the code that plants it."""
    return planted_dirt(end=DEMO_TODAY, seed=DEMO_SEED)
