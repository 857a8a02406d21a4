"""What every test may use: no network, fictional exports, a warehouse built from them by the real pipelines.

Unit tests have no network at all; tests in tests/browser reach this machine only. `real_data` tests read
`../shared/data` beside the project and are skipped, with a reason, where it is absent.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from dashboard.access import SUPERVISOR
from dashboard.warehouse import acting
from pipelines.settings import ROOT
from tests import demo

BROWSER_TESTS = Path(__file__).parent / "browser"
REAL_DATA = ROOT.parent / "shared" / "data"

settings.register_profile("project", deadline=None)  # no test measures time
settings.load_profile("project")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last, with the loopback; tests of real data skipped, saying why, where there is none."""
    absent = pytest.mark.skip(reason=f"no real data: {REAL_DATA} does not exist")
    for item in items:
        if BROWSER_TESTS in item.path.parents:
            item.add_marker("browser")
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1"]))
        if item.get_closest_marker("real_data") and not REAL_DATA.is_dir():
            item.add_marker(absent)
    items.sort(key=lambda item: BROWSER_TESTS in item.path.parents)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real open data; mark the tests that ask for it `real_data`."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"no real data: {REAL_DATA} does not exist")
    return REAL_DATA


@pytest.fixture(autouse=True)
def _settings_of_this_shell_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OPTIMEDIA_") and name != "OPTIMEDIA_BROWSER"]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _tests_look_as_the_supervisor() -> Iterator[None]:
    with acting(SUPERVISOR):
        yield


@pytest.fixture(scope="session")
def run_pipelines() -> Callable[..., subprocess.CompletedProcess[str]]:
    """`run_pipelines("build", "--raw", …, **env)`: `python -m pipelines` in a process of its own; text captured."""
    return demo.run_pipelines


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of this run of the tests, the same for every process that shares the work."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def demo_raw(shared_folder: Path) -> Path:
    """Folder of fictional exports up to `tests.demo.DEMO_TODAY`: read-only for the tests."""
    raw = shared_folder / "demo" / "raw"
    with FileLock(shared_folder / "demo_raw.lock"):
        return raw if raw.exists() else demo.write_demo(raw)


@pytest.fixture(scope="session")
def demo_warehouse(shared_folder: Path, demo_raw: Path) -> Path:
    """Warehouse of the fictional exports, built once by the real pipelines: read-only for the tests."""
    folder = shared_folder / "demo_warehouse"
    with FileLock(shared_folder / "demo_warehouse.lock"):
        return demo.warehouse_in(folder) if folder.exists() else demo.build_demo(folder, demo_raw)
