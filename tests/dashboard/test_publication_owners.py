"""A landlord's publication: its own property, and nothing of other owners, of profiles, of schools or of the police."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dashboard.access import Viewer
from dashboard.publication_places import betrayed
from dashboard.publication_system import Calendar, Key
from tests.dashboard.publications import (
    CITY,
    LANDLORD,
    QUARTER,
    ZONES,
    Make,
    counted,
    days,
    happened,
    maker,
    property_of,
    rows_of,
)
from tests.dashboard.warehouses import HOSTILE

SCHOOL_AND_POLICE = ("police", "ecole", "scolaire", "education")


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """`make(viewer, **tables)`: what is published for a viewer of a warehouse with these tables."""
    return maker(tmp_path, monkeypatch)


def test_a_landlord_reads_its_own_property_and_what_is_left_stays_hidden(make: Make):
    rows = property_of("BAIL-A", 60) + property_of("BAIL-B", 40) + property_of("BAIL-A", 40, motif="feu")
    rows += property_of("BAIL-B", 4, motif="feu") + property_of("BAIL-B", 60, motif="occupation_hall")
    given = {"interventions": rows, "service_days": QUARTER, "neighbourhoods": ZONES}
    everyone = counted(make(CITY, **given), "motif", "territoire")
    assert everyone == {"feu": 44, "occupation_hall": 60, "tag": 100, "total": 204}
    tables = make(LANDLORD, **given)
    mine = counted(tables, "motif", "patrimoine")
    assert counted(tables, "motif", "territoire") == everyone
    assert mine["total"] == 100
    assert mine["feu"] is None  # 44 less 40 are 4 of another owner
    assert None in (mine["tag"], mine["occupation_hall"])
    assert set(make(CITY, **given)["published_counts"]["area"]) == {"nord", "territoire"}


def test_a_landlord_reads_no_other_owner_no_profile_no_school_no_police(make: Make):
    landlords, motifs = ("BAIL-A", "BAIL-B"), ("mineur_danger_conduite_risque", "personne_isolee_detresse", "tag")
    origins = ("police_municipale", "etablissement_scolaire", "gardien")
    rows = [
        row | {"partners": [partner], "referral_outcome": "fait", "public_type": "jeunes", "place_id": code}
        for code in landlords
        for motif, origin, partner in zip(
            motifs, origins, ("police_nationale", "education_specialisee", "mairie"), strict=True
        )
        for row in property_of(code, 28, motif=motif, origin=origin)
    ]
    places = [
        {
            "place_id": code,
            "name": f"Résidence {code} {HOSTILE}",
            "landlord_code": code,
            "dwellings": 20,
            "x_m": x,
            "y_m": 50.0,
        }
        | {"longitude": -1.6, "latitude": 47.2, "neighbourhood_id": "nord"}
        for code, x in zip(landlords, (352_050.0, 352_450.0), strict=True)
    ]
    schools = [{"held_on": date(2025, 1, 8), "theme": "Harcèlement", "sessions": 2, "participants": 25}]
    repairs = [
        {"landlord_code": code, "residence": code, "month": date(2025, 1, 1), "repairs": 3} for code in landlords
    ]
    given = {"interventions": rows, "service_days": QUARTER, "places": places, "school_actions": schools}
    tables = make(LANDLORD, **given, landlord_repairs=repairs)
    said = " ".join(frame.drop(columns="sentence", errors="ignore").to_csv() for frame in tables.values())
    assert "BAIL-B" not in said
    assert not [word for word in (*SCHOOL_AND_POLICE, "mineur", "jeunes", "Harcèlement", "isolee") if word in said]
    assert counted(tables, "motif", "nord") == {"autre": 112, "tag": 56, "total": 168}
    assert counted(tables, "origine", "patrimoine")["autre"] == 56
    assert counted(tables, "relais", "territoire")["mairie"] == 56
    assert tables["landlord_repairs"]["residence"].tolist() == ["BAIL-A"]
    city = make(CITY, **given, landlord_repairs=repairs)
    assert counted(city, "motif", "nord")["mineur_danger_conduite_risque"] == 56
    assert city["published_schools"].set_index("theme")["participants"].to_dict() == {"Harcèlement": 25, "total": 25}
    assert "landlord_repairs" not in city


def place(code: str, name: str, landlord: str | None, dwellings: int | None, at: tuple[int, int]) -> dict[str, Any]:
    """A place in metres."""
    known = {"place_id": code, "name": name, "landlord_code": landlord, "dwellings": dwellings}
    return known | {"x_m": at[0], "y_m": at[1], "longitude": 0.0}


def test_squares_bear_the_name_of_a_residence_for_its_owner_alone(make: Make):
    places = [
        place("a", "Résidence A", "BAIL-A", 20, (352_050, 6_694_050)),
        place("b", "Résidence B", "BAIL-B", 20, (352_450, 6_694_050)),
        place("c", "Square", None, None, (352_050, 6_694_150)),
        place("d", "Maison", "BAIL-A", 2, (352_850, 6_694_050)),
    ]
    rows = [
        row
        for known, many in (("a", 20), ("b", 30), ("c", 40), ("d", 28))
        for row in property_of(None, many, place_id=known)
    ]
    rows += happened(date(2025, 1, 1), 5, x_m=360_000.0, y_m=6_700_000.0) + happened(date(2025, 1, 1), 12)
    given = {"interventions": rows, "service_days": QUARTER, "places": places}
    shared = {row["zone"]: row for row in rows_of(make(CITY, **given), "published_places")}
    own = {row["zone"]: row for row in rows_of(make(LANDLORD, **given), "published_places")}
    found = {"3520_66940 nord": 20, "3524_66940 nord": 30, "3520_66941 nord": 40, "3528_66940 nord": 28}
    assert {zone: row["n"] for zone, row in shared.items()} == found
    assert {zone: row["n"] for zone, row in own.items()} == found
    assert shared["3520_66940 nord"]["name"] == "Carré de 100 m au sud de\u00a0: Square"
    assert own["3520_66940 nord"]["name"] == "Carré de 100 m\u00a0: Résidence A"
    assert [zone for zone, row in own.items() if row["is_own"]] == ["3520_66940 nord"]
    names = " ".join(row["name"] for row in (*shared.values(), *own.values()))
    assert "Résidence B" not in names and "Maison" not in names
    assert abs(shared["3520_66940 nord"]["latitude"] - 47.26) < 0.1


def test_a_landlord_that_no_record_names_reads_the_common_figures(make: Make):
    tables = make(Viewer("bailleur", "PERSONNE"), interventions=property_of("BAIL-A", 40), service_days=QUARTER)
    assert set(tables["published_counts"]["area"]) == {"nord", "territoire"}
    assert tables["published_declared"].empty


@pytest.mark.parametrize(
    ("counts", "first", "hidden"),
    [
        ((24, 19, 29, 18), 1, False),  # every quarter is shown
        ((24, 7, 29, 8), 1, False),  # two are hidden in their lists: each may hold what the other does not
        ((6, 14, 15, 16), 2, True),  # the one that no list has is what the year leaves
        ((6, 6, 14, 15), 3, True),  # 12 for two quarters under 11: neither is 1
        ((5, 6, 14, 15), 3, False),  # 11: one may be 1 and the other 10
        ((6, 14, 8, 16), 2, True),  # 14 for one under 11 and one hidden: that one has 4 at least
        ((6, 14, 8, 9), 2, False),
        ((0, 14, 15, 16), 2, False),
    ],
)
def test_a_year_does_not_tell_what_unlisted_quarters_count(counts: tuple[int, ...], first: int, hidden: bool):
    calendar = Calendar(tuple(f"2025-T{number}" for number in range(1, 5)), "2025")
    cells = {("nord", "1_2", quarter): n for quarter, n in zip(calendar.quarters, counts, strict=True)}
    told = betrayed(calendar, cells, {("nord", "1_2"): f"2025-T{first}"}, 11)
    assert told == ({Key("lieux", "nord", "1_2", "2025"): True} if hidden else {})
    assert betrayed(Calendar(calendar.quarters, None), cells, {}, 11) == {}


def test_a_square_is_listed_from_the_quarter_where_it_reaches_the_threshold(make: Make):
    def at(day: date, many: int) -> list[dict[str, Any]]:
        return happened(day, many, x_m=352_050.0, y_m=6_694_050.0)

    rows = at(date(2024, 10, 1), 4) + at(date(2025, 1, 1), 12) + at(date(2025, 4, 1), 5)
    rows += happened(date(2024, 10, 1), 60) + happened(date(2025, 1, 1), 60) + happened(date(2025, 4, 1), 60)
    tables = make(CITY, interventions=rows, service_days=days(date(2024, 10, 1), date(2025, 6, 30)))
    found = {row["period"]: row for row in rows_of(tables, "published_places")}
    assert set(found) == {"2025-T1", "2025-T2"}
    assert found["2025-T1"]["n"] == 12
    assert found["2025-T2"]["is_masked"]
