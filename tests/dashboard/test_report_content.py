"""Slides against the published tables they are made of, and against the supervisor's own functions."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from dashboard import cost_words, synthesis, warehouse
from dashboard.access import SUPERVISOR, AccessDenied, Viewer
from dashboard.filters import Filters
from dashboard.report import (
    content,
    content_figures,
    content_fit,
    content_places,
    content_quarters,
    images,
    periods,
    plots,
    pptx_layout,
    screen,
)
from dashboard.report import content_words as words
from dashboard.report.pptx_template import BODY_BOX
from dashboard.report.slides import MASKED, Slide
from dashboard.warehouse import query
from tests.dashboard import published
from tests.dashboard.warehouses import HOSTILE

CITY, COMMITTEE, LANDLORD = Viewer("ville"), Viewer("comite"), Viewer("bailleur", "BAIL-A")
QUARTER = "2026-T2"
Reading = Callable[..., AbstractContextManager[None]]
NUMBER = re.compile(r"\d[\d\u202f]*")


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch, demo_warehouse: Path) -> Iterator[Reading]:
    """`with reading(viewer, change)`: read as a partner; `change` edits the published tables first."""
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(demo_warehouse))
    kept = warehouse._STORE.publisher, dict(warehouse._STORE._published)

    @contextmanager
    def read(viewer: Viewer, change: Callable[[dict[str, pd.DataFrame]], None] | None = None, **given: Any):
        def publish(asked: Viewer) -> dict[str, pd.DataFrame]:
            made = dict(published.tables(demo_warehouse, asked, **given))
            if change:
                change(made)
            return made

        warehouse._STORE._published = {}
        warehouse._RESULTS._frames.clear()
        content_figures._load.cache_clear()
        content._slide.cache_clear()
        warehouse.publish_with(publish)
        with warehouse.acting(viewer):
            yield

    yield read
    warehouse._STORE.publisher, warehouse._STORE._published = kept
    warehouse._RESULTS._frames.clear()
    content_figures._load.cache_clear()
    content._slide.cache_clear()


def by_key(period: str = QUARTER) -> dict[str, Slide]:
    """Slides of the viewer, by key."""
    return {slide.key: slide for slide in content.slides(period)}


def whole(text: str) -> int:
    """The first number of a text."""
    found = NUMBER.search(text)
    assert found, text
    return int(found[0].replace("\u202f", ""))


def n_of(family: str, area: str, category: str, period: str = QUARTER) -> float | None:
    """A published count, straight from the table."""
    rows: Any = query("published_counts", periods=[period])
    row = rows[(rows["family"] == family) & (rows["area"] == area) & (rows["category"] == category)]
    return None if row.empty or row["is_masked"].iloc[0] else float(row["n"].iloc[0])


def texts(value: object) -> Iterator[str]:
    """Every text of a slide."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from texts(item)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:  # type: ignore[attr-defined]
            yield from texts(getattr(value, name))


def cells(slide: Slide, table: int = 0) -> list[list[str]]:
    """A table as it is shown."""
    return [[cell[0] for cell in row] for row in slide.tables[table].rows]


@pytest.mark.parametrize(
    ("viewer", "period"), [(CITY, QUARTER), (LANDLORD, QUARTER), (COMMITTEE, "2025"), (LANDLORD, "2024-T1")]
)
def test_a_deck_has_its_topics_each_with_its_words(reading: Reading, viewer: Viewer, period: str):
    with reading(viewer):
        deck = content.deck(period)
    assert 10 <= len(deck.slides) + 1 <= 14  # with the title slide
    assert deck.slides[-1].to_write
    assert len({slide.key for slide in deck.slides}) == len(deck.slides)
    for slide in deck.slides:
        assert slide.message.endswith("."), slide.key
        assert slide.note and slide.method and slide.source, slide.key
        assert "Données fictives" in slide.source
        assert len(slide.figures) <= 8
        for chart in slide.charts:
            assert chart.alternative and all(len(one.values) == len(chart.categories) for one in chart.series)
        for table in slide.tables:
            assert all(len(row) == len(table.columns) for row in table.rows)
    for slide in content_fit.fitted(deck).slides:
        assert len(pptx_layout.pages(slide, BODY_BOX)) == 1, slide.key


