"""Repair ledgers: what is asked rather than guessed, what is refused, and every row accounted for."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.check import check_file
from pipelines.errors import PersonalDataError, SettingsError, UnreadableFileError
from pipelines.summary import check_tables
from tests.pipelines.exports import QUICK, TERRITORY, World, csv_text, record, work_database, write
from tests.pipelines.ledgers import FEBRUARY, HEADER, JANUARY, RECORD, Read, Rows, ledger_reader, line
from tests.pipelines.test_spreadsheets import xlsx


@pytest.fixture(scope="module")
def work() -> duckdb.DuckDBPyConnection:
    """One work database for all the tests of this module."""
    return work_database()


@pytest.fixture
def read(tmp_path: Path, in_process: None, work: duckdb.DuckDBPyConnection) -> Read:
    """Read ledgers as a build does."""
    return ledger_reader(work, tmp_path)


TTC = RECORD + '[amounts]\ntax = "ttc"\nrate = 0.10\n'
HT = RECORD + '[amounts]\ntax = "ht"\n'
COST = (
    RECORD.replace(', "categorie"]', "]")
    + '[columns]\nbailleur_code = "bailleur_code"\nresidence = "residence"\nmois = "mois"\ncout_ht = "{}"\n'
)


def headed(name: str, cost: object = 110) -> str:
    """A CSV whose amounts have that header."""
    return csv_text(["bailleur_code", "residence", "mois", name], [["B1", "Les Ormes", "2025-01", cost]])


ASKED: dict[str, tuple[str, str]] = {
    "the header that is not read": (RECORD, headed("Coût TTC")),
    "the header that is not read, in a record that says ht": (HT, headed("cout_ttc")),
    "the header that is read": (COST.format("Montant TTC"), headed("Montant TTC")),
    "the header that is read, in a record that says ht": (
        COST.format("Montant TTC") + '[amounts]\ntax = "ht"\n',
        headed("Montant TTC"),
    ),
    "a title": (RECORD, "Réparations, en euros toutes taxes comprises;;;\n" + headed("cout_ht")),
    "a value": (RECORD, headed("cout_ht", "110,00 € TTC")),
    "a value of a record that says ht": (HT, headed("cout_ht", "110 t.t.c.")),
}


@pytest.mark.parametrize(("how", "text"), ASKED.values(), ids=ASKED)
def test_tax_included_is_asked_and_not_guessed(read: Read, tmp_path: Path, how: str, text: str):
    with pytest.raises(UnreadableFileError) as raised:
        read(write(tmp_path / "sinistres ttc.csv", text), how=how)
    said = str(raised.value)
    assert "sinistres ttc.csv" in said
    assert "?" in said
    assert '[amounts] tax = "ttc"' in said
    assert "rate" in said


def test_tax_is_taken_off_once_the_record_says_it(read: Read, tmp_path: Path):
    title = "Réparations, en euros TTC;;;\n" + headed("cout_ht", "110,00 € TTC")
    found = read(write(tmp_path / "sinistres.csv", title), how=TTC)
    assert found.cells("cost_excl_tax") == [(pytest.approx(100),)]
    assert found.warnings == {"montant_ttc": 1}
    named = COST.format("Montant TTC") + '[amounts]\ntax = "ttc"\nrate = 0.2\n'
    found = read(write(tmp_path / "sinistres.csv", headed("Montant TTC")), how=named)
    assert found.cells("cost_excl_tax") == [(pytest.approx(110 / 1.2),)]
    with pytest.raises(UnreadableFileError, match=r"écrit HT.*tax = \"ht\""):
        read(write(tmp_path / "sinistres.csv", headed("cout_ht", "110 € HT")), how=TTC)


def test_what_is_clear_about_tax_is_not_asked(read: Read, tmp_path: Path):
    both = csv_text([*HEADER, "Coût TTC"], [[*line(1, "100,00 € H.T."), "110"]])
    assert read(write(tmp_path / "a.csv", both)).cells("cost_excl_tax") == [(100.0,)]
    titled_both = "Coûts HT et TTC;;;\n" + headed("cout_ht")
    assert read(write(tmp_path / "b.csv", titled_both)).cells("cost_excl_tax") == [(110.0,)]
    title = "Réparations TTC (fiche corrigée);;;\n" + headed("cout_ht")
    assert read(write(tmp_path / "c.csv", title), how=HT).cells("cost_excl_tax") == [(110.0,)]


@pytest.mark.parametrize(
    "months",
    [
        ["janv. 2025", "févr. 2025", "mars 2025"],
        ["2025-01", "2025-02", "2025-03"],
        [JANUARY, FEBRUARY, date(2025, 3, 1)],
    ],
)
def test_months_as_columns_are_refused_with_what_is_expected(read: Read, tmp_path: Path, months: list[object]):
    rows: Rows = [["bailleur_code", "residence", *months], ["B1", "Les Ormes", 1, 2, 3]]
    with pytest.raises(UnreadableFileError, match=r"mois sont en colonnes.*une ligne pour chaque mois.*bailleur_code"):
        read(xlsx(tmp_path / "sinistres.xlsx", {"F": rows}))


def test_other_sheets_of_the_ledger_are_said(read: Read, tmp_path: Path):
    table: Rows = [HEADER, line()]
    sheets: dict[str, Rows] = {
        "2025": table,
        "2024": [["Registre"], *table],
        "Vide": [HEADER],
        "Exemple (données fictives)": table,
        "Notes": [["rien"]],
    }
    found = read(xlsx(tmp_path / "sinistres.xlsx", sheets))
    assert found.counts == (1, 0, 0)
    unread = "select kind, column_name from import_warnings where kind = 'feuille_non_lue'"
    assert found.con.execute(unread).fetchall() == [("feuille_non_lue", "2024")]
    named = read(xlsx(tmp_path / "sinistres.xlsx", sheets), how='sheet = "2025"\n' + RECORD)
    assert named.con.execute(unread).fetchall() == []


def test_a_person_in_a_ledger_is_refused(read: Read):
    with pytest.raises(PersonalDataError, match="ligne 3"):
        read([line(), line(residence="chez Mme Durand")])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"sum"', '"add"'), "last, sum, sum_all"),
        (('["bailleur_code", "residence", "mois", "categorie"]', '"row"'), "une clé (key) de colonnes déclarées"),
        (("key =", "[amounts]\nrate = 0.1\n[origin]\nkey ="), "key"),
        (("", '[amounts]\ntax = "ttc"\n'), "un taux si tax"),
        (("", "[amounts]\nrate = 0.1\n"), "un taux si tax"),
        (("", '[amounts]\ntax = "ttc"\nrate = 10\n'), "comme 0.10 pour 10 %"),
        (("", '[amounts]\ntax = "net"\n'), "ht ou ttc"),
        (("", "[amounts]\nvat = 0.1\n"), "vat"),
        (("", '[values.nb]\n"-" = "0"\n'), "reste inconnue"),
    ],
)
def test_a_record_that_means_nothing_is_refused(tmp_path: Path, change: tuple[str, str], said: str):
    text = RECORD.replace(*change) if change[0] else RECORD + change[1]
    with pytest.raises(SettingsError) as raised:
        record(tmp_path, text)
    assert said in str(raised.value)


def test_only_ledgers_add_up(tmp_path: Path):
    place = 'table = "lieux"\nfiles = "*"\nkey = "lieu_id"\n'
    for more in ('repeated = "sum"\n', '[amounts]\ntax = "ht"\n'):
        with pytest.raises(SettingsError, match="lieux"):
            record(tmp_path, place + more)


MESS = [
    ["Registre", *[""] * 7],
    HEADER,
    line(2, "100"),
    line(1, "60"),
    line(1, "60"),
    line(-1, "-90", "févr. 2025"),
    ["TOTAL", "", "", "", 3, "130", "", ""],
]


def test_the_build_and_the_check_account_for_every_row(tmp_path: Path):
    world = World(tmp_path, TERRITORY, sinistres=RECORD)
    file = world.export("sinistres 2025.csv", csv_text(MESS[0], MESS[1:]))
    world.export("sinistres 2026.csv", csv_text(HEADER, [line(5, "50"), line(1, "1", "2025-03")]))
    built = world.build()
    first, second = built.files
    assert [first[k] for k in ("rows_read", "loaded", "duplicates", "rejected")] == [5, 1, 3, 1]
    assert [second[k] for k in ("rows_read", "loaded", "duplicates", "rejected")] == [2, 2, 0, 0]
    assert (first["reasons"], first["warnings"]) == ({"ligne de total": 1}, {"ligne_repetee": 1, "solde_negatif": 2})
    assert world.query("select month, repairs, cost_excl_tax, lines from landlord_repairs") == [
        (JANUARY, 5, 50.0, 1),
        (FEBRUARY, -1, -90.0, 1),
        (date(2025, 3, 1), 1, 1.0, 1),
    ]
    checked = check_file(file, world.where)
    assert [reason for reason, *_ in checked.reasons] == list(first["reasons"])
    assert {kind: n for kind, _, n in checked.warnings if kind == "ligne_repetee"} == {"ligne_repetee": 1}
    assert sum(n for kind, _, n in checked.warnings if kind == "solde_negatif") == 2
    assert any("ligne_repetee" in str(line) for line in check_tables(checked))


NAMES = st.sampled_from(["Les Ormes", "Résidence des Pins", "les  ormes"])
LINES = st.lists(
    st.tuples(
        st.sampled_from(["B1", "B2"]),
        NAMES,
        st.sampled_from(["janv. 2025", "2025-01", "02/2025"]),
        st.sampled_from(["tag", "porte", ""]),
        st.integers(-3, 9),
        st.integers(-30_000, 90_000).map(lambda cents: f"{cents / 100:.2f}".replace(".", ",")),
    ),
    min_size=1,
    max_size=25,
)


def in_pandas(rows: Rows) -> dict[tuple[object, ...], tuple[int, float]]:
    """The sums of lines, another way."""
    table = pd.DataFrame(rows, columns=HEADER[:6]).drop_duplicates()
    table["residence"] = table["residence"].str.lower().str.replace("  ", " ")
    table["mois"] = table["mois"].replace({"janv. 2025": JANUARY, "2025-01": JANUARY, "02/2025": FEBRUARY})
    table["cout_ht"] = table["cout_ht"].str.replace(",", ".").astype(float)
    sums: dict[tuple[object, ...], tuple[int, float]] = {}
    for key, group in table.groupby(HEADER[:4]):
        sums[tuple(key)] = (int(group["nb"].sum()), float(group["cout_ht"].sum()))  # type: ignore[arg-type]
    return sums


@settings(QUICK, max_examples=10)
@given(LINES, st.randoms(use_true_random=False), st.integers(0, 5))
def test_a_ledger_shuffled_and_repeated_has_the_same_sums(read: Read, lines: Rows, drawn: Any, copies: int):
    rows = [list(row) for row in lines]
    rows += [rows[drawn.randrange(len(rows))] for _ in range(copies)]
    drawn.shuffle(rows)
    found = read([[*row, "", ""] for row in rows])
    sums: dict[tuple[object, ...], tuple[int, float]] = {
        (landlord, residence.lower(), month, category or ""): (repairs, cost)
        for landlord, residence, month, category, repairs, cost in found.cells(
            "landlord_code", "residence", "month", "category", "repairs", "cost_excl_tax"
        )
    }
    expected = in_pandas(rows)
    assert sums.keys() == expected.keys()
    assert {key: nb for key, (nb, _) in sums.items()} == {key: nb for key, (nb, _) in expected.items()}
    assert [sums[key][1] for key in expected] == pytest.approx([cost for _, cost in expected.values()], abs=1e-6)
    loaded, duplicates, rejected = found.counts
    assert (loaded + duplicates, rejected) == (len(rows), 0)
