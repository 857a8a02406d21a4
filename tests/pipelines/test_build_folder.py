"""What a build makes of a whole folder: of a territory without outlines or hours, and of files that it can't read."""

from __future__ import annotations

import random
import shutil
from datetime import date, datetime
from pathlib import Path

import pytest

from pipelines.build import is_current
from pipelines.errors import OptimediaError, UnreadableFileError
from tests.pipelines.exports import (
    INTERVENTIONS,
    LEAFLET,
    SHORT,
    SHORT_HEADER,
    TERRITORY,
    TODAY,
    World,
    csv_text,
)


@pytest.fixture
def plain(tmp_path: Path) -> World:
    """A territory without outlines, timetable or presence."""
    world = World(tmp_path, TERRITORY, interventions=SHORT)
    rows = [
        ["i1", "2026-01-05", "21:40", "Le Bourg", ""],
        ["i2", "2026-01-06", "", "LE BOURG", ""],
        ["i3", "2026-01-07", "", "le bourg", ""],
        ["i4", "2026-01-07", "", "Bois-Raguenet", ""],
    ]
    world.export("interventions.csv", csv_text(SHORT_HEADER, rows))
    return world


def test_a_territory_with_neither_timetable_nor_presence_has_counts_and_no_hours(plain: World):
    plain.build()
    assert plain.query("select count(*) from presence") == [(0,)]
    assert plain.query(
        "select distinct planned_hours, done_hours, patrol_hours, presence_source from service_days"
    ) == [(None, None, 0.0, None)]
    assert plain.query("select presence_source, hour_known from build") == [("aucune", True)]
    assert plain.query("select distinct during_service from interventions") == [(None,)]


def test_a_territory_without_outlines_names_its_zones_from_its_exports(plain: World):
    plain.build()
    assert plain.query("select neighbourhood_id, population, area_km2, outline from neighbourhoods order by 1") == [
        ("bois_raguenet", None, None, None),
        ("le_bourg", None, None, None),
    ]
    (name,) = plain.query("select name from neighbourhoods where neighbourhood_id = 'le_bourg'")[0]
    assert name.lower() == "le bourg"
    assert plain.query("select neighbourhood_id, count(*) from interventions group by 1 order by 1") == [
        ("bois_raguenet", 1),
        ("le_bourg", 3),
    ]


def test_a_moment_of_the_night_belongs_to_the_day_before(tmp_path: Path):
    moment = INTERVENTIONS + '[columns]\nid_intervention = "id"\nhorodatage = "quand"\nquartier = "q"\n'
    world = World(tmp_path, TERRITORY + LEAFLET, interventions=moment)
    moments = ["2026-06-28 00:20", "2026-06-28 05:59", "2026-06-28 06:00", "2026-06-27T22:20:00Z", "2026-06-28"]
    world.export("interventions.csv", csv_text(["id", "quand", "q"], [[n, m, "P"] for n, m in enumerate(moments)]))
    world.build()
    assert world.query(
        "select service_date, started_at, hour, weekday, during_service from interventions order by source_line"
    ) == [
        (date(2026, 6, 27), datetime(2026, 6, 28, 0, 20), 0, 6, True),
        (date(2026, 6, 27), datetime(2026, 6, 28, 5, 59), 5, 6, False),
        (date(2026, 6, 28), datetime(2026, 6, 28, 6), 6, 7, False),
        (date(2026, 6, 27), datetime(2026, 6, 28, 0, 20), 0, 6, True),
        (date(2026, 6, 28), None, None, 7, None),
    ]


def test_a_warehouse_is_current_until_an_input_changes(plain: World):
    assert not is_current(plain.where, today=TODAY)
    plain.build()
    assert is_current(plain.where, today=TODAY)
    assert not is_current(plain.where, today=date(2026, 7, 1))
    record = plain.where.territory / "exports" / "interventions.toml"
    record.write_text(record.read_text(encoding="utf-8") + "# une note\n", encoding="utf-8")
    assert not is_current(plain.where, today=TODAY)
    plain.build()
    plain.export("interventions 2.csv", csv_text(SHORT_HEADER, [["i9", "2026-01-05", "", "P", ""]]))
    assert not is_current(plain.where, today=TODAY)


def bad_export(world: World) -> None:
    world.export("interventions 2.csv", b"")


def personal_export(world: World) -> None:
    world.export("interventions 2.csv", csv_text(SHORT_HEADER, [["i9", "2026-01-05", "", "P", "06 12 34 56 78"]]))


def export_without_record(world: World) -> None:
    world.export("facturation.csv", "a;b\n1;2\n")


