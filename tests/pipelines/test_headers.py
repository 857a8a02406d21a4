"""Where the header is, and which of its columns a record wants."""

from __future__ import annotations

import pytest

from pipelines.errors import UnreadableFileError
from pipelines.headers import MAX_COLUMNS, SEARCHED_ROWS, find_header, header_missing

WANTED = ("id_intervention", "date_service", "quartier")
REQUIRED = ("date_service",)
TITLES = [["Export du service"], [], ["Période", "2026"]]
HEADER = ["id_intervention", "date_service", "quartier"]


def test_title_rows_above_the_header_are_passed_over():
    found = find_header([*TITLES, HEADER, ["1", "2026-01-05", "Plaisance"]], WANTED, REQUIRED)
    assert found is not None
    assert (found.rank, found.positions) == (3, {"id_intervention": 0, "date_service": 1, "quartier": 2})


@pytest.mark.parametrize(
    "written",
    [
        ["ID Intervention", " Date service ", "QUARTIER"],
        ["id-intervention", "date_service", "Quartier"],
        ["Id. intervention", "Dâte_Sérvice", "quartier\u00a0"],
        ["\ufeffid_intervention", "Date\nservice", "quartier :"],
    ],
)
def test_accents_case_and_spaces_are_forgiven(written: list[str]):
    found = find_header([written], WANTED, REQUIRED)
    assert found is not None
    assert found.positions == {"id_intervention": 0, "date_service": 1, "quartier": 2}


def test_the_order_of_the_columns_is_free_and_others_are_undeclared():
    found = find_header([["Nom", "quartier", "", "Téléphone", "date_service", ""]], WANTED, REQUIRED)
    assert found is not None
    assert found.positions == {"quartier": 1, "date_service": 4}
    assert found.undeclared == ("Nom", "Téléphone")
    assert found.width == 5


def test_the_fullest_of_two_candidates_is_the_header():
    found = find_header([["date_service"], HEADER, ["date_service", "quartier"]], WANTED, REQUIRED)
    assert found is not None
    assert found.rank == 1


def test_a_row_without_a_required_column_is_no_header():
    assert find_header([["id_intervention", "quartier"]], WANTED, REQUIRED) is None


def test_the_header_is_looked_for_in_the_first_rows_only():
    titles = [["titre"]] * SEARCHED_ROWS
    assert find_header([*titles[1:], HEADER], WANTED, REQUIRED) is not None
    assert find_header([*titles, HEADER], WANTED, REQUIRED) is None


def test_two_columns_of_a_wanted_name_are_refused_and_of_another_name_are_not():
    with pytest.raises(UnreadableFileError, match="deux colonnes s'appellent « Quartier »"):
        find_header([[*HEADER, "Quartier"]], WANTED, REQUIRED)
    assert find_header([[*HEADER, "note", "note"]], WANTED, REQUIRED) is not None


def test_a_header_of_ten_thousand_columns_is_refused_and_a_wide_row_is_not_a_header():
    wide = [f"colonne {n}" for n in range(10_000)]
    with pytest.raises(UnreadableFileError, match=rf"10003 colonnes ; attendu : {MAX_COLUMNS} au plus"):
        find_header([HEADER + wide], WANTED, REQUIRED)
    found = find_header([wide, HEADER, wide], WANTED, REQUIRED)
    assert found is not None
    assert found.rank == 1


def test_the_error_says_what_was_recognised_and_never_a_cell_of_the_file():
    error = str(header_missing([["Dupont Marie", "0612345678"], ["quartier", "Jean"]], WANTED, REQUIRED))
    assert "Attendu : date_service" in error
    assert "Colonnes reconnues : quartier" in error
    assert not any(secret in error for secret in ("Dupont", "0612345678", "Jean"))
