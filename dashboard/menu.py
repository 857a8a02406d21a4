"""The pages, and who is offered which. No Streamlit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dashboard.access import Role, Viewer

FOLDER = Path(__file__).parent / "pages"
PUBLISHED = "publie_"
CITY_AND_LANDLORDS: tuple[Role, ...] = ("ville", "bailleur")
PARTNERS: tuple[Role, ...] = (*CITY_AND_LANDLORDS, "comite")


@dataclass(frozen=True)
class Page:
    """A page of the menu; `partners` are the roles that are offered it beside the supervisor.

    Partners read published figures, on a page of their own, `publie_<name>.py`, unless the page is `shared` by all.
    `filtered`: the supervisor's filters bear on it.
    """

    name: str
    title: str
    icon: str
    partners: tuple[Role, ...] = ()
    shared: bool = False
    filtered: bool = True

    def file(self, viewer: Viewer) -> Path:
        """What runs for `viewer`."""
        own = viewer.is_partner and not self.shared
        return FOLDER / f"{PUBLISHED if own else ''}{self.name}.py"


PAGES = (
    Page("synthese", "Synthèse", ":material/monitoring:", CITY_AND_LANDLORDS),
    Page("points_chauds", "Points chauds", ":material/local_fire_department:"),
    Page("carte", "Carte de chaleur", ":material/map:", CITY_AND_LANDLORDS),
    Page("tendances", "Tendances", ":material/show_chart:", CITY_AND_LANDLORDS),
    Page("quartiers", "Quartiers", ":material/location_city:", CITY_AND_LANDLORDS),
    Page("dispositif", "Dispositif", ":material/verified:", CITY_AND_LANDLORDS),
    Page("couts_evites", "Coûts évités", ":material/savings:", CITY_AND_LANDLORDS),
    Page("comite", "Comité de pilotage", ":material/co_present:", PARTNERS, shared=True, filtered=False),
    Page("qualite", "Qualité des données", ":material/fact_check:"),
    Page("journal", "Journal", ":material/history:", filtered=False),
    Page("methodes", "Méthodes", ":material/menu_book:", PARTNERS, shared=True, filtered=False),
)


def pages(viewer: Viewer) -> list[Page]:
    """The pages of a viewer, in the order of the menu; the first one opens first."""
    return [page for page in PAGES if not viewer.is_partner or viewer.role in page.partners]
