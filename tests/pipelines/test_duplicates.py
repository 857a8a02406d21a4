"""The same row twice: inside a file, between files, and when an export comes again with corrections."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.build import read_inputs
from tests.pipelines.exports import SHORT, SHORT_HEADER, TERRITORY, TODAY, World, csv_text

BY_ID = SHORT
BY_ROW = SHORT.replace('key = "id_intervention"', 'key = "row"')
BY_SOME = SHORT.replace('key = "id_intervention"', 'key = ["date_service", "quartier", "heure_debut"]')
Rows = list[list[str]]
Build = Callable[..., World]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Build files of rows under a key: `build(record, {name: rows})`."""

    def built(how: str, files: dict[str, Rows | bytes]) -> World:
        world = World(tmp_path, TERRITORY, interventions=how)
        for name, rows in files.items():
            world.export(name, rows if isinstance(rows, bytes) else csv_text(SHORT_HEADER, rows))
        world.build()
        return world

    return built


def row(i: str, note: str, day: str = "2026-01-05", clock: str = "21:40", zone: str = "P") -> list[str]:
    """One row of an export."""
    return [i, day, clock, zone, note]


def kept(world: World) -> list[tuple[str, str]]:
    """Identifier and note of what is in the warehouse."""
    return world.query("select intervention_id, action_mode from interventions order by 1, 2")  # type: ignore[return-value]


def ledger(world: World) -> dict[str, tuple[int, ...]]:
    """Rows read, loaded, duplicates and rejected by file."""
    rows = world.query("select name, rows_read, loaded, duplicates, rejected from import_files")
    return {name: tuple(counts) for name, *counts in rows}


def test_inside_a_file_the_last_line_wins(build: Build):
    world = build(
        BY_ID, {"interventions.csv": [row("a", "1"), row("b", "2"), row("a", "3"), row("A", "4"), row(" a ", "5")]}
    )
    assert kept(world) == [("A", "4"), ("a", "5"), ("b", "2")]
    assert ledger(world) == {"interventions.csv": (5, 3, 2, 0)}
    assert world.query("select source_line from interventions where intervention_id = 'a'") == [(6,)]


def test_an_export_that_comes_again_corrects_the_rows_that_it_has(build: Build):
    world = build(
        BY_ID,
        {
            "interventions 2.csv": [row("a", "first"), row("b", "first"), row("c", "first")],
            "interventions 10.csv": [row("b", "corrected", day="2026-02-01"), row("d", "new")],
        },
    )
    assert kept(world) == [("a", "first"), ("b", "corrected"), ("c", "first"), ("d", "new")]
    assert ledger(world) == {"interventions 2.csv": (3, 2, 1, 0), "interventions 10.csv": (2, 2, 0, 0)}


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("interventions 2.csv", "interventions 10.csv"),
        ("interventions.csv", "interventions (1).csv"),
        ("interventions.csv", "interventions_corrections.csv"),
        ("interventions 2025-9.csv", "interventions 2025-10.csv"),
        ("interventions 2025.csv", "interventions 2025 corrigé.csv"),
        ("interventions_2025.csv", "interventions_2025_v2.csv"),
        ("Interventions A.csv", "interventions b.csv"),
        ("interventions 1.xlsx.csv", "interventions 2.csv"),
    ],
)
def test_later_is_told_by_the_natural_order_of_names(tmp_path: Path, earlier: str, later: str):
    world = World(tmp_path, TERRITORY, interventions=BY_ID)
    for name in (later, earlier):
        world.export(name, csv_text(SHORT_HEADER, [row("a", name)]))
    assert [path.name for path, _ in read_inputs(world.where, TODAY).files] == [earlier, later]


def test_the_same_export_twice_is_loaded_once(build: Build):
    rows = [row(str(n), f"note {n}") for n in range(50)]
    world = build(
        BY_ROW, {"interventions 1.csv": rows, "interventions 2.csv": csv_text(SHORT_HEADER, rows).encode("cp1252")}
    )
    assert ledger(world) == {"interventions 1.csv": (50, 0, 50, 0), "interventions 2.csv": (50, 50, 0, 0)}


