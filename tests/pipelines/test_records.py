"""Export records and territories: what can't be understood is said by file and key, whatever was written."""

from __future__ import annotations

import tomllib
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import extract as module
from pipelines.errors import OptimediaError, SettingsError
from pipelines.records import load_record, load_records
from pipelines.schema import slug, tables
from pipelines.settings import ROOT, load_territory
from tests.pipelines.exports import (
    INTERVENTIONS,
    LEAFLET,
    QUICK,
    SHORT,
    SHORT_HEADER,
    TERRITORY,
    convert_here,
    csv_text,
    record,
    staged,
    work_database,
    write,
)

ROWS = [["i1", "2026-01-05", "21:40", "Plaisance", "x"]]


@pytest.mark.parametrize("folder", sorted((ROOT / "config").iterdir()), ids=lambda folder: folder.name)
def test_the_territories_that_ship_are_understood(folder: Path):
    assert load_territory(folder).name
    assert {how.table for how in load_records(folder)} <= set(tables())


def test_a_record_without_columns_has_the_canonical_headers(tmp_path: Path):
    how = record(tmp_path, INTERVENTIONS)
    assert set(how.sources) == set(tables()["interventions"]) - {"horodatage"}
    assert how.required_sources == ("date_service",)
    assert (how.separator, how.timezone, how.sheet, how.point) == ("|", None, None, None)


def test_file_names_are_compared_without_case(tmp_path: Path):
    how = record(tmp_path, SHORT.replace("*intervention*", "*Interv*2026*.csv"))
    assert how.reads("export INTERVENTIONS 2026.CSV")
    assert not how.reads("export interventions 2025.csv")


@pytest.mark.parametrize(
    ("written", "replacement", "said"),
    [
        ('table = "interventions"', 'table = "visites"', 'table = "visites" ; attendu : interventions, presence'),
        ('table = "interventions"\n', "", "la clé 'table' manque"),
        ('key = "id_intervention"\n', "", "la clé 'key' manque"),
        ('key = "id_intervention"\n', "key = []\n", "key = []"),
        ('key = "id_intervention"\n', 'key = "numero"\n', "colonne non déclarée « numero »"),
        ('key = "id_intervention"\n', 'key = "motif"\n', "key : motif n'a pas de source"),
        ('files = ["*intervention*"]', "files = []", "files = []"),
        ('files = ["*intervention*"]', 'files = "x"\nfichiers = "y"', "clé inconnue : fichiers"),
        ('["iso", "%d/%m/%Y"]', '["JJ/MM/AAAA"]', "dates : « JJ/MM/AAAA »"),
        ('["iso", "%d/%m/%Y"]', '["%Q"]', "dates : « %Q »"),
        ('["iso", "%d/%m/%Y"]', "[]", "dates = []"),
        ('"note"', '"commentaire"', "« commentaire » : un commentaire libre n'est jamais lu"),
        ('"note"', '["note", "Commentaire"]', "« Commentaire » : un commentaire libre n'est jamais lu"),
        ('"note"', '"HEURE"', "« heure » et « HEURE » sont un même nom de colonne"),
        ('"note"', "[]", "mode_action = []"),
        ('"note"', "5", "mode_action = 5"),
        ("mode_action", "couleur", "colonne non déclarée « couleur »"),
        ('date_service = "date"\n', "", "colonne obligatoire sans source : date_service"),
    ],
)
def test_a_slip_in_a_record_is_said_with_its_file(tmp_path: Path, written: str, replacement: str, said: str):
    assert written in SHORT
    with pytest.raises(SettingsError) as raised:
        record(tmp_path, SHORT.replace(written, replacement))
    assert str(raised.value).startswith(str(tmp_path / "fiche.toml"))
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ('[constants]\nmotif = "bruit"\n', "[constants] motif = « bruit » ; attendu : attroupement_nuisant"),
        ('[values.motif]\n"Bruit" = "bruit"\n', "[values.motif] « bruit » ; attendu : attroupement_nuisant"),
        ('[values]\nmotif = ["tag"]\n', "[values.motif]"),
        ('[point]\nlongitude = "lon"\n', "[point] ; attendu : longitude et latitude, ou column et format"),
        ('[point]\ncolumn = "geom"\nformat = "gml"\n', "[point] ; attendu"),
        ('[point]\nlongitude = "x"\nlatitude = "y"\ncrs = "Lambert"\n', '[point] crs = "Lambert"'),
        ('[point]\nlongitude = 1\nlatitude = "y"\n', "[point] longitude = 1"),
        ('[point]\nlongitude = "x"\nlatitude = "y"\nz = "z"\n', "[point] clé inconnue : z"),
    ],
)
def test_a_slip_in_a_section_is_said_too(tmp_path: Path, added: str, said: str):
    with pytest.raises(SettingsError) as raised:
        record(tmp_path, SHORT + added)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ('timezone = "Mars/Base"', 'timezone = "Mars/Base" ; attendu : un fuseau'),
        ("timezone = 5", "timezone = 5"),
        ('separator = ""', "separator = ''"),
        ("sheet = 5", "sheet = 5"),
        ('times = "HH:MM"', "times : « HH:MM »"),
        ("not_personal = 5", "not_personal = 5"),
        ("columns = 5", "[columns] = 5"),
        ("point = 5", "[point] = 5"),
    ],
)
def test_a_value_of_another_kind_is_said(tmp_path: Path, key: str, said: str):
    text = SHORT.split("[columns]")[0] if key.startswith("columns") else SHORT
    with pytest.raises(SettingsError) as raised:
        record(tmp_path, key + "\n" + text)
    assert said in str(raised.value)


