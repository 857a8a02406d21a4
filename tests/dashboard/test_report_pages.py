"""Partners' pages, run for real on published tables: their slides, and nothing that is another's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import publication, report_widgets, warehouse
from dashboard.access import SUPERVISOR, Viewer
from pipelines.settings import ROOT
from tests.dashboard import published

Open = Callable[..., AppTest]


@pytest.fixture
def visited(monkeypatch: pytest.MonkeyPatch, demo_warehouse: Path) -> Iterator[Open]:
    """`visited("ville", "carte")`: a page of a role, on tables published by hand."""
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(demo_warehouse))
    monkeypatch.setattr(publication, "tables", lambda viewer: published.tables(demo_warehouse, viewer))
    monkeypatch.setattr(warehouse._STORE, "publisher", publication.tables)  # named once a process by the entry point
    monkeypatch.setattr(warehouse._STORE, "_published", {})
    token = warehouse._ACTING.set(None)

    def run(role: str, page: str, **parameters: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for name, value in ({"role": role} | parameters).items():
            app.query_params[name] = value
        app.run()
        app.switch_page(f"dashboard/pages/{page}.py").run()
        assert not app.exception, [error.value for error in app.exception]
        return app

    yield run
    warehouse._ACTING.reset(token)


def words(app: AppTest) -> str:
    """Everything written on a page."""
    pieces = [element.proto.body for element in app.get("html")]
    return "\n".join([*pieces, *(element.value for element in [*app.caption, *app.title, *app.header, *app.subheader])])


@pytest.mark.parametrize(
    ("role", "page", "said"),
    [
        ("ville", "publie_carte", "Par quartier"),
        ("ville", "publie_quartiers", "Face au reste"),
        ("ville", "publie_dispositif", "Publics rencontrés"),
        ("bailleur:BAIL-A", "publie_tendances", "Interventions par jour de service"),
        ("bailleur:BAIL-A", "publie_couts_evites", "ne s’additionnent jamais"),
        ("comite", "comite", "Comment lire ces chiffres"),
    ],
)
def test_a_partners_page_shows_its_slides(visited: Open, role: str, page: str, said: str):
    shown = words(visited(role, page, periode="2026-T2"))
    assert said in shown
    assert "Données fictives" in shown and "2e trimestre 2026" in shown


def test_an_audience_is_handed_to_nobody_who_may_not_read_it(monkeypatch: pytest.MonkeyPatch, demo_warehouse: Path):
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(demo_warehouse))
    codes = {
        viewer.code: [one.code for one in report_widgets.audiences(viewer)]
        for viewer in (Viewer("ville"), Viewer("bailleur", "BAIL-B"), Viewer("comite"), SUPERVISOR)
    }
    assert codes == {
        "ville": ["ville", "comite"],
        "bailleur:BAIL-B": ["bailleur:BAIL-B"],
        "comite": ["comite"],
        "superviseur": ["comite", "ville", "bailleur:BAIL-A", "bailleur:BAIL-B", "bailleur:BAIL-C"],
    }
