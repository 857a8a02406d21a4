"""What texts mean: numbers, codes, constants and points, in every form that exports write them."""

from __future__ import annotations

from datetime import date

import pytest

from tests.pipelines.exports import MINIMUM, Read

NUMBERS = {
    "1": 1.0,
    "1,5": 1.5,
    "-1,5894": -1.5894,
    "+3": 3.0,
    ".5": 0.5,
    "1.234,5": 1234.5,
    "1,234.5": 1234.5,
    "1 234,5": 1234.5,
    "1\u202f234\u00a0567,25": 1234567.25,
    "3e2": 300.0,
    "12 €": 12.0,
    "12,5 %": 12.5,
    "abc": None,
    "1.2.3": None,
    "-": None,
    "": None,
}


def test_french_and_english_numbers_are_understood(read: Read):
    text = "[columns]\n" + MINIMUM + '[point]\nlongitude = "x"\nlatitude = "y"\n'
    rows = [[n, "2026-01-05", "P", value, "1"] for n, value in enumerate(NUMBERS)]
    found = read(text, ["id", "d", "q", "x", "y"], rows)
    assert dict(zip(NUMBERS, (row[0] for row in found.values("px")), strict=True)) == NUMBERS


INTEGERS = {"1": 1, "4": 4, "2,0": 2, "3.0": 3, "0": None, "5": None, "1,5": None, "-1": None, "x": None, "9e9": None}


def test_whole_numbers_stay_within_their_bounds(read: Read):
    text = "[columns]\n" + MINIMUM + 'gravite = "g"\n'
    found = read(text, ["id", "d", "q", "g"], [[n, "2026-01-05", "P", value] for n, value in enumerate(INTEGERS)])
    assert dict(zip(INTEGERS, (row[0] for row in found.values("gravite")), strict=True)) == INTEGERS
    assert found.warnings == {("valeur_illisible", "g"): 6}


CODED = """
separator = "/"
[columns]
id_intervention = "id"
date_service = "d"
quartier = "q"
motif = "m"
domanialite = "o"
partenaire_relaye = "p"
gravite = "g"
public_type = "t"
[constants]
registre = "Veille technique"
origine = "habitant_terrain"
[values.motif]
"Dépôt d'encombrants" = "depot_encombrants"
"Sans objet" = ""
[values.partenaire_relaye]
"PM" = "police_municipale"
[values.gravite]
"Faible" = 1
"Élevée" = "4"
[values.quartier]
"Hyper centre" = "Plaisance"
[values.public_type]
"ND" = ""
"""
HEAD = ["id", "d", "q", "m", "o", "p", "g", "t"]


CODES = [
    ("m", "tag", "motif", "tag"),
    ("m", "  TAG ", "motif", "tag"),
    ("m", "Bruit voisinage", "motif", "bruit_voisinage"),
    ("m", "DEPOT  D'ENCOMBRANTS", "motif", "depot_encombrants"),
    ("m", "dépôt d’encombrants", "motif", "depot_encombrants"),
    ("m", "sans objet", "motif", None),
    ("m", "inconnu au bataillon", "motif", None),
    ("o", "Métropole", "domanialite", "metropole"),
    ("o", "inconnue", "domanialite", "autre"),
    ("o", "", "domanialite", None),
    ("p", "PM / Ville ", "partenaire_relaye", ["police_municipale", "ville"]),
    ("p", "pm//CCAS d’Orvault", "partenaire_relaye", ["police_municipale", "ccas_d_orvault"]),
    ("p", " / ", "partenaire_relaye", []),
    ("p", "", "partenaire_relaye", None),
    ("g", "élevée", "gravite", 4),
    ("g", "FAIBLE", "gravite", 1),
    ("g", "2", "gravite", 2),
    ("q", "HYPER-CENTRE", "quartier", "Plaisance"),
    ("q", "Cholière", "quartier", "Cholière"),
    ("t", "nd", "public_type", None),
    ("t", "jeunes", "public_type", "jeunes"),
]


def test_codes_forgive_accents_case_and_spaces(read: Read):
    empty = dict.fromkeys(HEAD, "") | {"d": "2026-01-05", "q": "P"}
    rows = [list((empty | {"id": str(n), column: written}).values()) for n, (column, written, _, _) in enumerate(CODES)]
    found = read(CODED, HEAD, rows)
    for n, (_, written, declared, expected) in enumerate(CODES):
        assert found.values(declared)[n] == (expected,), written
    assert set(found.values("registre", "origine")) == {("veille_technique", "habitant_terrain")}


def test_unknown_codes_are_counted_and_those_known_to_mean_nothing_are_not(read: Read):
    codes = ["tag", "inconnu", "autre chose", "", "sans objet"]
    rows = [[n, "2026-01-05", "P", code, "?" if n else "ville", "", "", ""] for n, code in enumerate(codes)]
    found = read(CODED, HEAD, rows)
    assert found.warnings == {("valeur_inconnue", "m"): 2, ("valeur_inconnue", "o"): 4}
    assert found.values("domanialite") == [("ville",), *[("autre",)] * 4]


def test_a_constant_fills_what_a_column_leaves_empty(read: Read):
    text = "[columns]\n" + MINIMUM + 'motif = "m"\n[constants]\nmotif = "feu"\nquartier = "Bourg"\n'
    found = read(text, ["id", "d", "q", "m"], [[1, "2026-01-05", "P", "tag"], [2, "2026-01-05", "", ""]])
    assert found.values("quartier", "motif") == [("P", "tag"), ("Bourg", "feu")]


