"""The heat map in a real browser: drawn without the outside world, never reloaded, opened by a click or a key."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Frame, Page, Position, expect

from pipelines.settings import ROOT
from tests.browser.driver import wait_idle
from tests.browser.server import Server
from tests.dashboard.territories import HOURS, NORTH, interventions, small
from tests.dashboard.warehouses import FORMULA, HOSTILE

ALL = "periode=Toute+la+période"
PICTURE = ".leaflet-image-layer"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Server]) -> Server:
    """The small territory whose figures can be counted by hand."""
    return serve(small(tmp_path_factory.mktemp("town") / "w.duckdb"))


@pytest.fixture(scope="module")
def without_tiles(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Server]) -> Server:
    """The same, in a territory that wants no background."""
    folder = tmp_path_factory.mktemp("territory") / "territory"
    shutil.copytree(ROOT / "config" / "orvault", folder)
    settings = folder / "territory.toml"
    text = re.sub(r'^tiles = ".*"$', 'tiles = "none"', settings.read_text(encoding="utf-8"), flags=re.MULTILINE)
    settings.write_text(text, encoding="utf-8")
    return serve(small(tmp_path_factory.mktemp("no_tiles") / "w.duckdb"), folder)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Server]) -> Server:
    """Twenty-nine points: one under the threshold."""
    return serve(small(tmp_path_factory.mktemp("few") / "w.duckdb", rows=interventions()[:29]))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Server]) -> Server:
    """Neighbourhood and place whose names attack whoever shows them."""
    return serve(small(tmp_path_factory.mktemp("hostile") / "w.duckdb", name=HOSTILE))


@pytest.fixture(scope="module")
def formula(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Server]) -> Server:
    """A neighbourhood whose name is a formula."""
    return serve(small(tmp_path_factory.mktemp("formula") / "w.duckdb", name=FORMULA))


def maps(page: Page) -> list[Frame]:
    """The frames of the maps, from left to right, each drawn with its names."""
    frames = [frame for frame in page.frames if "streamlit_folium" in frame.url and not frame.is_detached()]
    for frame in frames:
        frame.wait_for_function("() => window.map && document.querySelector('.opt-map-label')")
    return frames


def main_text(page: Page) -> str:
    """What the page says, its spaces made ordinary."""
    return re.sub(r"\s+", " ", page.get_by_test_id("stMain").inner_text())


def labels(frame: Frame) -> list[str]:
    """Texts that can be read on a map."""
    return frame.locator(".opt-map-label").evaluate_all(
        "labels => labels.filter(label => label.style.visibility !== 'hidden').map(label => label.innerText)"
    )


def choose(page: Page, name: str) -> None:
    """Choose one of a few options."""
    page.get_by_role("radio", name=name, exact=True).click()
    wait_idle(page)


def spot(frame: Frame, longitude: float, latitude: float) -> Position:
    """Where a place in degrees is in the map's frame."""
    x, y = frame.evaluate(
        "([lat, lng]) => { const at = map.latLngToContainerPoint([lat, lng]); return [at.x, at.y]; }",
        [latitude, longitude],
    )
    return {"x": x, "y": y}


def click_at(page: Page, longitude: float, latitude: float) -> None:
    """Click on the first map at a place in degrees."""
    frame = maps(page)[0]
    frame.locator("#map_div").click(position=spot(frame, longitude, latitude))


def test_the_map_is_drawn_with_the_network_cut(visit, town: Server):
    page = visit(f"/carte?{ALL}", server=town)
    frame = maps(page)[0]
    assert frame.locator(PICTURE).evaluate("image => image.complete && image.naturalWidth > 100")
    assert (frame.locator(PICTURE).get_attribute("src") or "").startswith("data:image/png;base64,")
    assert frame.locator("path.leaflet-interactive").count() == 3
    assert {"Nord", "Sud", "Est"} <= set(labels(frame))
    assert re.search(r"\d+ (km|m)", frame.locator(".leaflet-control-scale").inner_text())
    assert frame.get_by_title("Agrandir").count() == 1
    assert "n = 39 ; 54,0 h de patrouille" in main_text(page)
    assert town.tiles is not None
    assert visit.outside(), "the background was asked for"
    assert all(url.startswith(town.tiles) for url in visit.outside())


def test_without_tiles_nothing_at_all_is_asked_outside(visit, without_tiles: Server):
    page = visit(f"/carte?{ALL}", server=without_tiles)
    assert visit.outside() == []
    assert "Nord" in labels(maps(page)[0])
    assert maps(page)[0].locator(PICTURE).count() == 1


