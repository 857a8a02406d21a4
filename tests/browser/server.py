"""A real Streamlit server of this project, on a free port of this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from dashboard.access import WITHOUT_LOGIN
from pipelines.settings import ROOT, load_territory, settings

START_TIMEOUT_S = 120.0
POLL_S = 0.05


def free_port() -> int:
    """A TCP port of the loopback that nothing listens to now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Child:
    """A process that serves the tests, ended by `stop()` or `with`."""

    _process: subprocess.Popen[Any]

    def stop(self) -> None:
        """End the process: politely, then not."""
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Server(Child):
    """`streamlit run app.py` in a process of its own: started on construction, stopped by `stop()` or `with`.

    Real data are served without a login, to this machine alone, unless `environment` says otherwise.
    """

    def __init__(
        self,
        warehouse: Path,
        territory: Path | None = None,
        *,
        port: int | None = None,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.warehouse = warehouse
        self.territory = settings(str(territory) if territory else None).territory
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._arguments = tuple(arguments)
        self._lines: list[str] = []
        self._ended = threading.Event()
        self._process = subprocess.Popen(
            self._command(),
            cwd=ROOT,
            env=os.environ
            | {"OPTIMEDIA_WAREHOUSE": str(warehouse), "OPTIMEDIA_TERRITORY": str(self.territory), WITHOUT_LOGIN: "1"}
            | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._wait_healthy()

    def _command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "streamlit", "run", "app.py"),
            *("--server.port", str(self.port), "--server.address", "127.0.0.1"),
            *("--server.headless", "true", "--server.fileWatcherType", "none"),
            *("--browser.gatherUsageStats", "false"),
            *self._arguments,
        ]

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.append(line)
        self._ended.set()

    def _wait_healthy(self) -> None:
        for _ in range(int(START_TIMEOUT_S / POLL_S)):
            if self._healthy():
                return
            if self._ended.wait(POLL_S):
                break
        self.stop()
        raise RuntimeError(f"the Streamlit server did not start on {self.url}:\n{self.log}")

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    @property
    def log(self) -> str:
        """Everything the server wrote so far."""
        return "".join(self._lines)

    @property
    def pid(self) -> int:
        """Process identifier, for measurements."""
        return self._process.pid

    @property
    def tiles(self) -> str | None:
        """Address of the map tiles up to its first variable: the only outside requests a page may make."""
        tiles = load_territory(self.territory).tiles
        return tiles.split("{")[0].split("?")[0] if tiles else None

    def stop(self) -> None:
        """End the process, and what reads it."""
        super().stop()
        self._reader.join(timeout=10)
        if self._process.stdout is not None:
            self._process.stdout.close()
