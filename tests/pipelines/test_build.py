"""Golden cases: small exports of Orvault, and the very figures that the warehouse must hold."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.settings import ROOT, Settings
from tests.pipelines.exports import (
    TODAY,
    World,
    csv_of,
    csv_text,
)
from tests.pipelines.golden import ACTION, EVENTS, NOWHERE, PLACES, PRESENCE, REPAIRS, ROWS


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Orvault's own territory and records, with the rows above."""
    folder = tmp_path_factory.mktemp("golden")
    world = World(folder)
    world.where = Settings(ROOT / "config" / "orvault", world.where.raw, world.where.warehouse)
    rows = [{"date_service": "2026-01-13"} | written for written, _ in ROWS.values()]
    rows += [{"date_service": "2026-01-13"} | dict(written) for written, _ in NOWHERE.values()]
    names = [*ROWS, *NOWHERE]
    world.export(
        "interventions.csv", csv_of([{"id_intervention": n} | row for n, row in zip(names, rows, strict=True)])
    )
    world.export("lieux.csv", csv_of(PLACES))
    header = ["date_service", "quartier", "heure_debut", "heure_fin", "effectif"]
    world.export("presence.csv", csv_text(header, PRESENCE))
    world.export("evenements.csv", csv_of(EVENTS))
    world.export("sinistres.csv", csv_of(REPAIRS))
    world.export("actions_scolaires.csv", csv_of([ACTION]))
    world.build()
    return world


@pytest.mark.parametrize("name", ROWS)
def test_an_intervention_is_what_was_written(golden: World, name: str):
    expected = ROWS[name][1]
    (found,) = golden.query(f"select {', '.join(expected)} from interventions where intervention_id = '{name}'")
    assert dict(zip(expected, found, strict=True)) == expected


def test_every_row_is_at_its_line(golden: World):
    found = dict(golden.query("select intervention_id, source_line from interventions"))
    assert found == {name: line for line, name in enumerate(ROWS, start=2)}


@pytest.mark.parametrize("name", NOWHERE)
def test_what_nothing_locates_is_rejected_with_what_came(golden: World, name: str):
    line = 2 + len(ROWS) + list(NOWHERE).index(name)
    column, came = NOWHERE[name][1]
    assert golden.query(
        "select column_name, reason, received from rejected_rows join import_files using (file_id) "
        f"where name = 'interventions.csv' and line = {line}"
    ) == [(column, "localisation inconnue", came)]


def test_the_ledger_accounts_for_every_row(golden: World):
    found = golden.query("select name, rows_read, loaded, duplicates, rejected from import_files order by name")
    assert found == [
        ("actions_scolaires.csv", 1, 1, 0, 0),
        ("evenements.csv", 3, 3, 0, 0),
        ("interventions.csv", len(ROWS) + 4, len(ROWS), 0, 4),
        ("lieux.csv", 4, 4, 0, 0),
        ("presence.csv", 9, 8, 1, 0),
        ("sinistres.csv", 4, 4, 0, 0),
    ]


def test_the_ledger_says_which_days_each_file_covers(golden: World):
    found = golden.query("select name, first_date, last_date, error from import_files order by name")
    assert found == [
        ("actions_scolaires.csv", date(2026, 1, 13), date(2026, 1, 13), None),
        ("evenements.csv", date(2025, 1, 1), date(2026, 2, 1), None),
        ("interventions.csv", date(2006, 1, 7), date(2026, 6, 27), None),
        ("lieux.csv", None, None, None),
        ("presence.csv", date(2026, 6, 23), date(2026, 6, 28), None),
        ("sinistres.csv", date(2026, 1, 1), date(2026, 4, 1), None),
    ]


def test_what_is_odd_about_places_is_counted(golden: World):
    found = golden.query(
        "select kind, column_name, count from import_warnings join import_files using (file_id) "
        "where name = 'interventions.csv' and kind not like 'colonne%' order by kind"
    )
    unknown = sum(row.get("quartier") in ("P", "Le Bourg") for row, _ in ROWS.values())
    assert (
        found
        == [
            ("coordonnees_illisibles", "longitude + latitude", 0),
            ("coordonnees_inutilisables", "longitude, latitude", 1),
            ("coordonnees_permutees", "longitude, latitude", 1),
            ("hors_perimetre", "longitude, latitude", 1),
            ("lieu_inconnu", "lieu_id", 1),
            ("quartier_inconnu", "quartier", unknown),
            ("valeur_inconnue", "origine", 1),
        ][1:]
    )


def test_places_have_their_point_and_neighbourhood(golden: World):
    found = golden.query(
        "select place_id, name, longitude, neighbourhood_id, landlord_code, dwellings from places order by 1"
    )
    assert found == [
        ("L1", "Hall A", -1.61, "choliere", "B1", 40),
        ("L2", "Sans point", None, None, "B2", None),
        ("L3", "Ailleurs", -1.5534, "hors_perimetre", None, None),
        ("L4", "Permuté", -1.64, "bugalliere", None, None),
    ]


def test_metres_are_those_of_the_territory(golden: World):
    ((x, y),) = golden.query("select x_m, y_m from interventions where intervention_id = 'point'")
    assert (x, y) == (pytest.approx(353_402, abs=100), pytest.approx(6_693_136, abs=300))