def test_a_click_on_a_neighbourhood_opens_its_figures(visit, town: Server):
    page = visit(f"/carte?{ALL}", server=town)
    details = page.locator(".st-key-carte_details")
    expect(details).to_have_count(0)
    click_at(page, *NORTH)
    expect(details).to_contain_text("Nord")
    wait_idle(page)
    assert "72,2 (de 51,4 à 98,7)" in main_text(page)
    assert "carte_zone=Nord" in page.url
    widths = (
        maps(page)[0]
        .locator("path.leaflet-interactive")
        .evaluate_all("paths => paths.map(path => path.getAttribute('stroke-width'))")
    )
    assert sorted(widths) == ["1.6", "1.6", "4"]
    click_at(page, NORTH[0] + 0.03, NORTH[1] + 0.008)
    expect(details).to_have_count(0)


def test_the_same_figures_open_from_the_keyboard(visit, town: Server):
    page = visit(f"/carte?{ALL}", server=town)
    page.get_by_role("combobox", name="Quartier à détailler").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("option", name="Est", exact=True).wait_for()
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-carte_details")).to_contain_text("non observé")
    wait_idle(page)
    assert "carte_zone=Est" in page.url


def test_no_filter_reloads_the_map(visit, town: Server):
    page = visit(f"/carte?{ALL}", server=town)
    frame = maps(page)[0]
    frame.evaluate("() => { window.mark = 'kept'; map.setView([47.25, -1.59], 15, { animate: false }); }")
    wait_idle(page)
    shown = {frame.locator(PICTURE).get_attribute("src")}

    page.get_by_role("slider", name="Lissage").press("PageUp")
    wait_idle(page)
    shown.add(frame.locator(PICTURE).get_attribute("src"))
    choose(page, "Été")
    shown.add(frame.locator(PICTURE).get_attribute("src"))
    assert len(shown) == 3, "each choice changed the picture"
    choose(page, "Quartiers")
    assert frame.locator(PICTURE).count() == 0
    choose(page, "Lieux")
    choose(page, "Demandes")
    choose(page, "Hiver et été")
    choose(page, "Non")
    choose(page, "Densité")

    assert maps(page)[0] == frame
    assert frame.evaluate("() => window.mark") == "kept"
    assert frame.evaluate("() => map.getZoom()") == 15, "the reader's view is kept"


@pytest.mark.parametrize("size", ["0px", "40px"])
def test_a_map_in_a_frame_not_laid_out_yet_is_fitted_once_it_is(visit, town: Server, size: str):
    frame = maps(visit(f"/carte?{ALL}", server=town))[0]
    seen = frame.evaluate(
        """size => {
            const box = document.body.appendChild(document.createElement("div"));
            box.style.cssText = `position: fixed; width: ${size}; height: ${size}`;
            const small = L.map(box, { zoomControl: false, zoomSnap: 0.25 });
            const corners = [[47.23, -1.66], [47.27, -1.57]];
            optimedia.start(small, corners);
            box.style.width = box.style.height = "400px";
            small.invalidateSize({ animate: false });
            return [small.getBounds().contains(corners), small.getZoom()];
        }""",
        size,
    )
    assert seen[0]
    assert 11 < seen[1] < 15


def opacities(frame: Frame) -> set[int]:
    """Opacities painted by the density, 1 to 255: each class has its own."""
    return set(
        frame.locator(PICTURE).evaluate(
            """image => {
                const canvas = document.createElement('canvas');
                [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
                const context = canvas.getContext('2d');
                context.drawImage(image, 0, 0);
                const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
                const seen = new Set();
                for (let i = 0; i < data.length; i += 4) if (data[i + 3]) seen.add(data[i + 3]);
                return [...seen];
            }"""
        )
    )


def test_two_periods_share_one_scale_and_one_view(visit, app: Server):
    page = visit("/carte", server=app)
    first = maps(page)[0]
    choose(page, "Un an avant")
    both = maps(page)
    assert len(both) == 2
    assert both[0] == first
    assert page.locator(".opt-map-legend").count() == 1
    assert "même échelle pour les deux cartes" in main_text(page)
    swatches = page.locator(".opt-map-legend i[style]").evaluate_all(
        "swatches => swatches.map(swatch => Number(getComputedStyle(swatch).backgroundColor.split(/[ ,/]+/).at(-1)"
        ".replace(')', '')))"
    )
    legend = {round(255 * opacity) for opacity in swatches}
    for frame in both:
        painted = opacities(frame)
        assert painted
        assert all(min(abs(one - known) for known in legend) <= 2 for one in painted)

    both[0].evaluate("() => map.setView([47.2475, -1.585], 16, { animate: false })")
    wait_idle(page)
    assert both[1].evaluate("() => [map.getZoom(), map.getCenter().lat.toFixed(3)]") == [16, "47.248"]


