"""The audit trail: who opened and exported what, in a SQLite file beside the warehouse, kept twelve months.

A row says when (UTC), who (an address, « démonstration » or « ligne de commande »), in which role, and which page or
file with which period: never a figure, never an IP address. It is written by every process that serves or exports, so
each writing opens the file anew (a millisecond), behind SQLite's own locks, in its write-ahead mode.

When it can't be written (disk full, folder read-only), the page goes on and the server's log says so: a dashboard that
went dark because of its own trail would serve nobody. An export of real data is refused instead: it leaves this
machine for good, and a trail with a hole there answers nothing on the day it is asked.
"""

from __future__ import annotations

import glob
import logging
import os
import sqlite3
import tempfile
from collections.abc import Callable, MutableMapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar, get_args

from filelock import FileLock

from dashboard.markup import plain
from pipelines.settings import settings

logger = logging.getLogger(__name__)

T = TypeVar("T")
Action = Literal["ouverture", "export", "connexion", "refus"]

SQL = Path(__file__).parent / "queries" / "journal"
COMMAND_LINE = "ligne de commande"
NOBODY = "sans adresse"
LONGEST = {"person": 254, "role": 40, "landlord": 80, "what": 160, "detail": 300}
WAIT_S = 5.0
# A refusal told again within the hour is one refusal: nobody fills the disk by knocking.
REFUSED_ONCE = timedelta(hours=1)
UNREADABLE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
ASIDE = "illisible"
COMPANIONS = ("-wal", "-shm")
ASIDE_TIME = "%Y%m%d-%H%M%S-%f"
MARKS = "audit_opened"

_PURGED: dict[Path, date] = {}


class AuditError(Exception):
    """The trail can't be written or read and something must stop for it; the message is French and kind."""


class Viewer(Protocol):
    """What the trail needs of whoever is looking (`dashboard.access.Viewer`)."""

    @property
    def role(self) -> str: ...

    @property
    def landlord(self) -> str | None: ...

    @property
    def name(self) -> str: ...


def record(
    action: Action,
    what: str,
    detail: str = "",
    viewer: Viewer | None = None,
    *,
    person: str | None = None,
    fictional: bool = False,
) -> bool:
    """Write one row; whether it was written. Without a viewer it is the command line's, or `person`'s without a role.

    what: page or file. detail: period and filters, in short. person: who is refused, when no viewer can be made.
    Raises AuditError when an export can't be written, unless the data are `fictional`.
    """
    if action not in get_args(Action):
        raise ValueError(f"action = {action!r}; expected one of {get_args(Action)}")
    row = {
        "person": _name(viewer, person),
        "role": viewer.role if viewer else "",
        "landlord": viewer.landlord or "" if viewer else "",
        "what": what,
        "detail": detail,
    }
    cleaned = {name: _clean(value, LONGEST[name]) for name, value in row.items()} | {"action": action}
    try:
        _with_file(partial(_add, row=cleaned))
    except (sqlite3.Error, OSError) as error:
        logger.error("The audit trail %s could not be written (%s): %s, %s", file(), error, action, cleaned["what"])
        if action == "export" and not fictional:
            raise AuditError(
                "Ce téléchargement n’a pas pu être inscrit au journal, et rien ne sort sans y être inscrit. "
                "Réessayez dans un moment\u00a0; si cela dure, prévenez la personne qui tient le tableau de bord."
            ) from error
        return False
    return True


def opened(session_marks: MutableMapping[Any, Any], page: str, detail: str = "", viewer: Viewer | None = None) -> None:
    """Record that a page is open: once a day for each session, page and viewer, however often the page runs.

    session_marks: what lives as long as the session (`st.session_state`). A page that could not be recorded is not
    tried again at each run: that would slow down every page.
    """
    mark = (page, viewer and (viewer.role, viewer.landlord, viewer.name), _now().date())
    done = session_marks.get(MARKS, frozenset())
    if mark not in done:
        session_marks[MARKS] = done | {mark}
        record("ouverture", page, detail, viewer)


def _name(viewer: Viewer | None, person: str | None) -> str:
    if viewer is not None:
        return viewer.name or viewer.role
    return COMMAND_LINE if person is None else person or NOBODY


@dataclass(frozen=True)
class Entry:
    """One row of the trail; `at` in UTC, without its zone, as the warehouse keeps its moments."""

    at: datetime
    person: str
    role: str
    landlord: str
    action: str
    what: str
    detail: str


def entries() -> list[Entry]:
    """Rows of the last twelve months, the newest first.

    Raises AuditError when the trail can't be read.
    """
    try:
        return _with_file(_read)
    except (sqlite3.Error, OSError) as error:
        raise AuditError(
            f"Le journal {file()} ne peut pas être lu ({error}). Vérifiez les droits du dossier et la place du disque."
        ) from error


def set_aside() -> list[Path]:
    """Unreadable files that a new one replaced within the last twelve months, the newest first."""
    return [path for path, _ in sorted(_aside(), reverse=True)]