def test_events_repairs_and_actions(golden: World):
    assert golden.query("select starts_on, ends_on, neighbourhood_id, label from events order by starts_on") == [
        (date(2025, 1, 1), date(2025, 12, 31), None, "Renfort"),
        (date(2026, 1, 1), None, "bugalliere", "Travaux"),
        (date(2026, 2, 1), None, "hors_perimetre", "Fête"),
    ]
    assert golden.query(
        "select month, repairs, cost_excl_tax, comparison_group from landlord_repairs order by month"
    ) == [(date(2026, month, 1), 2, 1234.5, "suivi") for month in (1, 2, 3, 4)]
    assert golden.query("select * from school_actions") == [(date(2026, 1, 13), "collège", "respect", 2, 25)]


def test_patrols_are_shared_out_by_clock_hour(golden: World):
    found = golden.query(
        "select hour, hours, agent_hours from presence "
        "where service_date = '2026-06-23' and neighbourhood_id = 'plaisance_ferriere' order by hour"
    )
    assert found == [
        (14, 0.75, 1.5),
        (15, 1.0, 2.0),
        (16, 1.0, 2.0),
        (17, 1.0, 2.0),
        (18, 2.0, 3.0),
        (19, 1.0, 1.0),
        (20, 0.5, 0.5),
    ]
    late = "select hour, hours from presence where neighbourhood_id = 'bugalliere' and service_date = '2026-06-23'"
    assert sorted(golden.query(late)) == [(0, 0.5), (19, 0.5), (20, 1.0), (21, 1.0), (22, 1.0), (23, 1.0)]


def test_agents_that_nobody_wrote_down_are_unknown(golden: World):
    found = golden.query("select hour, agent_hours from presence where service_date = '2026-06-24' order by hour")
    assert found == [(15, None), (16, None), (17, None), (20, 2.0), (21, 2.0)]


def test_hours_done_are_the_plan_that_a_patrol_covered(golden: World):
    found = golden.query(
        "select service_date, planned_hours, done_hours, patrol_hours, presence_source from service_days "
        "where service_date between '2026-06-21' and '2026-06-28' order by service_date"
    )
    assert found == [
        (date(2026, 6, 21), 0.0, None, 0.0, None),
        (date(2026, 6, 22), 0.0, None, 0.0, None),
        (date(2026, 6, 23), 10.25, 10.25, 14.25, "presence"),
        (date(2026, 6, 24), 10.25, 5.0, 5.0, "presence"),
        (date(2026, 6, 25), 10.25, 1.0, 1.0, "presence"),
        (date(2026, 6, 26), 10.25, None, 10.25, "horaires"),
        (date(2026, 6, 27), 10.25, None, 10.25, "horaires"),
        (date(2026, 6, 28), 0.0, 0.0, 1.0, "presence"),
    ]


def test_without_an_export_the_timetable_tells_and_each_neighbourhood_gets_it(golden: World):
    found = golden.query(
        "select neighbourhood_id, sum(hours), min(agent_hours), any_value(source), count(*) from presence "
        "where service_date = '2026-06-27' group by all order by 1"
    )
    assert found == [(name, 10.25, None, "horaires", 11) for name in ("bugalliere", "choliere", "plaisance_ferriere")]
    assert golden.query("select hours from presence where service_date = '2026-06-27' and hour = 0") == [(0.5,)] * 3


def test_presence_at_an_unknown_place_is_out_of_the_perimeter(golden: World):
    assert golden.query("select neighbourhood_id, hour, hours from presence where service_date = '2026-06-28'") == [
        ("hors_perimetre", 15, 1.0)
    ]


def test_the_build_says_what_it_is(golden: World):
    assert golden.query(
        "select today, territory, metric_crs, fictional, generalised_before, hour_known, presence_source from build"
    ) == [(TODAY, "Orvault", "EPSG:2154", False, date(2024, 6, 30), True, "mixte")]


def test_prepared_tables_agree_with_the_interventions(golden: World):
    prepared = golden.query(
        "select service_date, neighbourhood_id, register, motif, origin, is_request, interventions, appeased, "
        "outcome_known from activity_daily order by all"
    )
    counted = golden.query(
        "select service_date, neighbourhood_id, register, motif, origin, is_request, count(*), "
        "count(*) filter (outcome in ('apaise', 'accord', 'evite')), "
        "count(*) filter (outcome is not null and outcome <> 'non_observe') "
        "from interventions group by all order by all"
    )
    assert prepared == counted
    assert golden.query(
        "select sum(interventions), count(*) - count(distinct service_date), min(service_date), max(service_date) "
        "from service_days"
    ) == [(len(ROWS), 0, date(2006, 1, 7), date(2026, 6, 28))]


def test_completeness_counts_what_is_filled(golden: World):
    found = dict(golden.query("select column_name, filled from completeness where table_name = 'interventions'"))
    assert found["place_id"] == sum(row.get("lieu_id") in ("L1", "L2", "L3", "L4") for row, _ in ROWS.values())
    assert found["register"] == 1
    assert found["motif"] == 1
    assert found["longitude"] == 7
    totals = dict(golden.query("select column_name, total from completeness where table_name = 'interventions'"))
    assert totals["motif"] == len(ROWS)
    assert totals["ended_at"] == totals["public_type"] == len(ROWS) - 2
