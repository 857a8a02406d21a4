"""The figures behind the map, on a small territory where each can be counted by hand."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pyproj import Transformer

from dashboard import formats, map_content, map_figures, map_layers, map_tables
from dashboard.indicators import grid
from dashboard.map_figures import Panel
from dashboard.map_geography import NotDrawn
from tests.dashboard.territories import DAYS, NORTH, SIGMA, WEEK, interventions, metres, panel, view
from tests.dashboard.warehouses import FORMULA


def by_name(figures: map_figures.Figures) -> dict[str, Any]:
    """Zones by identifier."""
    return {zone.id: zone for zone in figures.zones}


def test_the_figures_count_what_there_is_and_say_what_is_missing(territory):
    territory()
    found = map_figures.figures(panel())
    north = by_name(found)["nord"]
    assert (north.interventions, north.located, north.observed) == (43, 41, 39)
    assert (found.whole.interventions, found.outside, found.hour_unknown) == (45, 1, 0)
    assert (found.days, found.observed_days) == (10, 9)
    assert north.hours == found.whole.hours == 9 * 3 * 2
    assert north.per_hours.value == pytest.approx(39 / 54 * 100)
    assert math.isnan(by_name(found)["sud"].per_hours.value), "two interventions, no patrol: not observed"
    assert math.isnan(by_name(found)["est"].per_hours.value)
    assert north.per_inhabitants.value == pytest.approx(43 / 1000 / (10 / 365.25) * 1000)
    assert found.whole.population is None


def test_a_band_of_hours_across_midnight_takes_its_events_and_its_hours(territory):
    territory()
    late = map_figures.figures(panel(hours=(23, 0)))
    north = by_name(late)["nord"]
    assert north.interventions == 20
    assert north.hours == 9 * 2 * 2
    assert late.hour_unknown == 2, "what has no hour is in no band, and is counted"
    assert by_name(late)["sud"].interventions == 2


def test_a_season_takes_its_days_only(territory):
    territory()
    winter, summer = (map_figures.figures(panel(season=season)) for season in ("hiver", "ete"))
    assert (winter.days, summer.days) == (1, 9)
    assert winter.whole.hours == 6
    assert by_name(winter)["nord"].interventions == 6
    assert winter.whole.interventions + summer.whole.interventions == 45


def test_timetable_hours_are_shared_and_count_once_together(territory):
    territory(source="horaires")
    found = map_figures.figures(panel())
    assert [zone.hours for zone in found.zones] == [54, 54, 54]
    assert found.whole.hours == found.timetable_hours == 54
    assert map_figures.sources(found) == {"horaires"}
    assert "présence réelle inconnue" in map_tables.exposure(found)


def test_filters_restrict_events_and_hours(territory):
    territory()
    south = replace(WEEK, neighbourhoods=("sud",))
    assert [zone.id for zone in map_figures.figures(panel(filters=south)).zones] == ["sud"]
    assert map_figures.figures(panel(filters=south)).whole.hours == 0
    requests = map_figures.figures(panel(filters=replace(WEEK, origin="demandes")))
    assert (
        requests.whole.interventions == requests.whole.requests == 22
    )  # 20 in the square, one unlocated, one in the south
    assert requests.whole.hours == 54
    assert map_figures.figures(panel(filters=replace(WEEK, motifs=("feu",)))).whole.interventions == 0


def test_the_density_is_that_of_the_located_events_of_observed_days(territory):
    """All the north's events are at one point: the summit is the Gaussian's, per hectare and per 100 patrol hours."""
    territory()
    drawn = map_figures.heat(panel(), SIGMA, 30)
    assert drawn.n == 39  # 41 located in the north, 2 in the south, less the 4 of the day nobody knows about
    at_north = 37
    expected = at_north / (2 * math.pi * SIGMA**2) * 10_000 * 100 / 54
    assert drawn.maximum == pytest.approx(expected, rel=0.01)
    assert drawn.values.sum() * drawn.frame.cell_m**2 / 10_000 == pytest.approx(39, rel=1e-3)


def test_without_any_presence_the_density_is_per_year_of_everything_located(territory):
    territory(source="aucune")
    drawn = map_figures.heat(panel(), SIGMA, 30)
    assert drawn.n == 43
    assert drawn.maximum == pytest.approx(41 / (2 * math.pi * SIGMA**2) * 10_000 * 365.25 / 10, rel=0.01)
    assert map_tables.unit() == "par hectare et par an"
    assert map_content.measures() == ("habitants", "annee")


@pytest.mark.parametrize(("threshold", "is_drawn"), [(39, True), (40, False)])
def test_nothing_is_drawn_under_the_threshold(territory, threshold: int, is_drawn: bool):
    territory()
    if is_drawn:
        assert map_figures.heat(panel(), SIGMA, threshold).n == 39
    else:
        with pytest.raises(NotDrawn, match=r"39\u00a0interventions localisées .* au moins 40"):
            map_figures.heat(panel(), SIGMA, threshold)


def test_without_patrol_hours_a_density_is_not_observed(territory):
    territory()
    with pytest.raises(NotDrawn, match="Non observé"):
        map_figures.heat(panel(filters=replace(WEEK, neighbourhoods=("sud",))), SIGMA, 1)


def test_what_the_map_leaves_out_is_said(territory):
    territory()
    known = map_figures.figures(panel())
    said = map_tables.left_out(known, map_figures.heat(panel(), SIGMA, 30).n)
    assert "2 sans point" in said
    assert "1 hors périmètre" in said
    assert "4 de jours sans présence connue" in said
    late = map_figures.figures(panel(hours=(23, 0)))
    assert "2 sans heure connue" in map_tables.left_out(late)


def test_points_made_coarser_are_said(territory):
    old = [row | {"generalised": True, "place_id": None} for row in interventions()[:7]]
    territory(rows=[*old, *interventions()[7:]])
    said = map_tables.density_statement(map_figures.figures(panel()), 39, 120)
    assert "Placées au centre d’un carré de 100\u00a0m, car anciennes\u00a0: 7." in said
    territory()
    assert "carré" not in map_tables.density_statement(map_figures.figures(panel()), 39, 120)


def test_the_summit_is_named_counted_and_placed(territory):
    territory()
    first, *others = map_figures.peaks(panel(), SIGMA, 30)
    assert not others, "the south's two are far under a fifth of the summit"
    assert (first.near, first.zone, first.place) == (37, "nord", "Nord")
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:2154", always_xy=True).transform(first.longitude, first.latitude)
    assert math.dist((x, y), tuple(metres(NORTH).values())) <= map_figures.heat(panel(), SIGMA, 30).frame.cell_m


def classes(shown: Panel, breaks: tuple[float, ...]) -> np.ndarray:
    """Classes painted for a panel."""
    return np.asarray(Image.open(io.BytesIO(map_figures.picture(shown, SIGMA, 1, breaks).png)))


def test_two_maps_share_one_scale_and_the_same_density_has_the_same_colour(territory, monkeypatch):
    monkeypatch.setattr(map_content, "threshold", lambda: 1)
    territory()
    whole, winter = panel(), panel(season="hiver")
    both = map_content.scale(view(whole, winter))
    highest = [map_figures.heat(shown, SIGMA, 1).maximum for shown in (whole, winter)]
    assert both == grid.class_breaks(max(highest))
    assert both == map_content.scale(view(winter, whole))
    for shown, maximum in zip((whole, winter), highest, strict=True):
        assert classes(shown, both).max() == int(grid.classify(np.array([maximum]), both)[0])
    assert "même échelle pour les deux cartes" in map_content.legend(view(whole, winter), both)


def test_a_density_is_masked_to_the_neighbourhoods_chosen(territory):
    territory()
    chosen = panel(filters=replace(WEEK, neighbourhoods=("nord",)))
    assert list(map_figures.shown_outlines(chosen)) == ["nord"]
    (south, _), (north, _) = map_figures.picture(chosen, SIGMA, 1, (0.001, 10.0)).bounds
    assert south > 47.251 and north < 47.269


def test_a_changed_warehouse_changes_the_figures(territory):
    territory()
    assert map_figures.figures(panel()).whole.interventions == 45
    territory(rows=interventions()[:7], build_id="autre")
    assert map_figures.figures(panel()).whole.interventions == 7


def test_the_legend_gives_numbers_and_units(territory):
    territory()
    density = map_content.legend(view(panel()), (0.02, 0.05, 0.1))
    for text in ("par hectare et pour 100\u00a0h de patrouille", "moins de 0,02", "0,02 à 0,05", "0,05 à 0,1"):
        assert text in density.replace("100 h", "100\u00a0h")
    rates = map_content.legend(view(panel(), layer="taux"), map_content.scale(view(panel(), layer="taux")))
    assert "non observé" in rates
    assert "0 à 20" in rates
    inhabitants = view(panel(), layer="taux", measure="habitants")
    assert "non observé ou population inconnue" in map_content.legend(inhabitants, map_content.scale(inhabitants))
    circles = map_content.legend(view(panel(), layer="lieux"), map_content.scale(view(panel(), layer="lieux")))
    assert ">40<" in circles.replace("</i>", ">").replace("</span>", "<")


def test_a_circle_has_an_area_proportional_to_its_count():
    assert map_layers.radius_px(100, 100) == map_layers.LARGEST_RADIUS_PX
    areas = [map_layers.radius_px(count, 100) ** 2 / count for count in (10, 40, 100)]
    assert areas == pytest.approx([areas[0]] * 3, rel=0.01)
    assert map_layers.radius_px(0, 0) == 0


def test_a_neighbourhood_without_presence_is_hatched_and_says_so(territory):
    territory()
    assert map_layers.fill_of(math.nan, (0.0, 50.0)) == map_layers.UNOBSERVED
    assert map_layers.fill_of(0.0, (0.0, 50.0)) == grid.COLOURS[0], (
        "nothing happened in front of a patrol: that is nought"
    )
    south = by_name(map_figures.figures(panel()))["sud"]
    assert map_tables.measured(south, "heures") == formats.NOT_OBSERVED
    assert map_tables.measured(south, "heures", is_short=True) == formats.NOT_OBSERVED
    table = map_tables.zones_table(map_figures.figures(panel())).set_index("Quartier")
    assert table.loc["Sud", map_tables.RATE_HOURS] == formats.NOT_OBSERVED
    assert table.loc["Sud", map_tables.RATE_INHABITANTS] == map_tables.NO_POPULATION
    assert table.loc["Sud", "Interventions"] == "2", "recorded all the same"
    assert table.loc["Est", "Interventions"] == table.loc["Est", map_tables.RATE_INHABITANTS] == formats.NOT_OBSERVED
    assert table.loc["Nord", map_tables.RATE_HOURS].startswith("72,2 (de 51,4 à 98,7")


def test_the_details_compare_only_what_can_be_compared(territory):
    territory()
    first, second = panel(filters=replace(WEEK, end=DAYS[3])), panel()
    assert "pas de différence établie" in map_tables.comparison("nord", (first, second))
    assert "non observé" in map_tables.comparison("sud", (first, second))
    chosen = panel(filters=replace(WEEK, neighbourhoods=("sud",)))
    assert map_tables.comparison("nord", (chosen, second)) == ""
    details = map_tables.details_table("nord", (chosen,))
    assert details[chosen.name].iloc[0] == "hors du choix de quartiers"
    assert "INSEE, au 01/01/2021" in map_tables.details_sources("nord", (second,))


def test_the_download_holds_the_figures_as_numbers_and_says_that_they_are_fictional(territory):
    territory(name=FORMULA)
    frame = map_tables.zones_download((panel(), panel(season="hiver")))
    assert len(frame) == 6
    assert set(frame["Avertissement"]) == {"Données fictives"}
    north = frame[frame["Quartier"] == FORMULA].iloc[0]
    assert north["Taux pour 100 h"] == pytest.approx(72.222)
    assert north["Interventions"] == 43
    text = formats.table_csv(frame).decode("utf-8-sig")
    assert f"\"'{FORMULA}" in text
    assert '"72,222"' in text
    places = map_tables.places_download((panel(),), {"nord": "Nord"})
    assert places["Interventions"].tolist() == [40]