def file() -> Path:
    """Where the trail is: `OPTIMEDIA_JOURNAL`, else beside the warehouse."""
    given = os.environ.get("OPTIMEDIA_JOURNAL")
    return Path(given).expanduser().resolve() if given else settings().warehouse.with_suffix(".journal.sqlite")


def year_before(moment: datetime) -> datetime:
    """The same moment a year before; 28 February for a 29."""
    return moment.replace(year=moment.year - 1, day=28 if (moment.month, moment.day) == (2, 29) else moment.day)


def _read(connection: sqlite3.Connection) -> list[Entry]:
    found = connection.execute(_sql("entries"), {"since": _text(_since())})
    return [Entry(datetime.fromisoformat(at), *texts) for at, *texts in found]


def _add(connection: sqlite3.Connection, row: dict[str, str]) -> None:
    now = _now()
    if row["action"] == "refus":
        known = row | {"since": _text(now - REFUSED_ONCE)}
        if connection.execute(_sql("refused_since"), known).fetchone()[0]:
            return
    connection.execute(_sql("add"), row | {"at": _text(now)})


def _with_file(work: Callable[[sqlite3.Connection], T]) -> T:
    """What `work` makes of the file; one that can't be read is kept aside first, and a new one begun."""
    path = file()
    try:
        return _on(path, work)
    except sqlite3.DatabaseError as error:
        if not _is_unreadable(error):
            raise
        _put_aside(path, error)
    return _on(path, work)


def _on(path: Path, work: Callable[[sqlite3.Connection], T]) -> T:
    if not path.exists():
        _begin(path)
    with closing(_connect(path)) as connection:
        today = _now().date()
        if _PURGED.get(path) != today:
            _purge(connection)
            _PURGED[path] = today
        return work(connection)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)
    try:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma secure_delete = on")
        connection.executescript(_sql("create"))
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _begin(path: Path) -> None:
    """Make the file beside its place and put it there whole: two processes that start together make one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _lock(path), tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as folder:
        if path.exists():
            return
        new = Path(folder) / path.name
        new.touch(mode=0o600)
        _connect(new).close()
        for left in _companions(path):
            left.unlink(missing_ok=True)
        new.replace(path)


def _put_aside(path: Path, error: sqlite3.Error) -> None:
    with _lock(path):
        if _is_sound(path):  # another process was here first
            return
        kept = path.with_name(f"{path.stem}.{ASIDE}-{_now():{ASIDE_TIME}}{path.suffix}")
        for source, suffix in ((path, ""), *zip(_companions(path), COMPANIONS, strict=True)):
            if source.exists():
                source.replace(kept.with_name(kept.name + suffix))
        logger.error("The audit trail %s could not be read (%s): kept as %s, a new one begins", path, error, kept.name)


def _is_sound(path: Path) -> bool:
    try:
        with closing(_connect(path)) as connection:
            _check(connection)
    except sqlite3.DatabaseError as error:
        return not _is_unreadable(error)
    return True


def _check(connection: sqlite3.Connection) -> None:
    """Raises sqlite3.DatabaseError, as SQLite itself does, when the file is damaged anywhere."""
    answer = connection.execute("pragma quick_check(1)").fetchone()
    if answer != ("ok",):
        error = sqlite3.DatabaseError(str(answer[0]))
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error


def _purge(connection: sqlite3.Connection) -> None:
    """Delete what is over twelve months old, files kept aside included, once the file is known to be sound."""
    _check(connection)
    connection.execute(_sql("purge"), {"since": _text(_since())})
    for kept, moment in _aside():
        if moment < _since():
            for name in (kept, *_companions(kept)):
                name.unlink(missing_ok=True)


def _aside() -> list[tuple[Path, datetime]]:
    path, found = file(), []
    for kept in path.parent.glob(f"{glob.escape(path.stem)}.{ASIDE}-*{glob.escape(path.suffix)}"):
        try:
            moment = datetime.strptime(kept.stem.rpartition(f"{ASIDE}-")[2], ASIDE_TIME)
        except ValueError:
            continue
        found.append((kept, moment.replace(tzinfo=UTC)))
    return found


def _is_unreadable(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in UNREADABLE


def _companions(path: Path) -> list[Path]:
    """The files that SQLite keeps beside one that is open."""
    return [path.with_name(path.name + suffix) for suffix in COMPANIONS]


def _lock(path: Path) -> FileLock:
    return FileLock(path.with_name(f"{path.name}.lock"), timeout=WAIT_S)


def _clean(value: object, longest: int) -> str:
    """One line of harmless characters: a trail is read by people and by spreadsheets."""
    words = " ".join(str(value)[: 4 * longest].split())
    return plain(words.encode("utf-8", "replace").decode("utf-8"), longest)


def _now() -> datetime:
    return datetime.now(UTC)


def _since() -> datetime:
    return year_before(_now())


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


@cache
def _sql(name: str) -> str:
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")