@pytest.mark.parametrize("spoil", [bad_export, personal_export, export_without_record])
def test_a_file_that_can_t_be_read_stops_the_build_and_leaves_the_last_warehouse(plain: World, spoil):
    plain.build()
    before = plain.where.warehouse.read_bytes()
    spoil(plain)
    with pytest.raises(OptimediaError):
        plain.build()
    assert plain.where.warehouse.read_bytes() == before
    assert {file.name for file in plain.folder.iterdir()} == {
        "territoire",
        "raw",
        "entrepot.duckdb",
        "entrepot.duckdb.lock",
    }


def test_the_build_goes_on_without_it_where_the_territory_says_so(plain: World):
    for spoil in (bad_export, export_without_record):
        spoil(plain)
    settings = plain.where.territory / "territory.toml"
    settings.write_text('unreadable_files = "skip"\n' + settings.read_text(encoding="utf-8"), encoding="utf-8")
    built = plain.build()
    assert {file["name"]: bool(file["error"]) for file in built.files} == {
        "interventions.csv": False,
        "interventions 2.csv": True,
        "facturation.csv": True,
    }
    assert plain.query("select count(*) from interventions") == [(4,)]
    assert plain.query("select name, rows_read, loaded from import_files where error is not null order by name") == [
        ("facturation.csv", 0, 0),
        ("interventions 2.csv", 0, 0),
    ]


def test_a_folder_where_no_file_can_be_read_never_empties_the_warehouse(plain: World):
    settings = plain.where.territory / "territory.toml"
    settings.write_text('unreadable_files = "skip"\n' + settings.read_text(encoding="utf-8"), encoding="utf-8")
    plain.build()
    before = plain.where.warehouse.read_bytes()
    bad_export(plain)
    (plain.where.raw / "interventions.csv").unlink()
    with pytest.raises(UnreadableFileError, match=r"interventions 2\.csv : le fichier est vide"):
        plain.build()
    shutil.rmtree(plain.where.raw)
    with pytest.raises(UnreadableFileError, match="aucun export à lire"):
        plain.build()
    assert plain.where.warehouse.read_bytes() == before


def test_a_name_that_two_records_read_is_refused(plain: World):
    shutil.copy(
        plain.where.territory / "exports" / "interventions.toml", plain.where.territory / "exports" / "autre.toml"
    )
    with pytest.raises(
        UnreadableFileError, match=r"interventions\.csv : plusieurs fiches .*\(autre\.toml, interventions\.toml\)"
    ):
        plain.build()


def test_hidden_files_folders_and_other_formats_are_left_alone(plain: World):
    for name in (
        ".DS_Store",
        "~$interventions.csv",
        ".~lock.interventions.csv#",
        "notice.pdf",
        "interventions d.csv/x.txt",
    ):
        plain.export(name, b"x")
    built = plain.build()
    assert [file["name"] for file in built.files] == ["interventions.csv"]
    assert built.ignored == ["notice.pdf"]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_lines_stay_exact_through_thousands_of_rows_with_breaks(tmp_path: Path, encoding: str):
    drawn, text, line = random.Random(7), "Titre\r\n\r\nid;date;heure;quartier;note\r\n", 4
    kept, refused = {}, []
    for n in range(5000):
        day = "hier" if n % 97 == 5 else "2026-01-05"
        zone = "" if n % 101 == 7 else "Cholière"
        broken = drawn.choice(["", "", "", '"a\r\nb"', '"\r\n\r\n"'])
        text += f"i{n};{day};;{zone};{broken}\r\n"
        if day == "hier" or not zone:
            refused.append(line)
        else:
            kept[f"i{n}"] = line
        line += 1 + broken.count("\r\n")
        if drawn.random() < 0.05:
            text, line = text + "\r\n", line + 1
    world = World(tmp_path, TERRITORY, interventions=SHORT)
    world.export("interventions.csv", text.encode(encoding))
    world.build()
    assert dict(world.query("select intervention_id, source_line from interventions")) == kept
    assert sorted(row[0] for row in world.query("select line from rejected_rows")) == refused
    lines = text.encode(encoding).split(b"\r\n")
    assert all(lines[at - 1].startswith(f"{i};".encode()) for i, at in kept.items())


def test_folders_of_any_name_are_built_in(tmp_path: Path):
    world = World(tmp_path / "l'été [2026] à Orvault", TERRITORY, interventions=SHORT)
    world.export("interventions [1].csv", csv_text(SHORT_HEADER, [["i1", "2026-01-05", "", "P", ""]]))
    world.export(
        "interventions [2].csv", csv_text(SHORT_HEADER, [["i2", "2026-01-05", "", "Cholière", ""]]).encode("cp1252")
    )
    world.build()
    assert world.query("select intervention_id, neighbourhood_id from interventions order by 1") == [
        ("i1", "p"),
        ("i2", "choliere"),
    ]