def test_key_figures_are_the_published_ones_and_the_supervisors(reading: Reading):
    with reading(CITY):
        figures = {figure.title: figure for figure in by_key()["chiffres_cles"].figures}
        period = periods.find(QUARTER)
        n, asked = n_of("motif", "territoire", "total"), n_of("origine", "territoire", "demandes")
        found = content_figures.load(QUARTER).totals(period)
    with warehouse.acting(SUPERVISOR):
        known = synthesis.totals(Filters("tout", period.start, period.end, None, None))
    assert whole(figures["Interventions"].value) == n == known.interventions
    assert whole(figures["Part des demandes"].made_of) == asked == known.requests
    assert f"{known.appeased} apaisées" in figures["Situations apaisées"].made_of
    same = (
        "appeased",
        "outcome_known",
        "requests_observed",
        "days",
        "observed_days",
        "documented_days",
        "planned_days",
    )
    assert [getattr(found, name) for name in same] == [getattr(known, name) for name in same]
    assert found.done_hours == pytest.approx(known.done_hours)
    assert figures["Demandes pour 100\u00a0h"].made_of.startswith(f"n\u00a0=\u00a0{known.requests_observed} ")


def test_tables_and_charts_are_the_published_counts(reading: Reading):
    with reading(CITY):
        slides = by_key()
        months = {month: n_of("mois", "territoire", f"2026-{month}") for month in ("04", "05", "06")}
        zone = n_of("motif", "plaisance_ferriere", "total")
        rows = {row[0]: row for row in cells(slides["ou"])}
        week = {row[0]: row[1:] for row in cells(slides["quand"])}
        tuesday = n_of("jour_tranche", "territoire", "2|17-20")
    now = slides["activite"].charts[0].series[-1]
    assert (now.name, now.values) == ("2e trimestre 2026", tuple(months.values()))
    assert whole(rows["Plaisance - Ferrière"][1]) == zone
    assert whole(week["17\u00a0h à 20\u00a0h"][0]) == tuesday
    assert [column.header for column in slides["quand"].tables[0].columns][1:] == [
        "Mardi", "Mercredi", "Jeudi", "Vendredi", "Samedi",
    ]  # fmt: skip


def test_a_moment_that_nobody_could_observe_is_not_zero(reading: Reading):
    def emptied(tables: dict[str, pd.DataFrame]) -> None:
        counts: Any = tables["published_counts"]
        late = counts["category"].isin(["1|20-23", "2|23-2"])
        tables["published_counts"] = pd.concat(
            [
                counts[~late],
                pd.DataFrame(
                    [(QUARTER, "jour_tranche", "territoire", "1|20-23", 12.0, False)], columns=list(counts.columns)
                ),
            ]
        )

    with reading(CITY, emptied):
        table = by_key()["quand"].tables[0]
    monday = [column.header for column in table.columns].index("Lundi")
    shown = {row[0][0]: row[monday][0] for row in table.rows}
    assert shown["20\u00a0h à 23\u00a0h"] == "12"  # the team was asked in on its day off: a count is a count
    assert shown["14\u00a0h à 17\u00a0h"] == "non observé"
    tuesday = {row[0][0]: row[monday + 1][0] for row in table.rows}
    assert tuesday["23\u00a0h à 2\u00a0h"] == "0"  # the team was there, and nothing was recorded