def test_a_file_that_is_no_toml_and_a_folder_without_records_are_said(tmp_path: Path):
    with pytest.raises(SettingsError, match="fichier TOML illisible"):
        record(tmp_path, "table = \n")
    with pytest.raises(SettingsError, match="fichier TOML illisible"):
        load_record(write(tmp_path / "f.toml", "table = 'é'".encode("cp1252")))
    with pytest.raises(SettingsError, match="aucune fiche d'export"):
        load_records(tmp_path / "vide")


@pytest.mark.parametrize(
    ("written", "replacement", "said"),
    [
        ('timezone = "Europe/Paris"', 'timezone = "Mars/Base"', 'timezone = "Mars/Base"'),
        ('timezone = "Europe/Paris"', "timezone = 5", "timezone = 5"),
        ('name = "Essai"\n', "", "la clé 'name' manque"),
        ("earliest_date = 2005-01-01", 'earliest_date = "2005"', "earliest_date = '2005'"),
        ("earliest_date = 2005-01-01", "earliest_date = 0001-01-01", "earliest_date"),
        ('"06:00"', '"25:00"', "hour must be in 0..23"),
        ('"06:00"', '"06:00+02:00"', "attendu : une heure locale"),
        ('"04-01"', '"13-01"', "month must be in 1..12"),
        ('metric_crs = "EPSG:2154"', "metric_crs = 2154", "metric_crs = 2154"),
        ('school_zone = "B"', "retention_months = -1", "retention_months = -1"),
        ('school_zone = "B"', "latest_days_ahead = true", "latest_days_ahead = True"),
        (
            'school_zone = "B"',
            'unreadable_files = "ignore"',
            'unreadable_files = "ignore" ; attendu : "stop" ou "skip"',
        ),
        ("weekdays = [2, 3, 4, 5, 6]", "weekdays = [0, 8]", "weekdays = [0, 8]"),
        ("valid_from = 2015-01-01", "valid_from = 2015-01-01\nvalid_to = 2014-01-01", "valid_to"),
        ('"23:30"', '"24:30"', "hour must be in 0..23"),
        ("[seasons]", "[thresholds]\npeople = 0\n[seasons]", "people = 0 ; attendu : un nombre entier"),
        ("[seasons]", "[thresholds]\npeuple = 5\n[seasons]", "[thresholds] peuple ; attendu : people, technical"),
        ("[seasons]", "[thresholds.voisin]\npeople = 5\n[seasons]", "[thresholds.voisin] ; attendu : un rôle"),
        ("[seasons]", "[thresholds.ville]\npeople = true\n[seasons]", "[thresholds.ville] people = True ; attendu"),
        ("[seasons]", "[thresholds.ville]\ndensity_points = 9\n[seasons]", "density_points ; attendu : people"),
    ],
)
def test_a_slip_in_a_territory_is_said_with_its_file(tmp_path: Path, written: str, replacement: str, said: str):
    text = TERRITORY + LEAFLET
    assert written in text
    write(tmp_path / "territory.toml", text.replace(written, replacement))
    with pytest.raises(SettingsError) as raised:
        load_territory(tmp_path)
    assert str(raised.value).startswith(str(tmp_path / "territory.toml"))
    assert said in str(raised.value)


