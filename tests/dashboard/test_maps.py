"""The map page on a small territory where every figure can be counted by hand, then under a reader's hands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import map_content, map_figures, map_geography, map_layers, map_tables
from dashboard.map_geography import NotDrawn
from dashboard.map_layers import Label
from pipelines.settings import ROOT
from tests.dashboard.territories import DAYS, NORTH, SIGMA, happened, interventions, panel, presence, view
from tests.dashboard.warehouses import HOSTILE


def script(element: Any) -> str:
    """JavaScript of one element."""
    return element._template.module.script(element)


def drawn(layer: Any) -> str:
    """JavaScript of a layer, as the browser receives it."""
    return "\n".join(script(child) for child in layer._children.values())


def test_names_reach_the_browser_as_data(territory):
    territory(name=HOSTILE)
    content = [map_content.content(view(panel(), layer=layer), panel(), (1.0, 50.0)) for layer in map_content.LAYERS]
    for layers, _, _ in content:
        sent = drawn(map_layers.group(*layers))
        assert "onerror" in sent, "the name is there"
        assert "<img" not in sent
    label = map_layers.labels_layer([Label(-1.6, 47.2, ("</script>`${alert(1)}`",))])
    assert "</script>" not in script(label)


def test_the_base_map_asks_for_nothing_outside_and_does_not_depend_on_the_data(territory):
    corners = ((47.0, -1.7), (47.3, -1.5))
    one = map_layers.base_map(corners, tiles=None, attribution="", base_url="mediation")
    assert [address for _, address in [*one.default_js, *one.default_css]]
    assert all(address.startswith("/mediation/app/static/") for _, address in [*one.default_js, *one.default_css])
    assert "TileLayer" not in {child._name for child in one._children.values()}
    two = map_layers.base_map(corners, tiles="https://tuiles.test/{z}/{x}/{y}", attribution="© <b>Tuiles</b>")
    names = [child._name for child in two._children.values()]
    assert names.index("Script") < names.index("TileLayer"), "no tile is asked for before the view is set"


def test_seasons_are_compared_on_the_hours_that_both_have(territory):
    territory()
    assert map_figures.common_hours(("hiver", "ete"), (22, 23, 0)) == (22, 23, 0)
    assert map_figures.common_hours(("hiver", "printemps"), (22, 23, 0)) == ()


def test_a_click_chooses_the_neighbourhood_under_it(territory):
    territory()
    assert map_geography.zone_at(*NORTH) == "nord"
    assert map_geography.zone_at(-1.57, 47.24) == "est"
    assert map_geography.zone_at(-1.7, 47.3) is None


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """The map page of the whole product, at an address."""

    def run(**parameters: str | list[str]) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for name, value in ({"periode": "Toute la période"} | parameters).items():
            app.query_params[name] = value
        app.run()
        return checked(app.switch_page("dashboard/pages/carte.py").run())

    return run


def checked(app: AppTest) -> AppTest:
    """The same, without any exception."""
    assert not app.exception, [error.value for error in app.exception]
    return app


def words(app: AppTest) -> str:
    """Everything written on the page, ordinary spaces."""
    pieces = [element.proto.body for element in app.get("html")] + [element.value for element in app.markdown]
    return "\n".join(pieces).replace("\u00a0", " ").replace("\u202f", " ")


def test_the_page_draws_the_density_and_says_its_n_and_its_hours(territory, page):
    territory()
    shown = words(page())
    assert "n = 39 ; 54,0 h de patrouille (export de présence) ; lissage de 120 m." in shown
    assert "Interventions par hectare et pour 100 h de patrouille" in shown
    assert "Densité non dessinée" not in shown


def test_the_page_says_kindly_that_there_is_too_little(territory, page):
    territory(rows=interventions()[:29])
    shown = words(page())
    assert "Densité non dessinée : 29 interventions localisées pour ces choix, il en faut au moins 30." in shown
    assert "moins de 0," not in shown, "no legend for a density that is not drawn"


def test_a_neighbourhood_can_be_opened_from_the_keyboard(territory, page):
    territory()
    app = page()
    assert "Un clic sur un quartier" in words(app)
    checked(app.selectbox(key="carte_zone").set_value("nord").run())
    shown = words(app)
    assert "Un clic sur un quartier" not in shown
    assert "dont jours de présence connue" in shown
    assert "72,2 (de 51,4 à 98,7)" in shown
    assert "1 000 (INSEE, au 01/01/2021)" in shown


def test_a_band_of_hours_is_chosen_in_the_order_of_the_service_day(territory, page):
    territory()
    app = page()
    slider = app.sidebar.select_slider(key="carte_heures")
    assert slider.options == ["22 h", "23 h", "0 h"]
    checked(slider.set_range(23, 0).run())
    assert "de 23 h à 0 h 59" in words(app)


def test_two_seasons_side_by_side(territory, page):
    territory()
    app = page()
    checked(app.button_group(key="carte_comparer").set_value("saisons").run())
    shown = words(app)
    assert ", hiver" in shown and ", été" in shown
    assert "6 interventions localisées" not in shown
    assert "Densité non dessinée : 4 interventions localisées" in shown, "winter has one day; summer is drawn"
    assert "même échelle pour les deux cartes" in shown


def test_seasons_without_a_common_hour_are_not_compared(territory, page):
    winter_hours = [row for row in presence() if row["service_date"] > DAYS[0] or row["hour"] != 0]
    territory(patrols=winter_hours)
    app = page(carte_heures=["0 h", "0 h"])
    assert "de 0 h à 0 h 59" in words(app)
    checked(app.button_group(key="carte_comparer").set_value("saisons").run())
    shown = words(app)
    assert "n’ont aucune de ces heures en commun" in shown
    assert ", hiver" not in shown
    checked(app.sidebar.select_slider(key="carte_heures").set_range(22, 0).run())
    shown = words(app)
    assert "Seules les heures communes aux deux saisons sont comptées." in shown
    assert "hiver, de 22 h à 23 h 59" in shown


def test_homonyms_are_told_apart_and_the_nameless_have_their_identifier():
    names = {"a": "Centre", "b": "Centre", "c": None, "d": " ", "e": "Gare"}
    told = {"a": "Centre (a)", "b": "Centre (b)", "c": "c", "d": "d", "e": "Gare"}
    assert map_geography.distinct_names(names) == told


def test_a_year_before_that_the_data_do_not_reach_is_said(territory, page):
    territory()
    app = page()
    checked(app.button_group(key="carte_comparer").set_value("an").run())
    assert "Les données ne remontent pas à un an avant" in words(app)


def test_exports_without_hours_are_said(territory, page):
    territory(hour_known=False)
    app = page()
    assert not app.sidebar.select_slider
    assert any("ne donnent pas l’heure" in caption.value for caption in app.sidebar.caption)


@pytest.mark.parametrize("layer", list(map_content.LAYERS))
@pytest.mark.parametrize("source", ["presence", "horaires", "aucune"])
def test_every_layer_is_drawn_whatever_is_known(territory, page, layer: str, source: str):
    territory(source=source, name=HOSTILE)
    app = page()
    checked(app.button_group(key="carte_couche").set_value(layer).run())
    assert "<img" not in "\n".join(element.proto.body for element in app.get("html"))


def test_zones_without_outline_are_drawn_where_their_events_are(territory, page):
    territory(source="aucune", has_outlines=False)
    place = map_geography.geography()
    assert place.outlines == {}
    assert place.middles["nord"] == pytest.approx(NORTH)
    assert "est" not in place.middles, "nothing happened there: nobody knows where it is"
    assert map_geography.zone_at(-1.61, 47.262) == "nord"
    assert map_figures.heat(panel(), SIGMA, 30).n == 43
    app = page()
    checked(app.button_group(key="carte_couche").set_value("taux").run())
    assert "Par an" in words(app)


def test_a_territory_without_any_neighbourhood_is_one(territory, page):
    everywhere = [row | {"neighbourhood_id": "hors_perimetre"} for row in interventions()]
    territory(source="aucune", rows=everywhere, zones=())
    found = map_figures.figures(panel())
    assert (found.whole.interventions, found.outside) == (46, 0)
    assert map_figures.heat(panel(), SIGMA, 30).n == 43, "one is fifteen kilometres away from all others"
    assert "1 loin de toutes les autres" in map_tables.left_out(found, 43)
    assert "Tout le territoire" in words(page())


def test_a_territory_without_any_position_has_tables_and_no_map(territory, page):
    territory(rows=[happened(1, DAYS[0], at=None)], has_outlines=False)
    shown = words(page())
    assert "Aucune intervention n’a de position" in shown
    assert "Les mêmes chiffres en tableau" in "\n".join(header.value for header in page().header)


def test_too_wide_a_territory_for_the_bandwidth_says_what_to_do(territory):
    far = [happened(number, DAYS[0], at=(-1.6 + number % 8 / 4, 47.2 + number / 20)) for number in range(40)]
    territory(source="aucune", rows=far, has_outlines=False)
    with pytest.raises(NotDrawn, match="trop vaste"):
        map_figures.heat(panel(), 50.0, 30)
