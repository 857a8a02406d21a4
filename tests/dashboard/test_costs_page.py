"""The page Coûts évités, run for real: what it shows in every case, and what it keeps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pipelines.settings import ROOT
from tests.dashboard.repairs import happened, ledger, plain
from tests.dashboard.warehouses import BUILD, HOSTILE, write

PAGE = "dashboard/pages/couts_evites.py"


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Open the page on a warehouse, at an address."""

    def run(warehouse: Path, territory: Path | None = None, **parameters: str | list[str]) -> AppTest:
        monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(warehouse))
        if territory:
            monkeypatch.setenv("OPTIMEDIA_TERRITORY", str(territory))
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for name, value in parameters.items():
            app.query_params[name] = value
        app.run()
        app.switch_page(PAGE).run()
        assert not app.exception, [error.value for error in app.exception]
        return app

    return run


def words(app: AppTest) -> str:
    """What the page says."""
    return plain("\n".join(element.proto.body for element in app.get("html")))


def test_the_page_reads_known_then_supposed_then_computed(show, demo_warehouse: Path):
    app = show(demo_warehouse, bailleur="BAIL-B", contribution="8000")
    assert [header.value for header in app.header] == [
        "Ce qui est mesuré",
        "Ce qui est supposé",
        "Comment c’est calculé",
    ]
    said = words(app)
    assert "≈ Non concluant" in said
    assert "Puissance :" in said
    assert "Groupe fictif" in said
    assert "Petits nombres (WDD)" in said
    assert "Rien de mesuré ne permet de dire" in said
    assert "8 000 € pour la période (12 mois)" in said
    assert "rentab" not in said.casefold()
    assert len(app.get("plotly_chart")) == 4


def test_a_moved_slider_is_marked_and_goes_back(show, demo_warehouse: Path):
    app = show(demo_warehouse)
    before = words(app)
    assert "modifiée" not in before
    app.slider(key="h_a_mode").set_value(50.0).run()
    assert "Modifié, défaut 5 % / 25 % / 60 %" in words(app)
    assert "5 % / 50 % / 60 % (modifié, défaut" in words(app)
    next(button for button in app.button if "Revenir" in button.label).click().run()
    assert words(app) == before


def test_an_address_keeps_hypotheses_and_the_comparison(show, demo_warehouse: Path):
    kept = {"h_p": ["1", "20"], "h_p_mode": "5", "debut": "juin 2025", "bailleur": "BAIL-A"}
    app = show(demo_warehouse, **kept, releve=["janv. 2024", "sept. 2025"])
    said = words(app)
    assert "de janvier 2024 à septembre 2025" in said
    assert "1 % / 5 % / 20 % (modifié, défaut" in said
    assert "depuis juin 2025" in said
    assert "12 suivies" in said


def test_a_landlord_without_ledger_is_offered_the_template_and_keeps_what_is_supposed(show, demo_warehouse: Path):
    app = show(demo_warehouse, bailleur="BAIL-C (sans relevé)")
    said = words(app)
    assert "Aucun relevé de réparations de BAIL-C" in said
    assert "BAIL-A, BAIL-B" in said
    assert any("modèle de relevé" in button.label for button in app.get("download_button"))
    assert "Supposé, pas mesuré" in said


def test_a_territory_without_hypotheses_or_ledger_says_what_is_missing(show, tmp_path: Path):
    rows = [happened(number) for number in range(5)]
    days = [{"service_date": date(2025, 3, 1), "weekday": 6, "season": "hiver", "interventions": 5}]
    warehouse = write(tmp_path / "w.duckdb", build=[BUILD], interventions=rows, service_days=days)
    app = show(warehouse, territory=ROOT / "config" / "paris")
    said = words(app)
    assert "Rien de mesuré ici" in said
    assert "costs.toml" in said
    assert len(app.get("plotly_chart")) == 0


def test_hypotheses_that_cannot_be_read_are_said_and_the_ledger_still_shown(show, demo_warehouse: Path, tmp_path: Path):
    (tmp_path / "territory.toml").write_text((ROOT / "config/orvault/territory.toml").read_text("utf-8"), "utf-8")
    (tmp_path / "costs.toml").write_text("[situations]\nmotifs = 3", "utf-8")
    app = show(demo_warehouse, territory=tmp_path)
    assert "situations.motifs ; attendu : une liste de textes ; reçu : 3" in words(app)
    assert len(app.get("plotly_chart")) >= 1


def test_hostile_names_are_only_words(show, tmp_path: Path):
    rows = ledger()
    for row in rows:
        row["landlord_code"] += HOSTILE
        row["residence"] += HOSTILE
    events = [{"starts_on": date(2024, 12, 10), "label": f"Convention {HOSTILE}"}]
    days = [{"service_date": date(2025, 3, 1), "weekday": 6, "season": "hiver", "interventions": 5}]
    warehouse = write(
        tmp_path / "w.duckdb", build=[BUILD], landlord_repairs=rows, events=events, service_days=days,
        interventions=[happened(1, damage="tag"), happened(2)],
    )  # fmt: skip
    app = show(warehouse)
    html = "\n".join(element.proto.body for element in app.get("html"))
    assert "<img" not in html
    assert not [element.value for element in [*app.markdown, *app.caption] if "onerror" in element.value]
