"""The fictional exports: their format, where and when their rows are, and the dirt as counted."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipelines.demo import PlantedDirt, planted_dirt, write_demo
from pipelines.demo.draws import apportion
from pipelines.demo.truth import load_truth
from pipelines.errors import SettingsError
from pipelines.settings import ROOT, load_territory
from tests.pipelines.demo_exports import (
    CORRECTIONS,
    END,
    FAR,
    LARGE,
    OUTLINES,
    ZONES,
    Exports,
    Frame,
    code,
    minute,
    polygon,
    read,
)

HEADERS = {
    "interventions": """id_intervention date_service heure_debut heure_fin horodatage_precision heure_fait_min
        heure_fait_max quartier lieu_id lieu_type longitude latitude domanialite bailleur_code registre motif gravite
        origine public_type nb_personnes_tranche mode_action partenaire_relaye date_relais date_retour retour issue
        degat_constate degat_quantite effectif_agents""",
    "presence": "date_service quartier heure_debut heure_fin effectif",
    "lieux": "lieu_id libelle longitude latitude bailleur_code nb_logements",
    "sinistres_bailleur": "bailleur_code residence mois categorie nb cout_ht groupe nb_logements",
    "actions_scolaires": "date etablissement_type theme seances participants",
    "evenements": "date_debut date_fin quartier libelle",
}
UNREADABLE = {"31/02/2025", "?", "hier soir", "00/00/0000"}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    """The exports as shipped by default."""
    return Exports(tmp_path_factory.mktemp("small"), None)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    """The same scaled up, so that planted rates show through the noise."""
    return Exports(tmp_path_factory.mktemp("large"), LARGE)


def both() -> pytest.MarkDecorator:
    """Run a test on both sizes."""
    return pytest.mark.parametrize("name", ["small", "large"])


# Format


def test_the_headers_are_the_canonical_ones_and_the_files_are_marked_fictional(small: Exports):
    schema = tomllib.loads((ROOT / "pipelines" / "schema.toml").read_text(encoding="utf-8"))
    for file in small.files:
        raw = file.read_bytes()
        assert raw.startswith(b"\xef\xbb\xbf"), file.name
        assert file.name.startswith("fictif_")
        table = re.sub(r"_(\d{4}|corrections)$", "", file.stem.removeprefix("fictif_"))
        header = raw.decode("utf-8-sig").splitlines()[0].split(";")
        undeclared = ["commentaire"] if table == "interventions" else []
        assert header == HEADERS[table].split() + undeclared
        assert set(header) - set(undeclared) == set(schema[table]["columns"]) - {"horodatage"}


def test_free_text_has_line_breaks_and_semicolons_and_nothing_else_looks_personal(small: Exports):
    comments = small.lines["commentaire"].dropna()
    assert comments.str.contains("\n").any()
    assert comments.str.contains(";").any()
    assert comments.str.contains('"').any()
    personal = re.compile(r"(?:^|\D)0[1-9](?:[ .-]?\d\d){4}(?:\D|$)|@|\b(?:M\.|Mmes?|Mlle|Monsieur|Madame)\s*\w")
    assert personal.search(" ".join(comments)), "the undeclared column must hold what the pipeline has to drop"
    for file in small.files:
        table = read(file).drop(columns="commentaire", errors="ignore")
        for column in table.columns:
            found = [text for text in table[column].dropna().unique() if personal.search(text)]
            assert not found, f"{file.name} {column}: {found}"


@both()
def test_codes_are_declared_but_for_the_dirt(name: str, request: pytest.FixtureRequest):
    exports: Exports = request.getfixturevalue(name)
    schema = tomllib.loads((ROOT / "pipelines" / "schema.toml").read_text(encoding="utf-8"))["interventions"]["columns"]
    rows = exports.rows
    labelled, unknown = set(), set()
    for column, declared in schema.items():
        if declared["type"] != "code":
            continue
        values = rows[column].dropna()
        odd = values[~values.isin(declared["values"])]
        known = odd.map(code).isin(declared["values"])
        labelled |= set(odd.index[known])
        unknown |= set(odd.index[~known])
        assert known.all() or column == "motif"
    assert len(labelled) == exports.dirt.kinds["code_libelle"]
    assert len(unknown) == exports.dirt.kinds["motif_inconnu"]
    assert set(schema["registre"]["values"]) == set(rows["registre"].dropna())
    assert set(schema["motif"]["values"]) <= set(rows["motif"])


def test_the_same_arguments_give_the_same_bytes(small: Exports, tmp_path: Path):
    told: list[float] = []
    again = write_demo(tmp_path / "again", end=END, progress=lambda _, share: told.append(share))
    assert [f.name for f in again] == [f.name for f in small.files]
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(again, small.files, strict=True))
    assert told == sorted(told)
    assert told[-1] == 1.0
    other = write_demo(tmp_path / "other", end=END, seed=7)
    same = {a.name for a, b in zip(again, other, strict=True) if a.read_bytes() == b.read_bytes()}
    assert same == {"fictif_lieux.csv", "fictif_evenements.csv"}
    assert sum(file.stat().st_size for file in small.files) < 5_000_000


def test_a_file_is_there_whole_or_not_and_old_years_go(tmp_path: Path):
    write_demo(tmp_path, end=date(2024, 3, 1), rows=2_000, years=1)
    (tmp_path / "interventions_2023.csv").write_text("somebody's own", encoding="utf-8")
    written = write_demo(tmp_path, end=date(2026, 3, 1), rows=2_000, years=1)
    assert {f.name for f in tmp_path.iterdir()} == {f.name for f in written} | {"interventions_2023.csv"}


def test_corrections_are_read_after_the_years(small: Exports):
    names = [f.name for f in small.files if "interventions" in f.name]
    natural = sorted(names, key=lambda n: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", n)])
    assert sorted(names) == names == natural
    assert names[-1] == CORRECTIONS


# Time and place


def test_the_planted_timetable_is_the_territory_s():
    service, territory = load_truth().raw["service"], load_territory(ROOT / "config" / "orvault")
    table = next(t for t in territory.timetables if t.valid_from == service["valid_from"])
    assert table.valid_to is None
    assert set(service["weekdays"]) == table.weekdays
    assert [f"{t:%H:%M}" for t in table.winter] == [service["opens"], service["closes_winter"]]
    assert [f"{t:%H:%M}" for t in table.summer] == [service["opens"], service["closes_summer"]]
    edges = [f"{month:02d}-{day:02d}" for month, day in territory.summer]
    assert edges == [service["summer_starts"], service["summer_ends"]]


@both()
def test_every_row_is_inside_the_service(name: str, request: pytest.FixtureRequest):
    exports: Exports = request.getfixturevalue(name)
    rows = exports.kept
    assert rows["day"].min() > pd.Timestamp(2023, 11, 24)
    assert rows["day"].max() <= pd.Timestamp(END)
    assert set(rows["day"].dt.day_of_week + 1) == {2, 3, 4, 5, 6}
    summer = rows["day"].dt.month.between(4, 9)
    closes = np.where(summer, 24 * 60 + 30, 23 * 60 + 30)
    assert (rows["minute"] >= 14 * 60 + 15).all()
    assert (rows["minute"] < closes).all()
    ends = minute(rows["heure_fin"])
    assert ((ends >= rows["minute"]) | ends.isna()).all()
    assert ((ends <= closes) | ends.isna()).all()
    assert (rows["minute"] >= 24 * 60).any(), "summer nights go past midnight"
    bounded = rows[rows["horodatage_precision"] == "intervalle"]
    assert bounded[["heure_fait_min", "heure_fait_max"]].notna().all(axis=None)
    assert (minute(bounded["heure_fait_min"]) <= minute(bounded["heure_fait_max"])).all()


def test_every_row_is_where_a_patrol_was(small: Exports):
    rows = small.kept
    place_zone = {place.id: place.zone for place in load_truth().places}
    rows = rows.assign(zone=rows["zone"].fillna(rows["lieu_id"].map(place_zone))).dropna(subset="zone")
    there: dict[tuple[str, str], list[tuple[float, float]]] = {}
    presence = small.presence
    for day, zone, start, end in zip(
        presence["date_service"],
        presence["quartier"],
        minute(presence["heure_debut"]),
        minute(presence["heure_fin"]),
        strict=True,
    ):
        there.setdefault((day, ZONES[zone]), []).append((start, end))
    lost = set(rows["day"].dt.strftime("%Y-%m-%d")) - set(presence["date_service"])
    assert len(lost) == 15
    for day, zone, at in zip(rows["day"].dt.strftime("%Y-%m-%d"), rows["zone"], rows["minute"], strict=True):
        assert day in lost or any(start <= at < end for start, end in there[day, zone]), (day, zone, at)


def test_presence_has_no_equal_rows_and_the_gaps_that_are_documented(small: Exports):
    keys = ["date_service", "quartier", "heure_debut", "heure_fin"]
    assert not small.presence.duplicated(keys).any()
    breakdown = small.events[small.events["libelle"].str.startswith("Panne")].iloc[0]
    silent = pd.date_range(breakdown["date_debut"], breakdown["date_fin"]).strftime("%Y-%m-%d")
    patrolled = set(silent) & set(small.presence["date_service"])
    assert len(patrolled) == 3
    assert not patrolled & set(small.kept["day"].dt.strftime("%Y-%m-%d"))
    closed = small.presence["date_service"].str[5:].isin(["01-01", "05-01", "12-25"])
    assert not closed.any()


def test_places_are_inside_their_outline_and_landlords_are_marked(small: Exports):
    zones = {place.id: place.zone for place in load_truth().places}
    for place in small.places.itertuples():
        point = shapely.Point(float(place.longitude), float(place.latitude))
        assert polygon(OUTLINES[zones[place.Index]]).contains(point), place.Index
    assert 55 <= len(small.places) <= 65
    homes = small.places.dropna(subset="nb_logements")
    assert homes["libelle"].str.contains("(fictif)", regex=False).all()
    assert set(homes["bailleur_code"].dropna()) == {"BAIL-A", "BAIL-B", "BAIL-C"}
    assert small.places.loc[~small.places.index.isin(homes.index), "bailleur_code"].isna().all()
    assert set(small.lines["lieu_id"].dropna()) <= set(small.places.index)


@both()
def test_telephone_requests_have_a_neighbourhood_and_no_more(name: str, request: pytest.FixtureRequest):
    exports: Exports = request.getfixturevalue(name)
    calls = exports.lines[exports.lines["origine"] == "habitant_telephone"]
    assert calls[["lieu_id", "longitude", "latitude"]].isna().all(axis=None)
    assert calls["quartier"].isna().sum() <= exports.dirt.kinds["sans_lieu"]
    assert set(calls["lieu_type"].dropna()) == {"telephone"}


@both()
def test_points_are_rounded_and_within_some_metres_of_their_place(name: str, request: pytest.FixtureRequest):
    """However many rows, there are only so many hundred-thousandths of a degree around 61 places."""
    exports: Exports = request.getfixturevalue(name)
    rows = exports.rows.dropna(subset=["longitude", "lieu_id"])
    assert rows[["longitude", "latitude"]].apply(lambda c: c.str.fullmatch(r"-?\d+\.\d{1,5}")).all(axis=None)
    lon, lat = rows["longitude"].astype(float), rows["latitude"].astype(float)
    x, y = lon.where(lat > 0, lat), lat.where(lat > 0, lon)
    place = exports.places.loc[rows["lieu_id"], ["longitude", "latitude"]].astype(float).to_numpy()
    east = (x - place[:, 0]) * 111_320 * np.cos(np.radians(47.25))
    north = (y - place[:, 1]) * 111_320
    metres = np.hypot(east, north)
    assert metres.max() < 65
    assert 4 < metres.median() < 20


# Dirt


@both()
def test_dirt_is_two_percent_and_each_way_is_counted(name: str, request: pytest.FixtureRequest):
    exports: Exports = request.getfixturevalue(name)
    lines, dirt = exports.lines, exports.dirt
    assert {f: len(t) for f, t in exports.years.items()} | {CORRECTIONS: len(exports.corrections)} == dirt.lines
    assert abs(dirt.dirty - 0.02 * dirt.total_lines) <= 1
    assert dirt.loaded == dirt.total_lines - dirt.duplicates - dirt.rejected
    assert min(dirt.kinds.values()) >= 1
    for file, table in exports.years.items():
        assert found_in(table, exports) == dirt.files[file], file
    assert found_in(lines, exports) == dirt.kinds


def found_in(lines: Frame, exports: Exports) -> dict[str, int]:
    """Dirty rows of each kind, as a reader recognises them."""
    rows = lines.drop_duplicates()
    corrected = rows["id_intervention"].isin(exports.corrections["id_intervention"])
    day, lon, lat = rows["date_service"], rows["longitude"].astype(float), rows["latitude"].astype(float)
    swapped = lat < 0
    x, y = lon.where(~swapped, lat), lat.where(~swapped, lon)
    inside = shapely.contains_xy(shapely.union_all([polygon(text) for text in OUTLINES.values()]), x, y)
    nowhere = rows[["longitude", "lieu_id", "quartier"]].isna().all(axis=1)
    labels = rows[["origine", "motif", "issue"]].apply(
        lambda c: c.isin([text for text in c.dropna().unique() if text != code(text)])
    )
    unknown = rows["motif"].isin(load_truth().raw["dirt"]["values"]["unknown_motifs"])
    return {
        "coordonnees_permutees": int(swapped.sum()),
        "date_francaise": int((day.str.fullmatch(r"\d\d/\d\d/\d{4}") & ~day.isin(UNREADABLE)).sum()),
        "code_libelle": int((labels.any(axis=1) & ~unknown).sum()),
        "quartier_orthographe": int((rows["quartier"].notna() & ~rows["quartier"].isin(ZONES)).sum()),
        "heure_h": int(rows["heure_debut"].str.fullmatch(r"\d\dh\d\d").sum()),
        "motif_inconnu": int(unknown.sum()),
        "hors_zones": int((lon.notna() & ~inside).sum()),
        "repetition": int(lines.duplicated().sum()),
        "correction": int(corrected.sum()),
        "date_illisible": int(day.isin(UNREADABLE).sum()),
        "date_hors_limites": int(day.isin(FAR).sum()),
        "sans_lieu": int(nowhere.sum()),
    }


def test_identifiers_repeat_only_as_planted(large: Exports):
    rows = large.rows
    assert rows["id_intervention"].is_unique
    assert rows["id_intervention"].str.fullmatch(r"FICTIF-202[3-6]-\d{6}").all()
    first = rows.set_index("id_intervention").loc[large.corrections["id_intervention"]]
    later = large.corrections.set_index("id_intervention")
    differs = (first.fillna("") != later.fillna("")).any()
    assert set(differs[differs].index) == {"issue", "gravite"}
    assert (first["issue"].fillna("") != later["issue"]).all()
    assert len(rows) + len(large.corrections) - len(large.corrections) == large.dirt.loaded + large.dirt.rejected


def test_spellings_lead_to_their_neighbourhood():
    aliases = load_territory(ROOT / "config" / "orvault").neighbourhoods.aliases
    known = {code(text): zone for text, zone in aliases.items()}
    for zone in load_truth().zones:
        assert known[code(zone.name)] == zone.id
        for spelling in zone.spellings:
            assert spelling != zone.name
            assert known[code(spelling)] == zone.id, spelling


@pytest.mark.parametrize("rows", [100, 1_001, 50_000])
def test_rows_is_the_number_of_lines_of_all_interventions_files(rows: int, tmp_path: Path):
    written = write_demo(tmp_path, end=END, rows=rows)
    lines = {f.name: len(read(f)) for f in written if "interventions" in f.name}
    dirt = planted_dirt(end=END, rows=rows)
    assert sum(lines.values()) == rows
    assert lines == dirt.lines
    assert all(count >= 1 for count in dirt.kinds.values())
    assert dirt.dirty == max(round(0.02 * rows), len(dirt.kinds))


@pytest.mark.parametrize(
    ("end", "years", "rows"), [(date(2028, 2, 29), 4, None), (date(2033, 5, 1), 2, 300), (date(2026, 1, 2), 1, 100)]
)
def test_any_period_can_be_made(end: date, years: int, rows: int | None, tmp_path: Path):
    written = {f.name: read(f) for f in write_demo(tmp_path, end=end, years=years, rows=rows)}
    days = pd.to_datetime(written["fictif_presence.csv"]["date_service"])
    assert days.max() <= pd.Timestamp(end) < days.max() + timedelta(days=5)
    months = written["fictif_sinistres_bailleur.csv"]["mois"].unique()
    assert len(months) == 12 * years
    assert pd.Timestamp(months.max()) + pd.offsets.MonthEnd() <= pd.Timestamp(end)
    assert (pd.to_datetime(written["fictif_evenements.csv"]["date_debut"]) <= pd.Timestamp(end)).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rows": 99}, "au moins 100"),
        ({"years": 0}, "au moins 1 an"),
        ({"end": date(2016, 6, 1)}, "02/06/2013"),
    ],
)
def test_what_cannot_be_made_is_refused_before_anything_is_written(
    arguments: dict[str, Any], message: str, tmp_path: Path
):
    wanted: dict[str, Any] = {"end": END, **arguments}
    with pytest.raises(SettingsError, match=message):
        write_demo(tmp_path / "new", **wanted)
    assert not (tmp_path / "new").exists()


# Tools


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=20).filter(any), st.integers(0, 5), st.integers(0, 10_000))
def test_apportion_gives_everything_away_and_no_less_than_promised(weights: list[int], least: int, more: int):
    total = least * len(weights) + more
    shares = apportion(weights, total, least=least)
    exact = np.array(weights) / sum(weights) * total
    assert shares.sum() == total
    assert shares.min() >= least
    assert (shares <= np.maximum(exact, least) + 1).all()


def test_dirt_counts_add_up():
    dirt = PlantedDirt(
        lines={"a": 10, "b": 1},
        files={"a": dict.fromkeys(load_truth().raw["dirt"]["kinds"], 0) | {"correction": 1, "sans_lieu": 2}},
    )
    counted = Counter(dirty=dirt.dirty, duplicates=dirt.duplicates, rejected=dirt.rejected, loaded=dirt.loaded)
    assert counted == {"dirty": 3, "duplicates": 1, "rejected": 2, "loaded": 8}
    assert dirt.total_lines == 11