def test_what_is_hidden_is_said_counted_and_never_zero(reading: Reading):
    def hide(tables: dict[str, pd.DataFrame]) -> None:
        counts: Any = tables["published_counts"]
        gone = (counts["area"] == "choliere") & (counts["category"].isin(["total", "observee"]))
        tables["published_counts"] = counts.assign(n=counts["n"].mask(gone), is_masked=counts["is_masked"] | gone)

    with reading(CITY, hide):
        slide = by_key()["ou"]
        drawn = content_quarters.neighbourhood(QUARTER, "choliere")
    row = {row[0]: row for row in cells(slide)}["Cholière"]
    assert row[1:] == [MASKED] * 3
    hidden = sum(cell == MASKED for line in cells(slide) for cell in line)
    assert f"{hidden}\u00a0chiffres masqués" in slide.note
    assert drawn[0].figures[0].value == drawn[0].figures[1].value == MASKED
    values = [cell[1] for line in slide.tables[0].rows for cell in line if cell[0] == MASKED]
    assert values == [None] * hidden


def test_the_whole_hidden_leaves_no_figure_that_rests_on_it(reading: Reading):
    def hide(tables: dict[str, pd.DataFrame]) -> None:
        counts: Any = tables["published_counts"]
        gone = counts["area"] == "territoire"
        tables["published_counts"] = counts.assign(n=counts["n"].mask(gone), is_masked=counts["is_masked"] | gone)

    with reading(CITY, hide):
        slides = by_key()
    shown = {figure.title: figure.value for figure in slides["chiffres_cles"].figures}
    assert {shown[name] for name in ("Interventions", "Demandes pour 100\u00a0h", "Part des demandes")} == {MASKED}
    assert "masqué" in slides["chiffres_cles"].message
    assert all(cell == MASKED for row in cells(slides["activite"])[:4] for cell in row[1:2])


@pytest.mark.parametrize("viewer", [CITY, COMMITTEE, LANDLORD], ids=lambda one: one.slug)
def test_an_audience_has_its_own_slides_alone(reading: Reading, viewer: Viewer):
    with reading(viewer):
        slides = by_key()
        said = " ".join(text for slide in slides.values() for text in texts(slide))
    is_landlord = viewer.role == "bailleur"
    assert ("patrimoine" in slides, "ecoles" in slides) == (is_landlord, not is_landlord)
    assert ("Publics rencontrés" in said) == (not is_landlord)
    assert ("Votre patrimoine" in said) == is_landlord
    if is_landlord:
        assert next(iter(slides)) == "patrimoine"
        with reading(LANDLORD):
            own = n_of("motif", "patrimoine", "total")
        assert whole(slides["patrimoine"].message) == own


def test_figures_published_have_an_audience(reading: Reading):
    with reading(CITY), warehouse.acting(SUPERVISOR), pytest.raises(AccessDenied):
        content.deck(QUARTER)


def test_an_unknown_period_lists_those_there_are(reading: Reading):
    with reading(CITY), pytest.raises(periods.UnknownPeriod, match=r"2026-T2 \(2e trimestre 2026\)"):
        content.deck("2026-T3")
    with reading(CITY, periods=()), pytest.raises(periods.UnknownPeriod, match="Aucune période"):
        content.deck(QUARTER)


def test_one_quarter_alone_and_no_presence_say_what_is_missing(reading: Reading):
    def bare(tables: dict[str, pd.DataFrame]) -> None:
        for name in ("published_hours", "published_places", "published_declared", "published_measured"):
            tables[name] = tables[name].iloc[:0]
        tables["neighbourhoods"] = tables["neighbourhoods"].assign(outline=None, population=None)

    with reading(COMMITTEE, bare, periods=tuple(published.QUARTERS[-1:])):
        deck = content.deck(QUARTER)
        slides = {slide.key: slide for slide in deck.slides}
    assert 10 <= len(deck.slides) + 1 <= 14
    figures = {figure.title: figure for figure in slides["chiffres_cles"].figures}
    assert figures["Demandes pour 100\u00a0h"].value == figures["Heures faites"].value == "non observé"
    assert figures["Coûts de réparation"].value == "Non mesuré"
    assert "un an avant" in slides["activite"].message and "rien n’est publié" in slides["activite"].message
    assert slides["ou"].picture is None and "Population inconnue" in slides["ou"].note
    assert "Aucun lieu" in slides["points_chauds"].message
    assert "rien n’est mesuré" in slides["couts"].message
    assert "Aucune heure de patrouille" in slides["methode"].points[0]


