"""What every measurement shares: figures with their targets, processes with their time and memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from pipelines.settings import ROOT

GIB = 2**30


@dataclass(frozen=True)
class Figure:
    """One measured figure; `target` None: for information; `value` must not exceed it otherwise."""

    name: str
    value: float
    unit: str
    target: float | None = None
    detail: str = ""

    @property
    def ok(self) -> bool | None:
        """Whether the target is met; None without one."""
        return None if self.target is None else self.value <= self.target


@dataclass(frozen=True)
class Run:
    """A process that ended well: seconds of wall and of processor, bytes of peak resident memory."""

    wall_s: float
    cpu_s: float
    peak_bytes: int
    output: str


def run_module(module: str, *arguments: str | Path, **env: str) -> Run:
    """Run `python -m module …` to its end, measured from outside.

    Raises RuntimeError, with what it said, when it fails.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPTIMEDIA_")}
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env=kept | {"PYTHONUTF8": "1"} | env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    with process.stdout:
        output = process.stdout.read().decode("utf-8", errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed ({process.returncode}):\n{output[-4000:]}")
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Run(wall, usage.ru_utime + usage.ru_stime, peak, output)


def thousands(number: int) -> str:
    """100 000, 10 000 000: a number of rows that can be read."""
    return f"{number:,}".replace(",", " ")
