"""What each date is: weekday, season, holidays and the planned service, against the leaflet and published lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pandas as pd
import pytest

from pipelines.calendar import calendar, planned, season
from pipelines.errors import SettingsError
from pipelines.settings import ROOT, load_territory

ORVAULT = load_territory(ROOT / "config" / "orvault")
TUESDAY, WEDNESDAY, SATURDAY, SUNDAY, MONDAY = (date(2026, 1, day) for day in (6, 7, 10, 11, 12))


@pytest.mark.parametrize(
    ("day", "start", "end", "hours"),
    [
        (TUESDAY, datetime(2026, 1, 6, 14, 15), datetime(2026, 1, 6, 23, 30), 9.25),
        (SATURDAY, datetime(2026, 1, 10, 14, 15), datetime(2026, 1, 10, 23, 30), 9.25),
        (SUNDAY, None, None, 0.0),
        (MONDAY, None, None, 0.0),
        (date(2026, 7, 4), datetime(2026, 7, 4, 14, 15), datetime(2026, 7, 5, 0, 30), 10.25),
        (date(2026, 4, 1), datetime(2026, 4, 1, 14, 15), datetime(2026, 4, 2, 0, 30), 10.25),
        (date(2026, 3, 31), datetime(2026, 3, 31, 14, 15), datetime(2026, 3, 31, 23, 30), 9.25),
        (date(2026, 9, 30), datetime(2026, 9, 30, 14, 15), datetime(2026, 10, 1, 0, 30), 10.25),
        (date(2026, 10, 1), datetime(2026, 10, 1, 14, 15), datetime(2026, 10, 1, 23, 30), 9.25),
        (date(2006, 1, 7), datetime(2006, 1, 7, 19), datetime(2006, 1, 8, 2), 7.0),
        (date(2008, 7, 5), datetime(2008, 7, 5, 19), datetime(2008, 7, 6, 2), 7.0),
        (date(2010, 1, 6), datetime(2010, 1, 6, 14), datetime(2010, 1, 6, 23, 30), 9.5),
        (date(2010, 7, 7), datetime(2010, 7, 7, 15), datetime(2010, 7, 8, 0, 30), 9.5),
        (date(2004, 12, 31), None, None, None),
    ],
)
def test_the_service_is_the_leaflet_s_by_version_season_and_weekday(
    day: date, start: datetime | None, end: datetime | None, hours: float | None
):
    assert planned(ORVAULT, day) == (start, end, hours)


def test_a_week_of_service_is_the_share_of_time_that_the_leaflet_gives():
    week = 7 * 24
    winter = sum(planned(ORVAULT, MONDAY + timedelta(days=n))[2] or 0 for n in range(7))
    summer = sum(planned(ORVAULT, date(2026, 7, 6) + timedelta(days=n))[2] or 0 for n in range(7))
    assert (round(100 * winter / week, 1), round(100 * summer / week, 1)) == (27.5, 30.5)


def test_of_two_versions_in_force_the_later_one_counts():
    older, newer = ORVAULT.timetables[1], ORVAULT.timetables[2]
    both = replace(ORVAULT, timetables=(replace(newer, valid_from=date(2020, 1, 1)), replace(older, valid_to=None)))
    assert planned(both, TUESDAY)[2] == 9.25
    assert planned(both, date(2019, 1, 8))[2] == 9.5


def test_a_service_that_ends_when_it_starts_goes_round_the_clock():
    always = replace(ORVAULT.timetables[2], winter=(time(6), time(6)))
    assert planned(replace(ORVAULT, timetables=(always,)), TUESDAY) == (
        datetime(2026, 1, 6, 6),
        datetime(2026, 1, 7, 6),
        24.0,
    )


def test_without_a_timetable_nothing_is_planned_and_nothing_is_known():
    assert planned(replace(ORVAULT, timetables=()), TUESDAY) == (None, None, None)


@pytest.mark.parametrize(
    ("summer", "expected"),
    [
        (((4, 1), (9, 30)), {(3, 31): "hiver", (4, 1): "ete", (9, 30): "ete", (10, 1): "hiver", (1, 1): "hiver"}),
        (((10, 15), (3, 15)), {(10, 14): "hiver", (10, 15): "ete", (1, 1): "ete", (3, 15): "ete", (3, 16): "hiver"}),
    ],
)
def test_seasons_turn_on_the_stated_days_and_may_span_the_new_year(summer, expected: dict[tuple[int, int], str]):
    there = replace(ORVAULT, summer=summer)
    assert {day: season(there, date(2026, *day)) for day in expected} == expected


def test_every_date_has_one_row_with_its_iso_weekday():
    days = calendar(ORVAULT, date(2023, 12, 25), date(2024, 3, 2))
    expected = pd.date_range("2023-12-25", "2024-03-02")
    assert days["service_date"].tolist() == [stamp.date() for stamp in expected]
    assert days["weekday"].tolist() == [stamp.day_of_week + 1 for stamp in expected]


def test_holidays_have_french_names_and_days_without_have_none():
    days = calendar(ORVAULT, date(2026, 7, 1), date(2026, 7, 31)).set_index("service_date")
    assert days["public_holiday"].dropna().to_dict() == {date(2026, 7, 14): "Fête nationale"}
    assert days["school_holiday"].dropna().index.min() == date(2026, 7, 4)


def test_where_there_is_no_school_zone_there_are_no_school_holidays():
    days = calendar(replace(ORVAULT, school_zone=None, country="DE"), date(2026, 7, 1), date(2026, 10, 31))
    assert days["school_holiday"].isna().tolist() == [True] * len(days)
    assert days.loc[days["public_holiday"].notna(), "service_date"].tolist() == [date(2026, 10, 3)]


@pytest.mark.parametrize("change", [{"country": "XX"}, {"school_zone": "D"}])
def test_a_country_or_zone_that_nobody_knows_is_said(change: dict[str, str]):
    with pytest.raises(SettingsError, match=r"territory\.toml : country ou school_zone inconnu"):
        calendar(replace(ORVAULT, **change), TUESDAY, TUESDAY)  # type: ignore[arg-type]


@pytest.mark.real_data
def test_public_holidays_agree_with_the_published_list(real_data: Path):
    listed = pd.read_csv(real_data / "orvault" / "jours_feries_france_2015_2035.csv", parse_dates=[0])
    days = calendar(ORVAULT, date(2015, 1, 1), date(2030, 12, 31))
    found = set(days.loc[days["public_holiday"].notna(), "service_date"])
    assert found == {stamp.date() for stamp in listed.iloc[:, 0] if 2015 <= stamp.year <= 2030}


@pytest.mark.real_data
def test_school_holidays_agree_with_the_published_periods(real_data: Path):
    periods = pd.read_csv(real_data / "orvault" / "vacances_zone_b_periodes.csv")
    days = calendar(ORVAULT, date(2018, 1, 1), date(2026, 12, 31))
    found = set(days.loc[days["school_holiday"].notna(), "service_date"])
    starts, ends = (
        pd.to_datetime(periods[name]) for name in periods.columns[periods.columns.str.contains("debut|fin")]
    )
    expected = {stamp.date() for pair in zip(starts, ends, strict=True) for stamp in pd.date_range(*pair)}
    window = {day for day in expected if date(2018, 1, 1) <= day <= date(2026, 12, 31)}
    assert found == window