def test_a_whole_row_is_compared_with_the_columns_that_are_never_read(build: Build):
    text = "id;date;heure;quartier;note;commentaire\n"
    text += "a;2026-01-05;;P;x;un\na;2026-01-05;;P;x;un\na;2026-01-05;;P;x;deux\n a ;2026-01-05;;P;x;un\n"
    world = build(BY_ROW, {"interventions.csv": text.encode()})
    assert ledger(world) == {"interventions.csv": (4, 2, 2, 0)}
    assert world.query("select intervention_id from interventions order by 1") == [
        ("interventions.csv:4",),
        ("interventions.csv:5",),
    ]


def test_a_key_of_several_columns_is_compared_as_understood(build: Build):
    rows = [
        row("1", "x", day="2026-01-05", clock="21:40"),
        row("2", "y", day="05/01/2026", clock="21h40"),
        row("3", "z", day="2026-01-05", clock="21:41"),
        row("4", "t", day="2026-01-05", clock=""),
    ]
    world = build(BY_SOME, {"interventions.csv": rows})
    assert ledger(world) == {"interventions.csv": (4, 3, 1, 0)}
    assert {note for _, note in kept(world)} == {"y", "z", "t"}


def test_rows_without_an_identifier_are_all_kept(build: Build):
    world = build(BY_ID, {"interventions.csv": [row("", "1"), row("", "1"), row("a", "2")]})
    assert kept(world) == [("a", "2"), ("interventions.csv:2", "1"), ("interventions.csv:3", "1")]


def test_a_correction_that_can_t_be_kept_does_not_take_the_earlier_row_away(build: Build):
    world = build(
        BY_ID,
        {
            "interventions 1.csv": [row("a", "first"), row("b", "first")],
            "interventions 2.csv": [row("a", "bad date", day="hier"), row("b", "nowhere", zone="")],
        },
    )
    assert kept(world) == [("a", "first"), ("b", "first")]
    assert ledger(world) == {"interventions 1.csv": (2, 2, 0, 0), "interventions 2.csv": (2, 0, 0, 2)}


def test_many_files_and_many_versions_leave_the_last_of_each(build: Build):
    drawn = random.Random(2026)
    files: dict[str, Rows | bytes] = {}
    last: dict[str, str] = {}
    total = 0
    for number in range(1, 13):
        rows = [row(str(drawn.randrange(400)), f"{number}-{n}") for n in range(200)]
        files[f"interventions {number}.csv"] = rows
        last |= {cells[0]: cells[4] for cells in rows}
        total += len(rows)
    world = build(BY_ID, files)
    assert dict(kept(world)) == last
    counts = [sum(column) for column in zip(*ledger(world).values(), strict=True)]
    assert counts == [total, len(last), total - len(last), 0]


def test_other_tables_have_their_keys_too(tmp_path: Path):
    world = World(
        tmp_path,
        TERRITORY,
        lieux='table = "lieux"\nfiles = "lieux*"\nkey = "lieu_id"\n',
        sinistres='table = "sinistres_bailleur"\nfiles = "sin*"\ndates = ["%Y-%m", "%m/%Y"]\n'
        'key = ["bailleur_code", "residence", "mois", "categorie"]\n',
    )
    world.export("lieux 1.csv", "lieu_id;libelle\nL1;ancien\nL2;gardé\n")
    world.export("lieux 2.csv", "lieu_id;libelle\nL1;nouveau\n")
    world.export(
        "sin.csv",
        "bailleur_code;residence;mois;categorie;nb\nB;R;2026-01;tag;1\nB;R;01/2026;tag;2\nB;R;2026-01;porte;3\n",
    )
    world.build()
    assert world.query("select place_id, name from places order by 1") == [("L1", "nouveau"), ("L2", "gardé")]
    assert world.query("select category, repairs from landlord_repairs order by 1") == [("porte", 3), ("tag", 2)]
    assert ledger(world) == {"lieux 1.csv": (2, 1, 1, 0), "lieux 2.csv": (1, 1, 0, 0), "sin.csv": (3, 2, 1, 0)}