def test_hostile_names_are_words(visit, hostile: Server):
    page = visit(f"/carte?{ALL}", server=hostile)
    said: list[str] = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    for layer in ("Densité", "Quartiers", "Lieux"):
        choose(page, layer)
        frame = maps(page)[0]
        assert any("<img src=x" in text for text in labels(frame)) or layer == "Lieux"
        frame.locator("#map_div").hover(position=spot(frame, *NORTH))
        expect(frame.locator(".leaflet-tooltip")).to_contain_text("<img src=x")
    click_at(page, *NORTH)
    expect(page.locator(".st-key-carte_details")).to_contain_text("<img src=x")
    wait_idle(page)
    for frame in page.frames:
        assert frame.locator("img[src='x'], img[onerror], a[href^='javascript']").count() == 0
    assert said == []


def test_under_thirty_points_nothing_is_drawn_and_the_page_says_so(visit, few: Server):
    page = visit(f"/carte?{ALL}", server=few)
    assert "Densité non dessinée : 29 interventions localisées pour ces choix, il en faut au moins 30." in main_text(
        page
    )
    assert maps(page)[0].locator(PICTURE).count() == 0
    assert "Nord" in labels(maps(page)[0])


def test_what_is_not_observed_is_hatched_and_written(visit, town: Server):
    page = visit(f"/carte?{ALL}&carte_couche=Quartiers", server=town)
    frame = maps(page)[0]
    fills = frame.locator("path.leaflet-interactive").evaluate_all(
        "paths => paths.map(path => path.getAttribute('fill'))"
    )
    assert fills.count("url(#opt-map-unobserved)") == 2
    assert frame.locator("#opt-map-unobserved").count() == 1
    texts = " ".join(labels(frame))
    assert "non observé" in texts
    assert "72,2" in texts
    assert "non observé" in page.locator(".opt-map-legend").inner_text()


def test_a_view_is_shared_by_its_address_and_kept_across_pages(visit, town: Server):
    hours = "&".join(f"carte_heures={hour}+h" for hour in HOURS[1:])
    page = visit(f"/carte?{ALL}&carte_couche=Quartiers&carte_saison=Été&carte_zone=Nord&{hours}", server=town)
    text = main_text(page)
    assert "été, de 23 h à 0 h 59" in text
    assert "dont jours de présence connue" in text
    page.get_by_role("link", name="Qualité des données").click()
    wait_idle(page)
    page.get_by_role("link", name="Carte de chaleur").click()
    wait_idle(page)
    assert "été, de 23 h à 0 h 59" in main_text(page)
    assert page.get_by_role("radio", name="Quartiers", exact=True).is_checked()


def test_the_download_is_safe_to_open(visit, formula: Server, tmp_path: Path):
    page = visit(f"/carte?{ALL}", server=formula)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV : Chiffres par quartier").click()
    file = tmp_path / "carte.csv"
    download.value.save_as(file)
    assert "donnees_fictives" in download.value.suggested_filename
    text = file.read_text(encoding="utf-8-sig")
    assert f"\"'{FORMULA}" in text
    assert f'"{FORMULA}' not in text


@pytest.mark.parametrize("comparison", ["Non", "Hiver+et+été"])
def test_on_a_telephone_everything_is_stacked_and_nothing_overflows(visit, town: Server, comparison: str):
    page = visit(f"/carte?{ALL}&carte_comparer={comparison}", server=town, width=420)
    main = page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
    boxes = [frame.bounding_box() for frame in page.locator("iframe").all()]
    legend = page.locator(".opt-map-legend").bounding_box()
    assert legend is not None
    for box in boxes:
        assert box is not None
        assert box["width"] > 300
        assert 300 < box["height"] < 500
        assert box["y"] + box["height"] <= legend["y"]
    tops = [box["y"] for box in boxes if box]
    assert tops == sorted(tops)
    assert len(set(tops)) == len(tops)
