"""Dates, times and time zones, in every form that exports write them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pipelines.mapping import Limits
from tests.pipelines.exports import MINIMUM, Read

PARIS = ZoneInfo("Europe/Paris")
SLASHED = ["%d/%m/%Y %H:%M", "%d/%m/%Y %Hh%M", "%d/%m/%Y", "%d/%m/%y"]
MIXED = ["iso", "epoch", "fr", "excel", *SLASHED, "%d-%m-%Y %H:%M:%S %z"]


def dated(*forms: str, zone: str | None = None, extra: str = "") -> str:
    """A record of moments in a column `d`."""
    stated = f'timezone = "{zone}"\n' if zone else ""
    return (
        f'dates = {list(forms)}\n{stated}[columns]\nid_intervention = "id"\nhorodatage = "d"\nquartier = "q"\n{extra}'
    )


def moments(read: Read, text: str, values: Sequence[str]) -> list[tuple[Any, ...]]:
    """Moment and whether it has a time of day, for each value, in order; rejected values are left out."""
    rows = [[n, value, "P"] for n, value in enumerate(values)]
    return read(text, ["id", "d", "q"], rows).values("horodatage", "horodatage_clock")


MOMENTS = {
    "2026-01-05": (datetime(2026, 1, 5), False),
    "2026-01-05 21:40": (datetime(2026, 1, 5, 21, 40), True),
    "2026-01-05T21:40:05": (datetime(2026, 1, 5, 21, 40, 5), True),
    "2026-01-05T21:40:00Z": (datetime(2026, 1, 5, 22, 40), True),
    "2026-07-05T21:40:00Z": (datetime(2026, 7, 5, 23, 40), True),
    "2026-01-05T21:40:00.123+05:30": (datetime(2026, 1, 5, 17, 10, 0, 123000), True),
    "2026-01-05T21:40+0100": (datetime(2026, 1, 5, 21, 40), True),
    "2026-01-05T21:40:00-05": (datetime(2026, 1, 6, 3, 40), True),
    "05/01/2026 21:40": (datetime(2026, 1, 5, 21, 40), True),
    "05/01/2026 21h40": (datetime(2026, 1, 5, 21, 40), True),
    "05/01/2026": (datetime(2026, 1, 5), False),
    "5/1/2026": (datetime(2026, 1, 5), False),
    "05/01/26": (datetime(2026, 1, 5), False),
    "1767649200": (datetime(2026, 1, 5, 22, 40), True),
    "1767649200000": (datetime(2026, 1, 5, 22, 40), True),
    "46027": (datetime(2026, 1, 5), False),
    "46027.9027777": (datetime(2026, 1, 5, 21, 40), True),
    "12 janvier 2026": (datetime(2026, 1, 12), False),
    "lundi 5 janvier 2026": (datetime(2026, 1, 5), False),
    "Mardi 1er décembre 2026": (datetime(2026, 12, 1), False),
    "févr. 2026": (datetime(2026, 2, 1), False),
    "juil. 2026": (datetime(2026, 7, 1), False),
    "déc-25": (datetime(2025, 12, 1), False),
    "05-01-2026 21:40:00 +0100": (datetime(2026, 1, 5, 21, 40), True),
    "05-07-2026 21:40:00 +0000": (datetime(2026, 7, 5, 23, 40), True),
    "\u00a02026-01-05\u202f21:40 ": (datetime(2026, 1, 5, 21, 40), True),
}


def test_every_form_of_a_date_is_understood_in_one_column(read: Read):
    assert moments(read, dated(*MIXED), list(MOMENTS)) == list(MOMENTS.values())


def test_what_is_no_date_is_rejected_with_what_was_expected(read: Read):
    values = ["2026-02-30", "31/11/2025", "0026-01-05", "5 germinal 2026", "2026-13-01", "hier", "21:40", "12345"]
    found = read(dated(*MIXED), ["id", "d", "q"], [[n, value, "P"] for n, value in enumerate(values)])
    assert found.rejected == [(line, "d", "date illisible", value) for line, value in enumerate(values, start=2)]
    assert found.con.execute("select distinct expected from rejected_rows").fetchall() == [
        (f"une date et une heure ({', '.join(MIXED)})",)
    ]


def test_the_first_format_that_fits_is_meant(read: Read):
    assert moments(read, dated("%m/%d/%Y", "%d/%m/%Y"), ["02/03/2026", "25/12/2025"]) == [
        (datetime(2026, 2, 3), False),
        (datetime(2025, 12, 25), False),
    ]


def test_utc_is_converted_to_the_clock_of_the_territory_all_year_round(read: Read):
    drawn = random.Random(2026)
    utc = [datetime(1998, 1, 1, tzinfo=UTC) + timedelta(seconds=drawn.randrange(40 * 365 * 86400)) for _ in range(2000)]
    expected = [(instant.astimezone(PARIS).replace(tzinfo=None), True) for instant in utc]
    assert moments(read, dated("iso"), [f"{i:%Y-%m-%dT%H:%M:%S}Z" for i in utc]) == expected
    assert moments(read, dated("iso", zone="UTC"), [f"{i:%Y-%m-%d %H:%M:%S}" for i in utc]) == expected
    assert moments(read, dated("%d/%m/%Y %H:%M:%S", zone="UTC"), [f"{i:%d/%m/%Y %H:%M:%S}" for i in utc]) == expected
    assert moments(read, dated("epoch"), [f"{int(i.timestamp()) * 1000}" for i in utc]) == expected


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo", "Indian/Reunion", "Europe/Paris"])
def test_a_stated_zone_moves_clock_times_and_never_dates(read: Read, zone: str):
    clock, there = datetime(2026, 6, 15, 0, 30), ZoneInfo(zone)
    local = clock.replace(tzinfo=there).astimezone(PARIS).replace(tzinfo=None)
    values = [
        "2026-06-15 00:30",
        "15/06/2026 00:30",
        "2026-06-15",
        "15/06/2026",
        "15 juin 2026",
        "2026-06-15T00:30:00Z",
    ]
    assert moments(read, dated(*MIXED, zone=zone), values) == [
        (local, True),
        (local, True),
        *[(datetime(2026, 6, 15), False)] * 3,
        (datetime(2026, 6, 15, 2, 30), True),
    ]


def test_both_nights_of_the_clock_change(read: Read):
    values = ["2026-03-29 00:59", "2026-03-29 01:00", "2026-10-25 00:30", "2026-10-25 01:30"]
    assert [moment for moment, _ in moments(read, dated("iso", zone="UTC"), values)] == [
        datetime(2026, 3, 29, 1, 59),
        datetime(2026, 3, 29, 3, 0),
        datetime(2026, 10, 25, 2, 30),
        datetime(2026, 10, 25, 2, 30),
    ]


def test_columns_are_joined_with_a_space(read: Read):
    text = 'dates = ["%d/%m/%Y %H:%M", "%d/%m/%Y"]\n[columns]\nid_intervention = "id"\n'
    text += 'horodatage = ["j", "h"]\nquartier = ["q", "r"]\n'
    rows = [[1, "05/01/2026", "21:40", "La", "Bugallière"], [2, "05/01/2026", "", "", "P"], [3, "", "21:40", "P", ""]]
    found = read(text, ["id", "j", "h", "q", "r"], rows)
    assert found.values("horodatage", "horodatage_clock", "quartier") == [
        (datetime(2026, 1, 5, 21, 40), True, "La Bugallière"),
        (datetime(2026, 1, 5), False, "P"),
    ]
    assert found.rejected == [(4, "j + h", "date illisible", "21:40")]


TIMES = {
    "21:40": time(21, 40),
    "21:40:05": time(21, 40, 5),
    "21h40": time(21, 40),
    "21 h 40": time(21, 40),
    "21H40min": time(21, 40),
    "9h05": time(9, 5),
    "9:5": time(9, 5),
    "21h": time(21),
    "21": time(21),
    "24:00": time(0),
    "00:20": time(0, 20),
    "2026-01-05 21:40:00": time(21, 40),
    "05/01/2026 21:40": time(21, 40),
    "1899-12-30T21:40:00": time(21, 40),
    "24:30": None,
    "25:00": None,
    "12:60": None,
    "midi": None,
    "2140": None,
    "": None,
}


def test_every_form_of_a_time_is_understood_and_the_others_are_counted(read: Read):
    text = "[columns]\n" + MINIMUM + 'heure_debut = "h"\n'
    found = read(text, ["id", "d", "h", "q"], [[n, "2026-01-05", value, "P"] for n, value in enumerate(TIMES)])
    assert dict(zip(TIMES, (row[0] for row in found.values("heure_debut")), strict=True)) == TIMES
    assert found.warnings == {("valeur_illisible", "h"): 5}


def test_a_record_may_say_other_forms_of_times(read: Read):
    text = 'times = ["%I:%M %p", "%H%M"]\n[columns]\n' + MINIMUM + 'heure_debut = "h"\n'
    found = read(
        text, ["id", "d", "h", "q"], [[n, "2026-01-05", v, "P"] for n, v in enumerate(["9:40 PM", "2140", "21h40"])]
    )
    assert found.values("heure_debut") == [(time(21, 40),)] * 3


LIMITED = Limits(date(2020, 1, 1), date(2026, 7, 1), "Europe/Paris")
RANGE = {
    "2020-01-01": None,
    "2026-07-01": None,
    "2019-12-31": "date hors de la plage",
    "2026-07-02": "date hors de la plage",
    "": "date absente",
    "bientôt": "date illisible",
}


def test_dates_are_within_the_stated_range(read: Read):
    rows = [[n, value, "P"] for n, value in enumerate(RANGE)]
    found = read("[columns]\n" + MINIMUM, ["id", "d", "q"], rows, LIMITED)
    lines = dict(zip(RANGE, range(2, 8), strict=True))
    assert found.rejected == [(lines[v], "d", reason, v or None) for v, reason in RANGE.items() if reason]
    expected = found.con.execute("select expected from rejected_rows where reason = 'date hors de la plage'").fetchall()
    assert expected == [("du 01/01/2020 au 01/07/2026",)] * 2
