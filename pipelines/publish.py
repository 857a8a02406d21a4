"""One build at a time, built aside, put in place at once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pipelines.errors import BuildInProgressError


@contextmanager
def workspace(warehouse: Path) -> Iterator[Path]:
    """A private folder beside the warehouse for one build; what a killed build left is removed first.

    The lock is the system's: it goes when its process does, killed or not.

    Raises BuildInProgressError when another build holds the warehouse.
    """
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(warehouse.with_name(f"{warehouse.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise BuildInProgressError(
            f"Une autre construction de {warehouse.name} est en cours. Attendez qu'elle finisse, puis relancez."
        ) from None
    folder = warehouse.with_name(f".{warehouse.name}.build")
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def publish(built: Path, warehouse: Path) -> None:
    """Put a finished file in the warehouse's place: readers see the old one or the new one, never a part."""
    with built.open("rb") as stream:
        os.fsync(stream.fileno())
    built.replace(warehouse)
    if os.name == "posix":
        folder = os.open(warehouse.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
