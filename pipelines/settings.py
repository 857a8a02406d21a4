"""One place for settings: the territory's folder, and where data and warehouse live on this machine."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipelines.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent
T = TypeVar("T")
WHOLE_EARTH = (180, 90)
FIRST_DAY = date(1900, 1, 1)
LONGEST = 1200  # months of retention, days ahead
THRESHOLDS = {"people": 11, "technical": 5, "density_points": 30}
LARGEST_THRESHOLD = 10_000
PARTNERS = ("ville", "bailleur", "comite")  # roles of the dashboard that may have thresholds of their own


@dataclass(frozen=True)
class Neighbourhoods:
    """Where the outlines are and how their columns are called; `file` None: zones are named by a column."""

    file: Path | None
    id: str = "neighbourhood_id"
    name: str = "name"
    population: str | None = None
    population_source: str | None = None
    population_date: str | None = None
    aliases: dict[str, str] = field(default_factory=dict)
    bounds: tuple[float, float, float, float] | None = None  # west, south, east, north; else those of the outlines


@dataclass(frozen=True)
class Timetable:
    """Planned service between two dates (`valid_to` None: still in force); an end before its start is next day."""

    valid_from: date
    valid_to: date | None
    weekdays: frozenset[int]
    winter: tuple[time, time]
    summer: tuple[time, time]
    source: str


@dataclass(frozen=True)
class Territory:
    """One territory, read from `territory.toml` in its folder."""

    folder: Path
    name: str
    title: str
    country: str
    school_zone: str | None
    timezone: str
    metric_crs: str
    service_day_starts: time
    retention_months: int
    earliest_date: date
    latest_days_ahead: int
    unreadable_files: Literal["stop", "skip"]
    neighbourhoods: Neighbourhoods
    summer: tuple[tuple[int, int], tuple[int, int]]
    timetables: tuple[Timetable, ...]
    thresholds: dict[str, int]
    role_thresholds: dict[str, dict[str, int]]
    tiles: str | None
    attribution: str

    def threshold(self, kind: str, *roles: str) -> int:
        """The count under which a kind of fact is hidden: the strictest of these roles, the general one for others."""
        general = self.thresholds[kind]
        return max((self.role_thresholds.get(role, {}).get(kind, general) for role in roles), default=general)


@dataclass(frozen=True)
class Settings:
    """Where this machine keeps things: from the command line, else `OPTIMEDIA_*` variables, else the defaults."""

    territory: Path
    raw: Path
    warehouse: Path


def settings(territory: str | None = None, raw: str | None = None, warehouse: str | None = None) -> Settings:
    """Settings of this process; relative paths are read from the project's root when they don't exist here."""
    return Settings(
        territory=_path(territory, "OPTIMEDIA_TERRITORY", "config/orvault"),
        raw=_path(raw, "OPTIMEDIA_RAW", "data/raw"),
        warehouse=_path(warehouse, "OPTIMEDIA_WAREHOUSE", "data/optimedia.duckdb"),
    )


def _path(given: str | None, variable: str, default: str) -> Path:
    chosen = given or os.environ.get(variable)
    return Path(chosen).expanduser().resolve() if chosen else ROOT / default


def load_territory(folder: Path) -> Territory:
    """Read `territory.toml`.

    Raises SettingsError, naming the file and the key, when one is missing or can't be understood.
    """
    file = folder / "territory.toml"
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(
            f"Territoire introuvable : {file} n'existe pas. Attendu : un dossier contenant territory.toml."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} : fichier TOML illisible ({error}).") from None
    try:
        return _territory(folder, raw)
    except KeyError as error:
        raise SettingsError(f"{file} : la clé {error} manque.") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise SettingsError(f"{file} : valeur incomprise ({error}).") from None


def _territory(folder: Path, raw: dict[str, Any]) -> Territory:
    seasons, tiles = raw["seasons"], raw.get("map", {})
    unreadable = raw.get("unreadable_files", "stop")
    if unreadable not in ("stop", "skip"):
        raise ValueError(f'unreadable_files = "{unreadable}" ; attendu : "stop" ou "skip"')
    general, by_role = _thresholds(raw.get("thresholds", {}))
    return Territory(
        folder=folder,
        name=raw["name"],
        title=raw.get("title", raw["name"]),
        country=_typed(raw.get("country", "FR"), str, "country"),
        school_zone=_typed(raw["school_zone"], str, "school_zone") if "school_zone" in raw else None,
        timezone=_timezone(raw["timezone"]),
        metric_crs=_typed(raw["metric_crs"], str, "metric_crs"),
        service_day_starts=_clock(raw.get("service_day_starts", "00:00")),
        retention_months=_count(raw.get("retention_months", 24), "retention_months"),
        earliest_date=_day(raw["earliest_date"], "earliest_date"),
        latest_days_ahead=_count(raw.get("latest_days_ahead", 1), "latest_days_ahead"),
        unreadable_files=unreadable,
        neighbourhoods=_neighbourhoods(folder, raw.get("neighbourhoods", {})),
        summer=(_month_day(seasons["summer_starts"]), _month_day(seasons["summer_ends"])),
        timetables=tuple(_timetable(entry) for entry in raw.get("timetables", [])),
        thresholds=THRESHOLDS | general,
        role_thresholds=by_role,
        tiles=None if tiles.get("tiles", "none") == "none" else tiles["tiles"],
        attribution=tiles.get("attribution", ""),
    )


def _thresholds(raw: dict[str, Any]) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """Thresholds of everyone, then those of a role, `[thresholds.bailleur]`, which replace them for it."""
    roles = {name: value for name, value in raw.items() if isinstance(value, dict)}
    if unknown := roles.keys() - set(PARTNERS):
        raise ValueError(f"[thresholds.{min(unknown)}] ; attendu : un rôle parmi {', '.join(PARTNERS)}")
    for role, given in roles.items():
        if unknown := given.keys() - {"people", "technical"}:
            raise ValueError(f"[thresholds.{role}] {min(unknown)} ; attendu : people ou technical")
    general = {name: value for name, value in raw.items() if name not in roles}
    if unknown := general.keys() - THRESHOLDS.keys():
        raise ValueError(f"[thresholds] {min(unknown)} ; attendu : {', '.join(THRESHOLDS)}")
    for where, given in [("thresholds", general), *((f"thresholds.{role}", given) for role, given in roles.items())]:
        for name, value in given.items():
            _threshold(value, f"[{where}] {name}")
    return general, roles


def _threshold(value: object, key: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST_THRESHOLD:
        raise ValueError(f"{key} = {value!r} ; attendu : un nombre entier de 1 à {LARGEST_THRESHOLD}")


def _neighbourhoods(folder: Path, raw: dict[str, Any]) -> Neighbourhoods:
    file = raw.get("file")
    if file is None:
        return Neighbourhoods(file=None, aliases=raw.get("aliases", {}), bounds=_bounds(raw))
    beside, from_root = folder / file, ROOT / file
    return Neighbourhoods(
        file=beside if beside.exists() else from_root,
        **{key: raw[key] for key in ("id", "name") if key in raw},
        population=raw.get("population"),
        population_source=raw.get("population_source"),
        population_date=raw.get("population_date"),
        aliases=raw.get("aliases", {}),
        bounds=_bounds(raw),
    )


def _bounds(raw: dict[str, Any]) -> tuple[float, float, float, float] | None:
    if "bounds" not in raw:
        return None
    west, south, east, north = (float(value) for value in raw["bounds"])
    inside = max(-west, east) <= WHOLE_EARTH[0] and max(-south, north) <= WHOLE_EARTH[1]
    if not (west < east and south < north and inside):
        raise ValueError(f"bounds = {raw['bounds']} ; attendu : [ouest, sud, est, nord] en degrés")
    return west, south, east, north


def _timetable(raw: dict[str, Any]) -> Timetable:
    if not raw["weekdays"] or set(raw["weekdays"]) - set(range(1, 8)):
        raise ValueError(f"weekdays = {raw['weekdays']} ; attendu : des jours de 1 (lundi) à 7")
    return Timetable(
        valid_from=_day(raw["valid_from"], "valid_from"),
        valid_to=_day(raw["valid_to"], "valid_to", raw["valid_from"]) if "valid_to" in raw else None,
        weekdays=frozenset(raw["weekdays"]),
        winter=_hours(raw["winter"]),
        summer=_hours(raw["summer"]),
        source=raw["source"],
    )


def _hours(raw: list[str]) -> tuple[time, time]:
    start, end = raw
    return _clock(start), _clock(end)


def _clock(raw: str) -> time:
    clock = time.fromisoformat(raw)
    if clock.tzinfo is not None:
        raise ValueError(f"{raw} ; attendu : une heure locale comme 14:15")
    return clock


def _day(value: object, key: str, not_before: date = FIRST_DAY) -> date:
    if not isinstance(value, date) or isinstance(value, datetime) or value < not_before:
        raise ValueError(f"{key} = {value!r} ; attendu : une date sans heure comme 2005-01-01, dès le {not_before}")
    return value


def _month_day(raw: str) -> tuple[int, int]:
    parsed = date.fromisoformat(f"2000-{raw}")
    return parsed.month, parsed.day


def _timezone(name: object) -> str:
    try:
        return ZoneInfo(_typed(name, str, "timezone")).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f'timezone = "{name}" ; attendu : un fuseau de la base IANA, comme UTC') from None


def _count(value: object, key: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LONGEST:
        raise ValueError(f"{key} = {value!r} ; attendu : un nombre entier de 0 à {LONGEST}")
    return value


def _typed(value: object, kind: type[T], key: str) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"{key} = {value!r} ; attendu : {kind.__name__}")
    return value
