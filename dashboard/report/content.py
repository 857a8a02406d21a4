"""The slides of an audience: published figures of the current viewer in, a deck out. No Streamlit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from dashboard import access, warehouse
from dashboard.access import AccessDenied, Viewer
from dashboard.markup import plain
from dashboard.report import (
    content_activity,
    content_end,
    content_figures,
    content_keys,
    content_partners,
    content_places,
    content_when,
)
from dashboard.report.content_figures import Published
from dashboard.report.slides import Deck, Slide
from dashboard.warehouse import Identity, build_info

AUDIENCES = {"ville": "Ville", "comite": "Comité de pilotage"}
NOT_FOR_ALL = "Les chiffres publiés ont un destinataire\u00a0: choisissez la ville, un bailleur ou le comité."
# In the order of the deck.
SECTIONS: dict[str, Callable[[Published], Slide]] = {
    "patrimoine": content_partners.own_property,
    "chiffres_cles": content_keys.key_figures,
    "activite": content_activity.year_before,
    "quand": content_when.when,
    "ou": content_places.where,
    "points_chauds": content_places.hotspots,
    "demandes": content_partners.requests,
    "partenaires": content_partners.partners,
    "alertes": content_partners.landlords,
    "couts": content_end.costs_slide,
    "ecoles": content_partners.schools,
    "qualite": content_end.quality,
    "methode": content_end.method,
    "propositions": content_end.proposals,
}
# On pages alone.
PAGES: dict[str, Callable[[Published], Slide]] = {"motifs": content_activity.motifs}
LANDLORD_ONLY, NEVER_LANDLORD = frozenset({"patrimoine"}), frozenset({"ecoles"})


def keys(viewer: Viewer) -> tuple[str, ...]:
    """The sections of an audience, in order: what it may not see is absent, not empty."""
    is_landlord = viewer.role == "bailleur"
    left_out = NEVER_LANDLORD if is_landlord else LANDLORD_ONLY
    return tuple(key for key in SECTIONS if key not in left_out)


def slides(period: str, wanted: Iterable[str] | None = None) -> tuple[Slide, ...]:
    """Slides of a period for the current viewer, all of them or those of some keys, in the order of the deck.

    Raises UnknownPeriod, and AccessDenied when the viewer is no audience of published figures.
    """
    viewer = warehouse.viewer()
    if not viewer.is_partner:
        raise AccessDenied(NOT_FOR_ALL)
    allowed = keys(viewer)
    chosen = allowed if wanted is None else tuple(key for key in wanted if key in (*allowed, *PAGES))
    return tuple(_slide(warehouse.identity(), period, key) for key in chosen)


@lru_cache(maxsize=256)
def _slide(_identity: Identity, period: str, key: str) -> Slide:
    return (SECTIONS | PAGES)[key](content_figures.load(period))


def deck(period: str) -> Deck:
    """The deck of the current viewer for a published period. Raises as `slides` does."""
    made = slides(period)
    viewer, build, published = warehouse.viewer(), build_info(), content_figures.load(period)
    return Deck(
        title=plain(build.title),
        territory=plain(build.territory),
        audience=viewer,
        audience_label=audience_label(viewer),
        period=published.period,
        built_at=build.built_at,
        fictional=build.fictional,
        slides=made,
    )


def audience_label(viewer: Viewer) -> str:
    """« Ville », « Bailleur BAIL-A », « Comité de pilotage »."""
    return AUDIENCES.get(viewer.role) or f"{access.ROLES[viewer.role]} {plain(viewer.landlord or '', 60)}"
