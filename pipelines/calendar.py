"""What each date is: weekday, season, holidays, and the service that was planned."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import holidays
import pandas as pd
from vacances_scolaires_france import SchoolHolidayDates, UnsupportedYearException, UnsupportedZoneException

from pipelines.errors import SettingsError
from pipelines.settings import Territory, Timetable


def calendar(territory: Territory, first: date, last: date) -> pd.DataFrame:
    """One row a date from first to last, inclusive.

    Columns: service_date, weekday (1 = Monday), season (`hiver`, `ete`), public_holiday and school_holiday (name or
    None), planned_start and planned_end (local; None without planned service), planned_hours (0 on days without
    service, None when no timetable covers the date).
    """
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    try:
        public = holidays.country_holidays(territory.country, years=range(first.year, last.year + 1), language="fr")
        school = _school_holidays(territory.school_zone, first, last)
    except (NotImplementedError, UnsupportedZoneException) as error:
        raise SettingsError(
            f"{territory.folder / 'territory.toml'} : country ou school_zone inconnu ({error})."
        ) from None
    rows = []
    for day in days:
        start, end, hours = planned(territory, day)
        rows.append(
            (day, day.isoweekday(), season(territory, day), public.get(day), school.get(day), start, end, hours)
        )
    columns = ["service_date", "weekday", "season", "public_holiday", "school_holiday"]
    return pd.DataFrame(rows, columns=[*columns, "planned_start", "planned_end", "planned_hours"])


def season(territory: Territory, day: date) -> str:
    """`ete` between the two dates of the switch, inclusive, else `hiver`; the summer may span the new year."""
    first, last = territory.summer
    here = (day.month, day.day)
    in_summer = first <= here <= last if first <= last else here >= first or here <= last
    return "ete" if in_summer else "hiver"


def planned(territory: Territory, day: date) -> tuple[datetime | None, datetime | None, float | None]:
    """Start, end and hours of the service planned that day; hours are 0 without service, None without timetable."""
    timetable = _timetable(territory, day)
    if timetable is None:
        return None, None, None
    if day.isoweekday() not in timetable.weekdays:
        return None, None, 0.0
    opening, closing = timetable.summer if season(territory, day) == "ete" else timetable.winter
    start, end = datetime.combine(day, opening), datetime.combine(day, closing)
    if end <= start:
        end += timedelta(days=1)
    return start, end, (end - start).total_seconds() / 3600


def _timetable(territory: Territory, day: date) -> Timetable | None:
    """The version in force; where two are, the later one."""
    valid = [t for t in territory.timetables if t.valid_from <= day and (t.valid_to is None or day <= t.valid_to)]
    return max(valid, key=lambda t: t.valid_from, default=None)


def _school_holidays(zone: str | None, first: date, last: date) -> dict[date, str]:
    """Names of the school holidays; years that the library does not know have none, as outside France."""
    if zone is None:
        return {}
    known = SchoolHolidayDates()
    found: dict[date, str] = {}
    for year in range(first.year, last.year + 1):
        try:
            found |= {day: entry["nom_vacances"] for day, entry in known.holidays_for_year_and_zone(year, zone).items()}
        except UnsupportedYearException:
            continue
    return found
