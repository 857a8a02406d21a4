"""What the dashboard's tests share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.dashboard.territories import small


@pytest.fixture
def territory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """`territory(**given)`: make a small territory (see `territories.small`) the one that is shown."""
    made: list[Path] = []

    def make(**given: Any) -> Path:
        made.append(small(tmp_path / f"small_{len(made)}.duckdb", **given))
        monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(made[-1]))
        return made[-1]

    return make
