"""Slides of the places: neighbourhoods on a map, hotspots and what became of those before. Published figures alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard import formats
from dashboard.indicators import comparison, discoveries, rates
from dashboard.indicators.rates import Rate, RateRatio, Verdict
from dashboard.indicators.zones import DAYS_A_YEAR, PER_HOURS, PER_INHABITANTS
from dashboard.markup import Column, plain
from dashboard.report import content_words as words
from dashboard.report import images
from dashboard.report.content_figures import OUTSIDE, Published, Zone
from dashboard.report.content_words import LEVEL
from dashboard.report.slides import MASKED, Cell, Picture, Slide, Table

MOST_PLACES, MOST_ROWS = 6, 9
MOST_BEFORE = 10
ALPHA = 0.05
SEPARATOR = "\u00a0; "
INCONCLUSIVE = "non concluant"


@dataclass(frozen=True)
class ZoneFigures:
    """Counts of a neighbourhood; None is hidden. `per_year`: inhabitants × years."""

    zone: Zone
    n: float | None
    requests: float | None
    hours: float
    per_year: float

    @property
    def per_hours(self) -> Rate | None:
        """Requests per 100 patrol hours; None when hidden."""
        return None if self.requests is None else rates.rate(self.requests, self.hours, per=PER_HOURS)

    @property
    def per_inhabitants(self) -> Rate | None:
        """Interventions per 1,000 inhabitants a year; None when hidden."""
        return None if self.n is None else rates.rate(self.n, self.per_year, per=PER_INHABITANTS)


@dataclass(frozen=True)
class Spot:
    """A place or a square with its count now and before (None: hidden), and what the comparison allows to say."""

    name: str
    neighbourhood_id: str
    is_own: bool
    now: float | None
    before: float | None
    hours: float
    change: RateRatio | None = None
    verdict: Verdict | None = None


def zone_figures(of: Published) -> tuple[ZoneFigures, ...]:
    """Every neighbourhood, by name, then what lies outside of all of them when there is something."""
    outside = Zone(OUTSIDE, of.zone_name(OUTSIDE), None, "", "", None)
    years = of.days() / DAYS_A_YEAR
    has_outside = of.count(area=OUTSIDE) != 0
    return tuple(
        ZoneFigures(
            zone,
            of.count(area=zone.code),
            of.observed_requests(zone.code),
            of.patrol_hours(zone.code),
            (zone.population or 0) * years,
        )
        for zone in (*of.zones, *([outside] if has_outside else []))
    )


def where(of: Published) -> Slide:
    """The map, and each neighbourhood per 100 hours of patrol and per 1,000 inhabitants."""
    found = zone_figures(of)
    total = of.count()
    shared = of.hours().get("timetable_hours", 0.0) > 0
    said = [LEVEL, *_population_sources(found)]
    if shared:
        said.append("Des heures viennent de l’horaire prévu, le même pour tous")
    return words.slide(
        of,
        "ou",
        "Où",
        _where_message(found),
        n=words.interventions(total),
        said=said,
        tables=[_zone_table(found)] if found else [],
        picture=map_picture(of),
    )


def _where_message(found: Sequence[ZoneFigures]) -> str:
    seen = [one for one in found if one.requests is not None and one.hours > 0]
    if not found:
        return "Aucun quartier n’est connu\u00a0: rien à situer."
    if len(seen) < 2:  # noqa: PLR2004 - one neighbourhood can't be compared
        return "Trop peu de quartiers ont des demandes publiées et des heures de patrouille pour être comparés."
    funnel = comparison.funnel([one.requests or 0 for one in seen], [one.hours for one in seen], per=PER_HOURS)
    apart = [(one, place) for one, place in zip(seen, funnel.positions, strict=True) if place.is_flagged]
    target = f"{formats.number(funnel.target, 1)} demandes pour 100\u00a0h"
    if not apart:
        return f"Aucun quartier ne s’écarte nettement du taux commun ({target}, {len(seen)} quartiers comparés)."
    sides = {
        side: [one.zone.name for one, place in apart if place.side == side] for side in ("au-dessus", "au-dessous")
    }
    told = [f"{words.listed(names, 2)} {side}" for side, names in sides.items() if names]
    return (
        f"Face au taux commun des quartiers ({target})\u00a0: {SEPARATOR.join(told)}. {len(seen)} quartiers comparés."
    )


def _population_sources(found: Sequence[ZoneFigures]) -> list[str]:
    known = [one.zone for one in found if one.zone.population]
    dates = sorted({zone.population_date[:4] for zone in known if zone.population_date})
    if not known:
        return ["Population inconnue\u00a0: pas de taux par habitant"]
    origins = sorted(
        {plain(zone.population_source.split(",")[0].split("\u00a0:")[0].split(" :")[0], 40) for zone in known}
    )
    return [f"Population\u00a0: {words.listed([origin for origin in origins if origin], 2)} ({', '.join(dates)})"]


def _zone_table(found: Sequence[ZoneFigures]) -> Table:
    columns = (
        Column("Quartier"),
        Column("Nombre", is_number=True),
        Column("Demandes pour 100\u00a0h", is_number=True),
        Column("Par an, pour 1\u202f000 hab.", is_number=True),
    )
    rows = tuple(
        (
            words.text_cell(one.zone.name),
            words.count_cell(one.n),
            words.rate_cell(one.per_hours),
            words.rate_cell(one.per_inhabitants, 0) if one.zone.population else (words.NOT_KNOWN, None),
        )
        for one in found
    )
    return Table(columns, rows, "Par quartier", "publie_quartiers")


def map_picture(of: Published) -> Picture | None:
    """The map as an image; None where nothing has a place."""
    drawn = [row for row in of.rows("published_places") if row["n"] is not None and not row["is_masked"]]
    return images.territory_map(of.zones, drawn, is_fictional=of.build.fictional, period=of.period.label)


def spots(of: Published) -> tuple[Spot, ...]:
    """Every place published now or before, tested against the period before; most cited first, hidden ones last."""
    before = {row["zone"]: row for row in of.rows("published_places", of.earlier)} if of.earlier else {}
    now = {row["zone"]: row for row in of.rows("published_places")}
    found = [_spot(of, now.get(zone), before.get(zone)) for zone in {**now, **before}]
    tested = _tested(of, found) if of.earlier else found
    return tuple(sorted(tested, key=lambda spot: (spot.now is None, -(spot.now or 0), spot.name.casefold())))


def _spot(of: Published, now: Mapping[str, Any] | None, before: Mapping[str, Any] | None) -> Spot:
    known = now or before or {}
    area = str(known["neighbourhood_id"] or "")
    return Spot(
        name=plain(known["name"] or "Lieu sans nom", 90),
        neighbourhood_id=area,
        is_own=bool(known["is_own"]),
        now=_n(now),
        before=_n(before),
        hours=of.patrol_hours(area) or of.patrol_hours(),
    )


def _n(row: Mapping[str, Any] | None) -> float | None:
    if row is None:
        return 0.0
    return None if row["is_masked"] else row["n"]


def _tested(of: Published, found: Sequence[Spot]) -> list[Spot]:
    """Exact tests of each place against itself before, all of them looked at together (Benjamini and Hochberg)."""
    changes = [_change(of, spot) for spot in found]
    p_values = [math.nan if change is None else change.p_value for change in changes]
    flagged = discoveries.benjamini_hochberg(p_values, ALPHA)
    return [
        Spot(
            spot.name,
            spot.neighbourhood_id,
            spot.is_own,
            spot.now,
            spot.before,
            spot.hours,
            change,
            _verdict(change, bool(kept)),
        )
        for spot, change, kept in zip(found, changes, flagged, strict=True)
    ]


def _change(of: Published, spot: Spot) -> RateRatio | None:
    if spot.now is None or spot.before is None or of.earlier is None or spot.now + spot.before == 0:
        return None
    area = spot.neighbourhood_id
    over = of.patrol_hours(area), of.patrol_hours(area, of.earlier)
    if not all(over):
        over = float(of.days()), float(of.days(of.earlier))
    return rates.rate_ratio(spot.now, over[0], spot.before, over[1])


def _verdict(change: RateRatio | None, is_flagged: bool) -> Verdict | None:
    if change is None:
        return None
    return ("hausse" if change.ratio > 1 else "baisse") if is_flagged else "pas de différence établie"


def hotspots(of: Published) -> Slide:
    """The places most cited, and what became of those most cited before."""
    found = spots(of)
    shown = _shown(found)
    hidden = sum(spot.now is None for spot in found)
    compared = sum(spot.change is not None for spot in found)
    said = [LEVEL, f"{formats.plural(compared, 'comparaison')} (Benjamini et Hochberg, 5\u202f%)"] if compared else []
    if hidden:
        said.append(f"{formats.plural(hidden, 'autre lieu masqué', 'autres lieux masqués')}\u00a0: petits effectifs")
    n, places = sum(spot.now or 0 for spot in found), sum(bool(spot.now) for spot in found)
    counted = f"{formats.plural(n, 'intervention')} en {formats.plural(places, 'lieu publié', 'lieux publiés')}"
    return words.slide(
        of,
        "points_chauds",
        "Points chauds, et ceux d’avant",
        _hotspot_message(of, found),
        n=counted,
        said=said,
        tables=[_spot_table(of, shown)] if shown else [],
    )


def _shown(found: Sequence[Spot]) -> list[Spot]:
    """The most cited now, and those of the most cited before that no longer are, in the order of now."""
    kept = [spot for spot in found if spot.now][:MOST_PLACES]
    before = sorted(
        (spot for spot in found if spot.before), key=lambda spot: (-(spot.before or 0), spot.name.casefold())
    )
    return [spot for spot in found if spot in kept or spot in before[:MOST_PLACES]][:MOST_ROWS]


def _hotspot_message(of: Published, found: Sequence[Spot]) -> str:
    if not any(spot.now for spot in found):
        return "Aucun lieu n’a assez d’interventions pour être publié sur cette période."
    if of.earlier is None or not of.rows("published_places", of.earlier):
        return "Les lieux les plus cités sont montrés sans comparaison\u00a0: la période d’avant n’est pas publiée."
    top = sorted(found, key=lambda spot: (-(spot.before or 0), spot.name.casefold()))[:MOST_BEFORE]
    known = [spot for spot in top if spot.before]
    by_verdict = {
        verdict: sum(spot.verdict == verdict for spot in known)
        for verdict in ("hausse", "baisse", "pas de différence établie")
    }
    unknown = len(known) - sum(by_verdict.values())
    falls, rises, unsure = by_verdict["baisse"], by_verdict["hausse"], by_verdict["pas de différence établie"]
    parts = [f"{n} en {verdict}" for n, verdict in ((falls, "baisse"), (rises, "hausse")) if n]
    parts = parts or ["aucun en baisse ni en hausse"]
    parts += [f"{unsure} {INCONCLUSIVE}{'s' if unsure > 1 else ''}"] if unsure else []
    parts += [f"{unknown} masqué{'s' if unknown > 1 else ''}"] if unknown else []
    many = f"Des {formats.number(len(known))} lieux les plus cités" if len(known) > 1 else "Du seul lieu cité"
    return f"{many} {words.at(of.earlier)}\u00a0: {', '.join(parts)}."


def _spot_table(of: Published, shown: Sequence[Spot]) -> Table:
    own = of.is_landlord
    rated = of.patrol_hours() > 0
    columns = (
        Column("Lieu"),
        Column("À vous" if own else "Quartier"),
        Column("Nombre", is_number=True),
        *([Column("Pour 100\u00a0h", is_number=True)] if rated else []),
        Column("Avant", is_number=True),
        Column("Lecture"),
    )
    rows = tuple(
        (
            words.text_cell(spot.name),
            words.text_cell(_owner(spot) if own else of.zone_name(spot.neighbourhood_id)),
            words.count_cell(spot.now),
            *([_rate_cell(spot)] if rated else []),
            words.count_cell(spot.before) if of.earlier else (words.NOT_KNOWN, None),
            _reading(spot),
        )
        for spot in shown
    )
    return Table(columns, rows, "Les lieux les plus cités, et leur nombre à la période d’avant", "publie_lieux")


def _owner(spot: Spot) -> str:
    return "oui" if spot.is_own else "non"


def _rate_cell(spot: Spot) -> Cell:
    return words.rate_cell(None if spot.now is None else rates.rate(spot.now, spot.hours, per=PER_HOURS))


def _reading(spot: Spot) -> Cell:
    if spot.now is None or spot.before is None:
        return MASKED, None
    if spot.change is None or spot.verdict is None:
        return words.text_cell("pas comparé")
    return words.text_cell(words.verdict_text(spot.verdict, INCONCLUSIVE))
