"""Where a moment falls in the service: which service day and hour, whether the team is out, when it goes out next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipelines.settings import Territory, Timetable

# No timetable is looked for further ahead: a service that doesn't work for two weeks says nothing of « tonight ».
DAYS_AHEAD = 14


@dataclass(frozen=True)
class Moment:
    """An hour of a service day: the present one when the team is out, else the first of the next service.

    `is_open` is None where no timetable covers the date: whether the team is out is not known. `starts` is when the
    next service begins, None when the team is out or nothing is known.
    """

    service_date: date
    hour: int
    season: str
    is_open: bool | None
    starts: datetime | None

    @property
    def weekday(self) -> int:
        """Of the service day, 1 = Monday."""
        return self.service_date.isoweekday()


def moment(now: datetime, territory: Territory) -> Moment:
    """The service at a local date and time."""
    here = service_date(now, territory)
    today = _service(here, territory)
    if today and today[0] <= now < today[1]:
        return Moment(here, now.hour, season(here, territory), True, None)
    for ahead in range(DAYS_AHEAD + 1):
        planned = _service(here + timedelta(days=ahead), territory)
        if planned and planned[0] > now:
            day = here + timedelta(days=ahead)
            return Moment(day, planned[0].hour, season(day, territory), False, planned[0])
    return Moment(here, now.hour, season(here, territory), None, None)


def service_date(now: datetime, territory: Territory) -> date:
    """The service day of a local date and time: before its start, still the day before."""
    return (now - timedelta(days=now.time() < territory.service_day_starts)).date()


def season(day: date, territory: Territory) -> str:
    """« ete » or « hiver », by the territory's dates; a summer may begin in one year and end in the next."""
    first, last = territory.summer
    at = (day.month, day.day)
    is_summer = first <= at <= last if first <= last else at >= first or at <= last
    return "ete" if is_summer else "hiver"


def _service(day: date, territory: Territory) -> tuple[datetime, datetime] | None:
    """Planned start and end of a service day."""
    timetable = next((one for one in territory.timetables if _covers(one, day)), None)
    if timetable is None or day.isoweekday() not in timetable.weekdays:
        return None
    opens, closes = timetable.summer if season(day, territory) == "ete" else timetable.winter
    start, end = datetime.combine(day, opens), datetime.combine(day, closes)
    return start, end + timedelta(days=end <= start)


def _covers(timetable: Timetable, day: date) -> bool:
    return timetable.valid_from <= day and (timetable.valid_to is None or day <= timetable.valid_to)
