"""Run `python -m pipelines …` and interrupt it at an exact step, for the tests of publication.

`python -m tests.interrupt SIGNAL STEP build --raw …`: SIGNAL is KILL or STOP; STEP is the number of an SQL statement
(1 is the first; 0 never interrupts), `replace` (just before a file is put in place of another) or `replaced` (just
after). The number of statements is written on the last line of the standard error of a run that goes to its end.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
from pathlib import Path
from typing import Any

import duckdb


def interrupt(number: signal.Signals) -> None:
    """Send a signal to this process."""
    os.kill(os.getpid(), number)


def watch_statements(number: signal.Signals, step: int) -> list[int]:
    """Interrupt before the statement of that number; the list's only item counts them."""
    count = [0]
    execute = duckdb.DuckDBPyConnection.execute

    def counted(self: duckdb.DuckDBPyConnection, *arguments: Any, **named: Any) -> duckdb.DuckDBPyConnection:
        count[0] += 1
        if count[0] == step:
            interrupt(number)
        return execute(self, *arguments, **named)

    setattr(duckdb.DuckDBPyConnection, "execute", counted)  # noqa: B010 - a class of an extension module
    return count


def watch_replacement(number: signal.Signals, *, before: bool) -> None:
    """Interrupt just before, or just after, a file is put in place of another."""
    for name in ("rename", "replace"):
        _wrap(name, number, before)


def _wrap(name: str, number: signal.Signals, before: bool) -> None:
    original = getattr(os, name)

    def wrapped(source: Path, target: Path, **named: Any) -> None:
        watched = str(target).endswith(".duckdb")
        if watched and before:
            interrupt(number)
        original(source, target, **named)
        if watched and not before:
            interrupt(number)

    setattr(os, name, wrapped)


def main() -> None:
    """Set the trap, then be the command line."""
    number, step = signal.Signals[f"SIG{sys.argv[1]}"], sys.argv[2]
    count = watch_statements(number, int(step) if step.isdigit() else 0)
    if not step.isdigit():
        watch_replacement(number, before=step == "replace")
    sys.argv = ["pipelines", *sys.argv[3:]]
    try:
        runpy.run_module("pipelines", run_name="__main__", alter_sys=True)
    finally:
        print(f"\n{count[0]}", file=sys.stderr)


if __name__ == "__main__":
    main()
