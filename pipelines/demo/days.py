"""The service days of the fictional exports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from vacances_scolaires_france import SchoolHolidayDates, UnsupportedYearException

from pipelines.demo.truth import Truth, months_before
from pipelines.errors import SettingsError


@dataclass(frozen=True)
class Days:
    """Days on which the team went out, in order, one value a day in each array."""

    date: NDArray[np.datetime64]
    weekday: NDArray[np.int8]  # 1 = Monday
    summer: NDArray[np.bool_]
    holiday: NDArray[np.bool_]  # school holidays
    closes: NDArray[np.int16]  # minutes after the midnight that starts the service day
    presence_lost: NDArray[np.bool_]  # patrolled and recorded, no presence row
    unrecorded: NDArray[np.bool_]  # patrolled, nothing written down

    def __len__(self) -> int:
        return len(self.date)

    @property
    def year(self) -> NDArray[np.int16]:
        return self.date.astype("datetime64[Y]").astype(int).astype(np.int16) + np.int16(1970)


def minutes(clock: str) -> int:
    """Minutes after midnight of `HH:MM`."""
    hours, rest = clock.split(":")
    return int(hours) * 60 + int(rest)


def first_day(end: date, years: int, truth: Truth) -> date:
    """First day of the exports that last `years` years up to `end`.

    Raises SettingsError when there is no such period, or the service had other hours then.
    """
    if years < 1:
        raise SettingsError(f"years = {years} ; attendu : au moins 1 an de données fictives.")
    start = months_before(end, 12 * years) + timedelta(days=1)
    known_from = truth.raw["service"]["valid_from"]
    if start < known_from:
        raise SettingsError(
            f"Les données fictives commenceraient le {start:%d/%m/%Y} ; attendu : pas avant le {known_from:%d/%m/%Y}."
        )
    return start


def service_days(end: date, years: int, truth: Truth, rng: np.random.Generator) -> Days:
    """Service days of the `years` years up to `end` (inclusive), without the days on which the service is closed."""
    service = truth.raw["service"]
    start = first_day(end, years, truth)
    dates = np.arange(np.datetime64(start), np.datetime64(end) + np.timedelta64(1, "D"))
    month_day = np.array([text[5:] for text in np.datetime_as_string(dates)])
    weekday = ((dates.astype(int) + 3) % 7 + 1).astype(np.int8)  # 1970-01-01 was a Thursday
    kept = np.isin(weekday, service["weekdays"]) & ~np.isin(month_day, service["closed"])
    dates, weekday, month_day = dates[kept], weekday[kept], month_day[kept]
    summer = (month_day >= service["summer_starts"]) & (month_day <= service["summer_ends"])
    closes = minutes(service["closes_summer"]) + 24 * 60, minutes(service["closes_winter"])
    lost, unrecorded = _gaps(dates, end, years, truth, rng)
    return Days(
        date=dates,
        weekday=weekday,
        summer=summer,
        holiday=np.isin(dates, school_holidays(start, end, service["school_zone"])),
        closes=np.where(summer, closes[0], closes[1]).astype(np.int16),
        presence_lost=lost,
        unrecorded=unrecorded,
    )


def _gaps(
    dates: NDArray[np.datetime64], end: date, years: int, truth: Truth, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    patrols = truth.raw["patrols"]
    failed = np.datetime64(months_before(end, patrols["unrecorded_months_before_end"]))
    first = int(np.searchsorted(dates, failed))
    unrecorded = np.zeros(len(dates), dtype=bool)
    unrecorded[first : first + patrols["unrecorded_days"]] = True
    lost = np.zeros(len(dates), dtype=bool)
    lost[rng.choice(np.flatnonzero(~unrecorded), patrols["presence_lost_days_per_year"] * years, replace=False)] = True
    return lost, unrecorded


def school_holidays(start: date, end: date, zone: str) -> NDArray[np.datetime64]:
    """School holidays of a zone between two dates; a year that the calendar does not hold has none."""
    calendar, found = SchoolHolidayDates(), []
    for year in range(start.year, end.year + 1):
        try:
            found += list(calendar.holidays_for_year_and_zone(year, zone))
        except UnsupportedYearException:
            continue
    return np.array(found, dtype="datetime64[D]")