def test_a_role_may_have_thresholds_of_its_own(tmp_path: Path):
    given = "[thresholds]\npeople = 12\n[thresholds.bailleur]\npeople = 15\n[thresholds.comite]\ntechnical = 9\n"
    write(tmp_path / "territory.toml", (TERRITORY + LEAFLET).replace("[seasons]", f"{given}[seasons]"))
    territory = load_territory(tmp_path)
    assert territory.thresholds == {"people": 12, "technical": 5, "density_points": 30}
    assert [territory.threshold("people", role) for role in ("ville", "bailleur", "comite")] == [12, 15, 12]
    assert territory.threshold("people", "ville", "bailleur") == 15
    assert territory.threshold("technical", "bailleur") == territory.threshold("technical") == 5
    assert territory.threshold("technical", "ville", "comite") == 9


def test_a_territory_that_is_not_there_is_said(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"Territoire introuvable : .*territory\.toml n'existe pas"):
        load_territory(tmp_path / "nulle part")


FULL = (
    SHORT.replace(
        'key = "id_intervention"', 'key = "id_intervention"\nsheet = "s"\ntimezone = "UTC"\ntimes = ["%H:%M"]'
    )
    + '[constants]\norigine = "autre"\n[values.quartier]\n"P" = "Plaisance"\n'
    + '[point]\ncolumn = "heure"\nformat = "wkt"\ncrs = "EPSG:4326"\n'
)
FRAGMENTS = [
    "[]",
    '""',
    "5",
    "-1",
    "true",
    '"x"',
    '["%Q"]',
    "{}",
    "'",
    '"',
    "=",
    "\n",
    "[x]",
    '"row"',
    "2026-01-05",
    "",
    "é",
    "\0",
]


@st.composite
def mutated(draw: st.DrawFn, whole: str) -> str:
    """A text with a few of its pieces replaced, repeated or taken away."""
    text = whole
    for _ in range(draw(st.integers(1, 3))):
        if draw(st.booleans()):
            lines = text.split("\n")
            at = draw(st.integers(0, len(lines) - 1))
            name = lines[at].split("=")[0]
            lines[at : at + 1] = draw(
                st.sampled_from([[], [lines[at]] * 2, [name + "= " + draw(st.sampled_from(FRAGMENTS))]])
            )
            text = "\n".join(lines)
        else:
            at = draw(st.integers(0, len(text)))
            text = text[:at] + draw(st.sampled_from(FRAGMENTS)) + text[at + draw(st.integers(0, 6)) :]
    return text


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export that the record of these tests reads."""
    return write(tmp_path_factory.mktemp("records") / "interventions.csv", csv_text(SHORT_HEADER, ROWS))


@pytest.fixture(scope="module")
def database():
    """One work database for many readings."""
    return work_database()


@QUICK
@given(text=mutated(FULL))
def test_any_record_is_understood_or_refused_by_name(export: Path, database, text: str):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_run", convert_here)
        try:
            how = record(export.parent, text)
        except SettingsError as error:
            assert str(error).startswith(str(export.parent / "fiche.toml"))
            return
        try:
            found = staged(export, how, con=database)
        except OptimediaError as error:
            assert str(error).startswith("interventions.csv")
            return
    assert len(found.lines) + len(found.rejected) == 1


@QUICK
@given(text=mutated(TERRITORY + LEAFLET))
def test_any_territory_is_understood_or_refused_by_name(export: Path, text: str):
    write(export.parent / "territory.toml", text)
    try:
        found = load_territory(export.parent)
    except SettingsError as error:
        assert str(error).startswith(str(export.parent / "territory.toml"))
        return
    raw = tomllib.loads(text)
    assert (found.name, found.timezone) == (raw["name"], raw["timezone"])
    assert isinstance(found.earliest_date, date)
    assert isinstance(found.service_day_starts, time)


@QUICK
@given(st.text(st.characters(min_codepoint=1, max_codepoint=0x2FFF, exclude_categories=["Cs"]), max_size=12))
def test_names_are_compared_alike_in_python_and_in_sql(database, text: str):
    row = database.execute("select slug(?)", [text]).fetchone()
    assert row == (slug(text),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Plaisance - Ferrière", "plaisance_ferriere"),
        ("  La\u00a0BUGALLIÈRE ", "la_bugalliere"),
        ("20+", "20+"),
        ("5-10", "5_10"),
        ("Cœur d’Orvault", "coeur_d_orvault"),
        ("!?", ""),
    ],
)
def test_accents_case_and_signs_do_not_count(text: str, expected: str):
    assert slug(text) == expected