def test_hotspots_are_tested_together_and_say_when_nothing_is_established(reading: Reading):
    def planted(tables: dict[str, pd.DataFrame]) -> None:
        places = tables["published_places"]
        now = places["period"] == QUARTER
        first = places["zone"] == places.loc[now, "zone"].iloc[0]
        tables["published_places"] = places.assign(
            n=places["n"].mask(now & first, 300.0).mask((places["period"] == "2026-T1") & first, 20.0),
            is_masked=places["is_masked"] & ~first,
        )

    with reading(CITY, planted):
        found = content_places.spots(content_figures.load(QUARTER))
        slide = by_key()["points_chauds"]
    assert (found[0].now, found[0].before, found[0].verdict) == (300.0, 20.0, "hausse")
    assert {spot.verdict for spot in found[1:]} <= {"pas de différence établie", None}
    assert cells(slide)[0][-1] == "▲ hausse" and cells(slide)[1][-1] == "≈ non concluant"
    assert f"{sum(spot.change is not None for spot in found)}\u00a0comparaisons" in slide.note


def test_costs_keep_the_words_of_their_verdict_and_are_never_added(reading: Reading):
    with reading(CITY):
        slide = by_key()["couts"]
    said = " ".join([slide.message, *slide.points]).lower()
    assert "non concluant" in said and not [word for word in cost_words.ALWAYS if word in said]
    assert any("ne s’additionnent jamais" in point for point in slide.points)
    assert cells(slide)[-1][0] == "Tous payeurs"


def test_a_hidden_place_has_no_point_and_the_map_says_what_it_is(reading: Reading):
    with reading(CITY):
        of = content_figures.load(QUARTER)
        rows = of.rows("published_places")
        picture = by_key()["ou"].picture
        without = images.territory_map(of.zones, [], is_fictional=True, period="essai")
    assert picture is not None and without is not None
    with Image.open(io.BytesIO(picture.png)) as drawn:
        assert drawn.size == (picture.width, picture.height) == (1600, 1100)
    shown = sum(row["n"] is not None for row in rows)
    assert any(row["is_masked"] for row in rows)
    assert f"{shown}\u00a0lieux publiés" in picture.alternative and "Aucun nombre" not in picture.alternative
    assert picture.png != without.png
    assert images.territory_map([], [], is_fictional=False, period="essai") is None


def test_hostile_names_stay_text_everywhere(reading: Reading):
    def rename(tables: dict[str, pd.DataFrame]) -> None:
        tables["neighbourhoods"] = tables["neighbourhoods"].assign(name=HOSTILE)
        tables["published_places"] = tables["published_places"].assign(name=HOSTILE)
        tables["build"] = tables["build"].assign(title=HOSTILE)

    with reading(COMMITTEE, rename):
        deck = content.deck(QUARTER)
        html = screen.slides(deck, {"propositions": HOSTILE})
        figure = plots.plot(by_key()["activite"].charts[0], fictional=True)
    assert "<img src=x" not in html and "&lt;img src=x" in html
    assert html.count("Données fictives") >= len(deck.slides) + 1
    assert "<img" not in str(figure.to_json()).replace("\\u003c", "<")


def test_a_neighbourhood_is_set_against_the_rest_of_the_territory(reading: Reading):
    with reading(CITY):
        sheet = {slide.title: slide for slide in content_quarters.neighbourhood(QUARTER, "choliere")}
        total, n = n_of("issue", "choliere", "total"), n_of("issue", "choliere", "apaise")
        assert content_quarters.neighbourhood(QUARTER, "ailleurs") == ()
    row = {row[0]: row for row in cells(sheet["Issues"])}["Apaisée, accord ou incident évité"]
    assert whole(row[1]) == n
    assert row[2].startswith(words.share_cell(words_share(n, total))[0])
    assert "comparaison" in sheet["Motifs"].note


def words_share(n: float | None, total: float | None):
    """The share that the sheet shows."""
    from dashboard.indicators.rates import share

    assert n is not None and total is not None
    return share(n, total)
