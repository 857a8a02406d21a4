"""Every page, run for real on the demonstration and on territories where something is missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import access
from dashboard.access import WITHOUT_LOGIN
from dashboard.menu import PAGES, PUBLISHED
from pipelines.settings import ROOT
from tests.dashboard.warehouses import BUILD, HOSTILE, two_years, write

FILES = [file for file in sorted((ROOT / "dashboard" / "pages").glob("*.py")) if not file.stem.startswith(PUBLISHED)]
page = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Warehouses of two years, each made once."""
    folder, known = tmp_path_factory.mktemp("pages"), {}

    def make(**given: Any) -> Path:
        key = repr(given)
        if key not in known:
            known[key] = two_years(folder / f"{len(known)}.duckdb", **given)
        return known[key]

    return make


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Open a page of the product on a warehouse, at an address."""

    def run(file: Path, warehouse: Path, **parameters: str | list[str]) -> AppTest:
        monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(warehouse))
        monkeypatch.setattr(access, "is_local", lambda address, headers: True)
        monkeypatch.setenv(WITHOUT_LOGIN, "1")
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for name, value in parameters.items():
            app.query_params[name] = value
        app.run()
        if file.stem != PAGES[0].name:
            app.switch_page(file.relative_to(ROOT).as_posix()).run()
        assert not app.exception, [error.value for error in app.exception]
        return app

    return run


def words(app: AppTest) -> str:
    """Everything written on a page, HTML as it is sent."""
    pieces = [element.proto.body for element in app.get("html")]
    return "\n".join([*pieces, *(element.value for element in [*app.markdown, *app.caption, *app.title, *app.header])])


def test_every_page_of_the_folder_is_in_the_menu():
    assert {page.name for page in PAGES} == {file.stem for file in FILES}


@page
def test_a_page_shows_the_demonstration_and_says_that_it_is_fictional(file: Path, show, demo_warehouse: Path):
    app = show(file, demo_warehouse)
    title = next(page.title for page in PAGES if page.name == file.stem)
    assert [element.value for element in app.title] == [title]
    assert "Données fictives" in words(app)
    assert "Données jusqu’au" in words(app)


@page
def test_a_page_runs_on_its_own(file: Path, demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(demo_warehouse))
    app = AppTest.from_file(str(file), default_timeout=120).run()
    assert not app.exception
    filtered = next(page.filtered for page in PAGES if page.name == file.stem)
    assert [chosen.value for chosen in app.sidebar.selectbox if chosen.key == "periode"] == ["12mois"] * filtered


@page
@pytest.mark.parametrize("presence", ["presence", "horaires", "aucune"])
def test_a_page_runs_whatever_is_known_of_presence(file: Path, show, made, presence: str):
    app = show(file, made(presence=presence, hour_known=presence == "presence", fictional=False))
    assert "Données fictives" not in words(app)


@page
def test_a_page_runs_with_hours_but_no_presence(file: Path, show, made):
    app = show(file, made(presence="aucune", hour=20))
    if file.stem == "tendances":
        assert "aucune heure de patrouille par quartier n’est connue" in words(app)
        assert "Nombre de demandes" in words(app), "numbers are not called rates"


@page
@pytest.mark.parametrize(
    "choice",
    [
        {"periode": "Ce mois", "quartier": "Sud", "origine": "Demandes"},
        {"periode": "Toute la période"},
        {"periode": "Cette saison", "motif": "Feu", "quartier": ["Nord", "Sud"]},
        {"registre": "Gestion des conflits", "motif": "Tag", "quartier": "Sud"},
    ],
    ids=["nothing", "whole", "season", "never"],
)
def test_a_page_runs_whatever_is_chosen(file: Path, show, made, choice: dict):
    show(file, made(), **choice)


@page
def test_a_page_shows_hostile_words_as_words(file: Path, show, made):
    app = show(file, made(text=HOSTILE), quartier=HOSTILE)
    html = "\n".join(element.proto.body for element in app.get("html"))
    assert "<img" not in html
    written = [element.value for element in [*app.markdown, *app.caption]]
    assert not [text for text in written if "onerror" in text], "Streamlit reads Markdown here"


@page
def test_a_page_without_any_record_is_kind(file: Path, show, tmp_path: Path):
    app = show(file, write(tmp_path / "empty.duckdb", build=[BUILD]))
    assert "Aucune donnée" in words(app)


def test_without_a_warehouse_the_only_page_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    missing = tmp_path / "absent <b>.duckdb"
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(missing))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert not app.exception
    assert "Pas encore de données à montrer" in words(app)
    assert "python -m pipelines build" in words(app)
    assert "absent &lt;b&gt;.duckdb" in words(app)
    two_years(missing)
    app.button[0].click().run()
    assert not app.exception
    assert "Données jusqu’au 31/12/2025" in words(app)


def test_a_territory_that_cannot_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made):
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(made()))
    monkeypatch.setenv("OPTIMEDIA_TERRITORY", str(tmp_path))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert not app.exception
    assert "territory.toml" in words(app)


SUMMARY = ROOT / "dashboard" / "pages" / "synthese.py"
QUALITY = ROOT / "dashboard" / "pages" / "qualite.py"


def test_the_summary_counts_the_year(show, made):
    shown = words(show(SUMMARY, made())).replace("\u00a0", " ").replace("\u202f", " ")
    for text in ("249 demandes en 2 490 h de patrouille", "261 demandes sur 418 interventions", "261 apaisées sur 261"):
        assert text in shown
    assert shown.count("Pas de différence établie") == 5


def test_a_choice_without_record_is_kind_and_can_be_undone(show, made):
    app = show(SUMMARY, made(), quartier="Sud", motif="Tag")
    assert "Rien à compter ici" in words(app)
    app.button(key="clear_page").click().run()
    assert not app.exception
    assert "Rien à compter ici" not in words(app)
    assert app.session_state["shared_filters"].motifs == ()


def test_every_figure_of_the_summary_explains_itself(show, made):
    app = show(SUMMARY, made())
    explained = "\n".join(element.value for element in app.markdown)
    assert "**Ici.** 249\u00a0demandes ÷ 2\u202f490\u00a0h × 100 = 10,0." in explained
    for start in ("Ce qui est compté", "Formule", "Dernier jour connu", "Chaque point", "Part.", "Comment lire"):
        assert f"**{start}" in explained


def test_the_curve_can_show_interventions(show, made):
    app = show(SUMMARY, made())
    app.button_group(key="courbe").set_value("interventions").run()
    assert not app.exception
    assert "Courbe mensuelle" in app.get("plotly_chart")[0].proto.alt
    assert "interventions" in app.get("plotly_chart")[0].proto.alt


def test_the_ledger_adds_up(show, demo_warehouse: Path):
    shown = words(show(QUALITY, demo_warehouse))
    assert "le compte est bon" in shown
    assert "le compte n’est pas bon" not in shown


def test_a_ledger_that_does_not_add_up_is_said(show, tmp_path: Path):
    ledger = {"file_id": 1, "name": "a.csv", "table_name": "interventions", "rows_read": 9, "loaded": 5}
    known = [{"service_date": date(2025, 1, 2), "weekday": 4, "season": "hiver", "interventions": 0}]
    files = [ledger | {"duplicates": 1, "rejected": 1, "fictional": False}]
    app = show(QUALITY, write(tmp_path / "w.duckdb", build=[BUILD], import_files=files, service_days=known))
    assert "le compte n’est pas bon" in words(app)


def test_a_file_that_could_not_be_read_is_shown_with_the_reason(show, tmp_path: Path):
    error = "Fichier protégé par un mot de passe : enregistrez-le sans mot de passe."
    ledger = {"file_id": 1, "name": "secret.xlsx", "table_name": "interventions", "fictional": False, "error": error}
    counts = dict.fromkeys(("rows_read", "loaded", "duplicates", "rejected"), 0)
    app = show(QUALITY, write(tmp_path / "w.duckdb", build=[BUILD], import_files=[ledger | counts]))
    assert "secret.xlsx n’a pas pu être lu" in words(app)
    assert error in words(app)


def test_columns_that_no_export_fills_are_named_apart(show, tmp_path: Path):
    completeness = [
        {"table_name": "interventions", "column_name": name, "filled": filled, "total": 10}
        for name, filled in (("motif", 9), ("damage", 0), ("severity", 0), ("file_id", 10))
    ]
    shown = words(show(QUALITY, write(tmp_path / "w.duckdb", build=[BUILD], completeness=completeness)))
    assert "Jamais remplies\u00a0: Dégât constaté, Gravité." in shown
    assert "9 sur 10" in shown
    assert "10 sur 10" not in shown, "a column that the pipeline computes"


def test_without_a_timetable_no_day_is_said_to_be_missing(show, made):
    shown = words(show(QUALITY, made(presence="aucune")))
    assert "Aucun horaire prévu n’est connu" in shown
    assert "Jours prévus" not in shown


def test_days_without_record_are_told_from_days_of_the_timetable(show, made):
    recorded = words(show(QUALITY, made(), periode="Ce mois"))
    assert "mercredi 31/12/2025" in recorded
    assert "manquante" in recorded
    timetable = words(show(QUALITY, made(presence="horaires"), periode="Ce mois"))
    assert "mercredi 31/12/2025" not in timetable, (
        "no presence is recorded at all: a day is not missing more than another"
    )
