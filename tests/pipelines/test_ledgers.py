"""Repair ledgers as people keep them: lines that add up, months, totals, credit notes, names; nothing counted twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from tests.pipelines.exports import csv_text, work_database, write
from tests.pipelines.ledgers import FEBRUARY, HEADER, JANUARY, RECORD, Read, Rows, ledger_reader, line, titled
from tests.pipelines.test_spreadsheets import ods, xls, xlsx


@pytest.fixture(scope="module")
def work() -> duckdb.DuckDBPyConnection:
    """One work database for all the tests of this module."""
    return work_database()


@pytest.fixture
def read(tmp_path: Path, in_process: None, work: duckdb.DuckDBPyConnection) -> Read:
    """Read ledgers as a build does."""
    return ledger_reader(work, tmp_path)


def test_lines_of_one_key_in_a_file_add_up(read: Read):
    found = read([line(2, "100"), line(3, "1 234,50 €"), line(1, "10", category="porte"), line(4, "8", "2025-02")])
    assert found.cells("month", "category", "repairs", "cost_excl_tax", "lines") == [
        (JANUARY, "porte", 1, 10.0, 1),
        (JANUARY, "tag", 5, 1334.5, 2),
        (FEBRUARY, "tag", 4, 8.0, 1),
    ]
    assert found.counts == (4, 0, 0)


def test_a_ledger_sent_again_replaces_the_lines_that_it_writes_again(read: Read):
    first = [line(2, "100"), line(3, "50"), line(9, "90", "2025-02"), line(2, "100")]
    again = [line(4, "160"), line(1, "5"), line(7, "70", "mars 2025")]
    found = read(first, again)
    assert found.cells("month", "repairs", "cost_excl_tax") == [
        (JANUARY, 5, 165.0),
        (FEBRUARY, 9, 90.0),
        (date(2025, 3, 1), 7, 70.0),
    ]
    assert found.counts == (4, 3, 0)


def test_the_same_ledger_twice_counts_once(read: Read):
    rows = [line(n, n * 10, f"2025-{n:02d}") for n in range(1, 13)] + [line(5, "1", "2025-01")]
    once = read(rows).cells("* exclude (file_id)")
    twice = read(rows, rows)
    assert twice.cells("* exclude (file_id)") == once
    assert twice.counts == (13, 13, 0)


@pytest.mark.parametrize(("repeated", "repairs", "counts"), [("last", 3, (1, 3, 0)), ("sum_all", 8, (4, 0, 0))])
def test_the_record_says_what_several_lines_mean(read: Read, repeated: str, repairs: int, counts: tuple[int, ...]):
    how = RECORD.replace('repeated = "sum"', f'repeated = "{repeated}"')
    found = read([line(2), line(1), line(2), line(3)], how=how)
    assert found.cells("repairs") == [(repairs,)]
    assert found.counts == counts


def test_identical_lines_count_once_and_the_user_is_told(read: Read, tmp_path: Path):
    found = read([line(1, "60"), line(1, "60"), line(1, "60"), line(1, "60", "janv. 2025")])
    assert (found.cells("repairs"), found.counts, found.warnings) == ([(2,)], (2, 2, 0), {"ligne_repetee": 2})
    invoices = csv_text([*HEADER, "N° facture"], [[*line(1, "60"), "F1"], [*line(1, "60"), "F2"]])
    told_apart = read(write(tmp_path / "sinistres f.csv", invoices))
    assert (told_apart.cells("repairs", "cost_excl_tax"), told_apart.warnings) == ([(2, 120.0)], {})


def test_a_wider_key_replaces_the_whole_month(read: Read):
    how = RECORD.replace(', "categorie"]', "]")
    found = read([line(5), line(2, category="porte")], [line(3, category="vitrage")], how=how)
    assert found.cells("category", "repairs") == [("vitrage", 3)]
    assert found.counts == (1, 2, 0)


MONTHS = ["janv. 2025", "janvier 2025", "Janvier 2025", "janv-25", "01/2025", "2025-01", "15/01/2025", "2025-01-31"]
MONTHS += ["1er janvier 2025", "45658", "JANV. 2025", "1/2025"]


def test_months_as_people_write_them(read: Read):
    found = read([line(1, n, month) for n, month in enumerate(MONTHS)])
    assert found.cells("month", "repairs") == [(JANUARY, len(MONTHS))]
    names = ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."]
    assert read([line(1, "", f"{name} 2025") for name in names]).cells("month") == [
        (date(2025, n, 1),) for n in range(1, 13)
    ]


@pytest.mark.parametrize(("ending", "save"), [("xlsx", xlsx), ("ods", ods), ("xls", xls)])
def test_a_workbook_with_titles_typed_months_and_totals(
    read: Read, tmp_path: Path, ending: str, save: Callable[..., Path]
):
    rows: Rows = [
        ["Registre des réparations 2025"],
        ["Patrimoine d'Orvault"],
        [],
        ["Bailleur code", "Résidence", "Mois", "Catégorie", "Nb", "Coût HT (€)", "Groupe", "Nb logements"],
        line(2, 120.5, JANUARY),
        line(1, "1 234,50 € HT", datetime(2025, 1, 20)),
        line(-1, -60, JANUARY),
        line(3, None, "févr. 2025"),
        ["B1", "Sous-total Les Ormes", None, None, 5, 1295.0],
        ["TOTAL GÉNÉRAL", None, None, None, 5, 1295.0],
    ]
    found = read(save(tmp_path / f"sinistres.{ending}", {"Feuille": rows}))
    assert found.cells("residence", "month", "repairs", "cost_excl_tax", "lines") == [
        ("Les Ormes", JANUARY, 2, 1295.0, 3),
        ("Les Ormes", FEBRUARY, 3, None, 1),
    ]
    assert found.rejected == [(9, "ligne de total"), (10, "ligne de total")]


def test_merged_titles_are_passed_over(read: Read, tmp_path: Path):
    found = read(titled(tmp_path / "sinistres.xlsx", [HEADER, line(4, 8)], "Registre", "Direction du patrimoine"))
    assert (found.cells("repairs", "cost_excl_tax"), found.counts) == ([(4, 8.0)], (1, 0, 0))


TOTALS: dict[str, list[object]] = {
    "landlord": ["TOTAL", "", "", "", 6, 60, "", ""],
    "residence": ["B1", "Total général", "", "", 6, 60, "", ""],
    "subtotal of a residence": ["B1", "Sous-total Les Ormes", "2025-01", "", 3, 30, "", ""],
    "as a pivot table writes it": ["B1", "Les Ormes Total", "2025-01", "", 3, 30, "", ""],
    "month": ["B1", "Les Ormes", "Total 2025", "", 3, 30, "", ""],
    "category": ["B1", "Les Ormes", "2025-01", "TOTAL", 3, 30, "", ""],
    "all residences of a month": ["B1", "Toutes résidences", "2025-01", "", 5, 50, "suivi", 40],
    "a sum that says so": ["B1", "Somme", "2025-01", "", 5, 50, "suivi", 40],
    "a summary": ["Récapitulatif", "Récapitulatif", "2025-01", "", 5, 50, "", ""],
    "nothing but figures": ["", "", "", "", 6, 60, "", ""],
    "the sum of a residence": ["B1", "les ormes", "", "", 3, 30, "", ""],
    "the sum of a month": ["", "", "2025-01", "", 5, 50, "", ""],
    "the sum of all, a landlord named": ["B1", "", "", "", 6, "60,00 €", "", ""],
    "a sum of costs only": ["B1", "", "", "", "", 60, "", ""],
}


@pytest.mark.parametrize("total", TOTALS.values(), ids=TOTALS)
def test_lines_of_totals_are_left_out_and_named(read: Read, total: list[object]):
    detail = [
        line(1, 10),
        line(2, 20, category="porte"),
        line(2, 20, residence="Pins"),
        line(1, 10, "2025-02", residence="Pins"),
    ]
    found = read([*detail, total])
    assert found.rejected == [(6, "ligne de total")]
    assert found.con.execute("select sum(repairs), count(distinct residence) from ledger_cells").fetchall() == [(6, 2)]
    assert found.counts == (4, 0, 1)


def test_a_row_that_lacks_a_name_and_is_no_sum_is_not_called_a_total(read: Read):
    found = read(
        [line(1), line(2, category="porte"), line(9, residence=""), line(8, month=""), line(7, month="un jour")]
    )
    assert found.rejected == [(4, "valeur obligatoire absente"), (5, "date absente"), (6, "date illisible")]


def test_a_name_that_sounds_like_a_total_is_read_once_the_record_says_so(read: Read):
    rows = [line(1, residence="Total Beaulieu"), line(2, category="Totaux"), line(3, residence="Totalité")]
    assert read(rows).counts == (1, 0, 2)
    assert read([line(1, residence="Ensemble Beaulieu"), line(1, residence="Sommeville")]).counts == (2, 0, 0)
    how = RECORD + '[values.residence]\n"Total Beaulieu" = "Beaulieu"\n[values.categorie]\nTotaux = "toutes"\n'
    assert read(rows, how=how).cells("residence", "category", "repairs") == [
        ("Beaulieu", "tag", 1),
        ("Les Ormes", "toutes", 2),
        ("Totalité", "tag", 3),
    ]


def test_credit_notes_are_added_whatever_their_minus(read: Read):
    costs = ["1 000,00", "-100", "(100,00)", "100,00 -", "\u2212100 € HT", "- 100 €"]
    found = read([line(0 if n else 3, cost) for n, cost in enumerate(costs)] + [line("", "-20"), line("-1", "")])
    assert found.cells("repairs", "cost_excl_tax", "lines") == [(2, None, 8)]
    found = read([line(0 if n else 3, cost) for n, cost in enumerate(costs)] + [line("", "-20"), line("(1)", "-30")])
    assert found.cells("repairs", "cost_excl_tax", "lines") == [(2, 450.0, 8)]


def test_a_month_that_credit_notes_make_negative_is_kept_and_said(read: Read):
    found = read([line(1, 50), line(-2, -80), line(1, -5, "2025-02")])
    assert found.cells("month", "repairs", "cost_excl_tax") == [(JANUARY, -1, -30.0), (FEBRUARY, 1, -5.0)]
    assert found.warnings == {"solde_negatif": 3, "signes_contraires": 1}


def test_missing_is_not_zero(read: Read):
    said = read([line("néant", "-")], how=RECORD + '[values.nb]\n"néant" = "0"\n')
    assert said.cells("repairs", "cost_excl_tax") == [(0, None)]
    rows = [
        line("", "60"),
        line("", "", "2025-02"),
        line(0, "", "2025-03"),
        line(2, 5, "2025-04"),
        line("?", 6, "2025-04"),
    ]
    found = read(rows)
    assert found.cells("month", "repairs", "cost_excl_tax") == [
        (JANUARY, None, 60.0),
        (FEBRUARY, None, None),
        (date(2025, 3, 1), 0, None),
        (date(2025, 4, 1), None, 11.0),
    ]
    assert found.warnings == {"somme_incomplete": 1, "valeur_illisible": 1}
    invoices = read([line("", "60"), line("", "70")], how=RECORD + "[constants]\nnb = 1\n")
    assert invoices.cells("repairs", "cost_excl_tax") == [(2, 130.0)]


def test_a_residence_renamed_midway_is_one_residence_once_the_record_says_it(read: Read):
    rows = [line(1, residence="Tour B"), line(2, residence="TOUR  B", month="2025-02"), line(3, month="2025-03")]
    assert read(rows).cells("residence", "repairs") == [("Les Ormes", 3), ("TOUR B", 1), ("TOUR B", 2)]
    found = read(rows, how=RECORD + '[values.residence]\n"Tour B" = "Les Ormes"\n')
    assert found.cells("residence", "month", "repairs") == [
        ("Les Ormes", date(2025, month, 1), month) for month in (1, 2, 3)
    ]
    assert found.warnings == {"ecriture_remplacee": 2}


def test_spellings_of_a_name_are_one_name_and_one_key(read: Read):
    found = read([line(1, residence="LES ORMES"), line(5, category="Tag")], [line(2, residence="Les  Ormes")])
    assert found.cells("residence", "category", "repairs") == [("Les Ormes", "tag", 2)]
    found = read([line(1, landlord="bail-a"), line(1, landlord="BAIL A", month="2025-02")])
    assert found.cells("landlord_code", "month", "repairs") == [("BAIL A", JANUARY, 1), ("BAIL A", FEBRUARY, 1)]
    often = [line(1, category=name, month=f"2025-0{n}") for n, name in enumerate(["tag", "tag", "TAG"], start=1)]
    assert {name for (name,) in read(often).cells("category")} == {"tag"}
    other = read([line(1, residence="北"), line(2, residence="南")])
    assert len(other.cells("residence")) == 2


def test_two_landlords_dwellings_and_groups_over_time(read: Read):
    rows = [
        line(1, dwellings=40),
        line(2, landlord="B2", dwellings=12),
        line(3, month="2025-02", dwellings=38, group="comparaison"),
        line(4, month="2025-02", dwellings=39, group="comparaison", category="porte"),
    ]
    found = read(rows)
    assert found.cells("landlord_code", "month", "repairs", "comparison_group", "dwellings") == [
        ("B1", JANUARY, 1, "suivi", 40),
        ("B1", FEBRUARY, 3, "comparaison", 38),
        ("B1", FEBRUARY, 4, "comparaison", 39),
        ("B2", JANUARY, 2, "suivi", 12),
    ]
    assert found.warnings == {"groupe_variable": 1, "logements_contradictoires": 1}
