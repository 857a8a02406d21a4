"""Downloads in a real browser: CSV, workbook and image of what is on the page, once more after Streamlit redraws."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Download, Locator, Page

from tests.browser.driver import wait_idle
from tests.browser.server import Server
from tests.dashboard.warehouses import FORMULA, two_years

SCALE = 2


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Server]) -> Server:
    """The product on two years with known figures, where the words of the export are formulas."""
    return serve(two_years(tmp_path_factory.mktemp("two") / "w.duckdb", text=FORMULA))


def asked(page: Page, button: Locator, how: Callable[[Locator], None]) -> Download:
    """The file behind a button."""
    with page.expect_download() as waited:
        how(button)
    return waited.value


def content(download: Download) -> bytes:
    """Bytes of a file downloaded."""
    return Path(download.path()).read_bytes()


def image_of(download: Download) -> Image.Image:
    """The picture downloaded."""
    return Image.open(io.BytesIO(content(download))).convert("RGB")


def ink(image: Image.Image) -> float:
    """Share of what is not white."""
    tones = ImageChops.difference(image, Image.new("RGB", image.size, "white")).convert("L").histogram()
    return sum(tones[12:]) / (image.width * image.height)


def test_the_workbook_of_a_page_holds_numbers_dates_and_no_formula(visit, two: Server):
    page = visit("/", server=two)
    download = asked(page, page.get_by_role("button", name="Excel : Mois par mois"), lambda button: button.click())
    assert download.suggested_filename == "mois_demandes_donnees_fictives.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(content(download)))
    header, first, *_ = book["Données"].iter_rows(values_only=True)
    assert header[:2] == ("Mois", "Valeur")
    assert first[0] == datetime(2025, 12, 1)
    assert isinstance(first[1], float | int)
    about = {row[0]: row[1] for row in book["À propos"].iter_rows(values_only=True)}
    assert about["Avertissement"] == "Données fictives"
    assert about["Période et choix"] == "12 derniers mois (du 01/01/2025 au 31/12/2025)"
    assert str(about["Méthode"]).startswith("Nombre du mois rapporté aux heures de patrouille")
    motifs = asked(
        page, page.get_by_role("button", name="Excel : Principaux motifs"), lambda button: button.press("Enter")
    )
    cells = list(openpyxl.load_workbook(io.BytesIO(content(motifs)))["Données"]["A"])
    assert [cell for cell in cells if str(cell.value).startswith("=")]
    assert {cell.data_type for cell in cells} == {"s"}


def test_an_image_is_made_here_with_its_title_and_again_once_the_chart_is_redrawn(visit, two: Server):
    page = visit("/", server=two)
    button = page.get_by_role("button", name="Image : Mois par mois")
    chart = page.locator(".js-plotly-plot").first.bounding_box()
    first = asked(page, button, lambda one: one.press("Enter"))
    assert first.suggested_filename == "mois_demandes_donnees_fictives.png"
    image = image_of(first)
    assert chart is not None
    assert image.width == pytest.approx(SCALE * (chart["width"] + 40), abs=2)
    assert image.height > SCALE * (chart["height"] + 120), "title, choice, legend and source are inside"
    assert image.getpixel((2, 2)) == (255, 255, 255)
    head, foot = image.crop((0, 0, image.width, 150)), image.crop((0, image.height - 90, image.width, image.height))
    assert ink(head) > 0.005, "the title and the choice"
    assert ink(foot) > 0.005, "the source"
    assert ink(image) > 0.03

    page.get_by_test_id("stMain").get_by_role("radio", name="Interventions", exact=True).click(force=True)
    wait_idle(page)
    again = asked(page, page.get_by_role("button", name="Image : Mois par mois"), lambda one: one.click())
    assert again.suggested_filename == "mois_interventions_donnees_fictives.png"
    assert ImageChops.difference(image, image_of(again).resize(image.size)).getbbox() is not None, "another chart"


def test_a_chart_on_a_telephone_is_its_own_image(visit, two: Server):
    page = visit("/", server=two, width=420)
    bars = image_of(asked(page, page.locator(".opt-image").last, lambda one: one.click()))
    assert bars.width < SCALE * (420 + 40)
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