def test_a_date_may_be_the_same_for_the_whole_file(read: Read):
    text = '[columns]\nid_intervention = "id"\nquartier = "q"\n[constants]\ndate_service = 2026-01-05\n'
    assert read(text, ["id", "q"], [[1, "P"]]).values("date_service") == [(date(2026, 1, 5),)]


POINTS = {
    "lat,lon": {
        "47.24,-1.58": True,
        "47.24, -1.58": True,
        "47,24;-1,58": True,
        "47,24 ; -1,58": True,
        "47,24,-1,58": True,
        "47,24 -1,58": True,
        "(47.24, -1.58)": True,
        "[47.24,-1.58]": True,
        "+47.24 -1.58": True,
        "47.24": False,
        "nord": False,
        "": False,
    },
    "lon,lat": {"-1.58,47.24": True, "-1.58 ; 47.24": True, "x,y": False},
    "json": {
        '{"lon": -1.58, "lat": 47.24}': True,
        "{'lon': -1.58, 'lat': 47.24}": True,
        '{"LAT":47.24,"LNG":-1.58}': True,
        '{"latitude": "47.24", "longitude": "-1.58", "human_address": "x"}': True,
        "{'xmax': 9, 'lon': -1.58, 'lat': 47.24}": True,
        '{"type": "Point", "coordinates": [-1.58, 47.24]}': True,
        "{'type': 'Feature', 'geometry': {'coordinates': [-1.58, 47.24], 'type': 'Point'}, 'properties': {}}": True,
        "[-1.58, 47.24]": True,
        '{"x": -1.58, "y": 47.24}': True,
        '{"lon": -1.58}': False,
        '{"lon": null, "lat": null}': False,
        "{}": False,
    },
    "wkt": {
        "POINT(-1.58 47.24)": True,
        "POINT (-1.58 47.24)": True,
        "SRID=4326;POINT(-1.58 47.24)": True,
        "POINT Z (-1.58 47.24 12)": True,
        "point zm(-1.58 47.24 1 2)": True,
        "POINT EMPTY": False,
        "LINESTRING(0 0, 1 1)": False,
    },
}


@pytest.mark.parametrize("form", POINTS)
def test_points_of_one_column(read: Read, form: str):
    text = "[columns]\n" + MINIMUM + f'[point]\ncolumn = "p"\nformat = "{form}"\n'
    found = read(text, ["id", "d", "q", "p"], [[n, "2026-01-05", "P", p] for n, p in enumerate(POINTS[form])])
    known = [x == -1.58 and y == 47.24 for x, y in found.values("px", "py")]
    assert dict(zip(POINTS[form], known, strict=True)) == POINTS[form]
    lost = sum(bool(written) for written, understood in POINTS[form].items() if not understood)
    assert found.warnings == {("coordonnees_illisibles", "p"): lost}


def test_canonical_coordinates_need_no_section(read: Read):
    text = '[columns]\nid_intervention = "id"\ndate_service = "d"\nlongitude = "x"\nlatitude = "y"\n'
    found = read(text, ["id", "d", "x", "y"], [[1, "2026-01-05", "-1,58", "47,24"], [2, "2026-01-05", "", "47,24"]])
    assert found.values("px", "py") == [(-1.58, 47.24), (None, 47.24)]
    assert found.warnings == {("coordonnees_illisibles", "longitude + latitude"): 1}


def test_names_and_values_may_hold_any_sign(read: Read):
    text = """
    separator = "'"
    dates = ["le %d/%m/%Y d'été"]
    [columns]
    id_intervention = "n° d'ordre {id}"
    date_service = 'jour "J" %s'
    quartier = "l'endroit ; où"
    partenaire_relaye = "relais"
    mode_action = "mode"
    [constants]
    public_type = "l'habitant {0}"
    [values.mode_action]
    "L'écoute" = "c'est dit ; {}"
    """
    header = ["n° d'ordre {id}", 'jour "J" %s', "l'endroit ; où", "relais", "mode"]
    found = read(
        text, header, [["a'b", "le 05/01/2026 d'été", "L'Aubinière", "a'b", "l'écoute"], ["c", "d'été", "x", "", ""]]
    )
    assert found.values(
        "id_intervention", "date_service", "quartier", "partenaire_relaye", "mode_action", "public_type"
    ) == [("a'b", date(2026, 1, 5), "L'Aubinière", ["a", "b"], "c'est dit ; {}", "l'habitant {0}")]
    assert found.rejected == [(3, 'jour "J" %s', "date illisible", "d'été")]


def test_what_came_is_shown_in_short(read: Read):
    text = "[columns]\n" + MINIMUM
    ((_, _, _, received),) = read(text, ["id", "d", "q"], [[1, "x" * 100, "P"]]).rejected
    assert received == "x" * 39 + "…"


def test_a_missing_optional_column_is_said_and_a_row_without_it_is_kept(read: Read):
    text = "[columns]\n" + MINIMUM + 'motif = "m"\n'
    found = read(text, ["id", "d", "q", "z"], [[1, "2026-01-05", "P", "x"]])
    assert found.values("motif") == [(None,)]
    assert found.warnings == {("colonne_absente", "m"): 1, ("colonne_non_declaree", "z"): 1}
