"""The page of the service's claims: six blocks and the missions, their comparisons judged together. No Streamlit."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from dashboard import (
    cards,
    claim_hotspots,
    claim_missions,
    claim_partners,
    claim_requests,
    claim_service,
    clock,
    formats,
    synthesis,
)
from dashboard.cards import Card
from dashboard.claim_cards import Claim, Scope, Table, Words, corrected
from dashboard.claim_rows import ask
from dashboard.filters import Filters, bounds
from dashboard.indicators.activity import Comparison
from dashboard.markup import Cell, Column, element, text
from dashboard.warehouse import Identity, build_info, identity

TEXTS = Path(__file__).parent / "texts" / "dispositif.toml"
OVERVIEW = (Column("Affirmation"), Column("Premier chiffre"), Column("Un an avant"), Column("Enquête nécessaire"))


@dataclass(frozen=True, eq=False)
class Page:
    """The blocks in order, the overview that begins the page, and how many comparisons were judged together."""

    claims: tuple[Claim, ...]
    overview: Table
    note: str
    is_empty: bool


def whole(chosen: Filters) -> Filters:
    """The choice that this page answers: its period and neighbourhoods. The service is judged whole."""
    return replace(chosen, registers=(), motifs=(), origin="toutes")


def scope_note(chosen: Filters) -> str:
    """What of the shared choice does not apply here; empty when nothing is left out."""
    ignored = [
        name
        for name, is_chosen in (
            ("registre", chosen.registers),
            ("motif", chosen.motifs),
            ("demandes ou initiatives", chosen.origin != "toutes"),
        )
        if is_chosen
    ]
    if not ignored:
        return ""
    return f"Le dispositif est jugé en entier : le choix de {', '.join(ignored)} ne s’applique pas à cette page."


def page(chosen: Filters) -> Page | None:
    """Everything the page shows for a choice, from memory when this build already answered; None without any day."""
    return _page(identity(), whole(chosen), clock.today()) if bounds() else None


@lru_cache(maxsize=16)
def _page(_build: Identity, chosen: Filters, _today: date) -> Page:
    known = bounds()
    assert known is not None
    scope = Scope(chosen, chosen.previous(), build_info(), known.last, _columns(chosen))
    summary, is_empty = _summary(chosen)
    words = _words()
    blocks = (
        claim_requests.expectations(scope, summary, words["attentes"]),
        claim_requests.use(scope, words["usage"]),
        claim_service.presence(scope, summary, words["presence"]),
        claim_partners.recognition(scope, words["partenaires"]),
        claim_partners.watch(scope, claim_hotspots.sentences(scope), words["veille"]),
        claim_service.peace(scope, summary, words["tranquillite"]),
        claim_missions.missions(scope, words["missions"]),
    )
    claims, tested = corrected(blocks)
    return Page(claims, _overview(claims[:-1]), _note(claims, tested), is_empty)


def _columns(chosen: Filters) -> frozenset[str]:
    return frozenset(row["column_name"] for row in ask("claim_columns", chosen))


def _summary(chosen: Filters) -> tuple[dict[str, Card], bool]:
    """The summary's own cards, by name, and whether nothing at all answers the choice."""
    figures, totals = synthesis.summary(chosen)
    _, rate, hours, requests, appeased = cards.cards(figures, totals, chosen)
    return {"request_rate": rate, "hours": hours, "requests": requests, "appeased": appeased}, totals.any_origin == 0


def _overview(claims: tuple[Claim, ...]) -> Table:
    rows: list[list[object]] = []
    for claim in claims:
        first = claim.cards[0]
        known = f"{first.value} {first.unit}".strip()
        compared = first.comparison.verdict if isinstance(first.comparison, Comparison) else "pas de comparaison"
        link = element("a", text(claim.words.title), href=f"#{claim.words.anchor}")
        rows.append([Cell(link), f"{first.title} : {known}. {first.uncertainty}", compared, claim.words.needs])
    return Table(OVERVIEW, rows, "Les six affirmations en un regard", "dispositif_apercu")


def _note(claims: tuple[Claim, ...], tested: int) -> str:
    kept = [card.comparison for claim in claims for card in claim.cards if isinstance(card.comparison, Comparison)]
    changes = sum(comparison.verdict in ("hausse", "baisse") for comparison in kept)
    if not tested:
        return "Aucune comparaison avec un an avant n’est possible pour ce choix."
    found = formats.plural(changes, "écart établi", "écarts établis") if changes else "aucun écart établi"
    return (
        f"{formats.plural(tested, 'comparaison')} avec un an avant sur cette page, jugées ensemble (Benjamini et "
        f"Hochberg, 5\u202f% de fausses découvertes) : {found}."
    )


@cache
def _words() -> dict[str, Words]:
    """Words of each block, from texts/dispositif.toml."""
    blocks = tomllib.loads(TEXTS.read_text(encoding="utf-8"))
    return {
        name: Words(
            anchor=name,
            title=block["title"],
            statement=block["statement"],
            says=tuple(block["says"]),
            cannot=tuple(block["cannot"]),
            survey=block["survey"],
            needs=block["needs"],
        )
        for name, block in blocks.items()
    }
