"""The claims on what is asked of the service: does it meet expectations, do residents use it."""

from __future__ import annotations

from dataclasses import replace

from dashboard import claim_charts, formats, map_content
from dashboard.cards import Card
from dashboard.claim_cards import (
    SAME_PLACES,
    Claim,
    Picture,
    RateWords,
    Scope,
    Table,
    Words,
    a_year_before,
    hourly,
    plain_card,
    rate_card,
    share_card,
)
from dashboard.claim_rows import Row, ask, total
from dashboard.filters import Filters, bounds, year_before
from dashboard.indicators import claims as indicators
from dashboard.indicators.activity import PER_HOURS, Totals, share_figure
from dashboard.indicators.claims import RESIDENTS, Exposed
from dashboard.indicators.rates import Rate, rate, share
from dashboard.indicators.zones import DAYS_A_YEAR, PER_INHABITANTS, service_order
from dashboard.markup import Column
from dashboard.synthesis import totals

FOLLOW_UP_DAYS = 7
NO_LIST = "Aucune liste de lieux : ajoutez l’export « lieux » pour mesurer la couverture."
REQUESTS = ("demande", "demandes")
PLACES = (
    Column("Quartier"),
    Column("Lieux connus", is_number=True),
    Column("Avec intervention", is_number=True),
    Column("Part", is_number=True),
    Column("Passages par lieu", is_number=True),
    Column("Bas de l’intervalle", is_number=True),
    Column("Haut de l’intervalle", is_number=True),
)
ZONES = (
    Column("Quartier"),
    Column("Demandes d’habitants", is_number=True),
    Column("Habitants", is_number=True),
    Column("Pour 1\u202f000 habitants, par an", is_number=True),
    Column("Bas de l’intervalle", is_number=True),
    Column("Haut de l’intervalle", is_number=True),
    Column("Source de la population"),
)


def expectations(scope: Scope, summary: dict[str, Card], words: Words) -> Claim:
    """First claim: requests, their follow-up, the hours they come at, the places covered."""
    best = [_best_covered(filters) for filters in (scope.chosen, scope.previous) if filters]
    places, zones = _coverage(scope)
    cards = (
        summary["requests"],
        summary["request_rate"],
        _follow_up(scope),
        _during_service(scope),
        _well_timed(scope, best),
        places,
    )
    return Claim(words, cards, pictures=_hours(scope), tables=zones, help="dispositif_attentes")


def use(scope: Scope, words: Words) -> Claim:
    """Second claim: residents' requests per inhabitant and per patrol hour, by telephone and in the field."""
    now = totals(scope.chosen)
    before = totals(scope.previous) if scope.previous else None
    return Claim(
        words,
        (_per_inhabitant(scope, now, before), _per_hour(scope, now, before), _by_telephone(scope)),
        pictures=_quarters(scope),
        tables=_by_neighbourhood(scope, now),
        help="dispositif_usage",
    )


def origins(filters: Filters) -> list[Row]:
    """Requests of a period by quarter, neighbourhood and origin."""
    return ask("claim_origins", filters)


def _follow_up(scope: Scope) -> Card:
    is_given = bool(scope.columns & {"referred_on", "returned_on", "place_id"})

    def counted(filters: Filters) -> dict[str, int]:
        if not is_given:
            return dict.fromkeys(("requests", "followed"), 0)
        (row,) = ask("claim_follow_up", filters, last=scope.last, within=FOLLOW_UP_DAYS)
        return {name: int(value) for name, value in row.items()}

    now, before = counted(scope.chosen), None
    if scope.previous:
        earlier = counted(scope.previous)
        before = (earlier["followed"], earlier["requests"])
    figure = share_figure((now["followed"], now["requests"]), before)
    return share_card(
        f"Demandes avec une suite enregistrée en {FOLLOW_UP_DAYS} jours",
        ("suivie", "suivies"),
        REQUESTS,
        figure,
        scope.chosen,
        notes=_follow_up_notes(now) if now["requests"] else (),
        missing=f"Aucune demande d’au moins {FOLLOW_UP_DAYS} jours dans la période."
        if is_given
        else "Ni relais, ni réponse, ni lieu dans l’export : les suites ne se voient pas. Ce n’est pas zéro.",
        is_given=is_given,
    )


def _follow_up_notes(now: dict[str, int]) -> tuple[str, ...]:
    parts = (
        f"Dont {formats.number(now['referred'])} relayées à un partenaire, "
        f"{formats.number(now['answered'])} avec sa réponse, "
        f"{formats.number(now['revisited'])} revues au même lieu pour le même motif."
    )
    settled = f"{formats.number(now['settled'])} autres ont été apaisées sur place : elles n’appelaient pas de suite."
    placed = f"Le retour sur place ne peut se voir que pour {formats.number(now['with_place'])} demandes au lieu connu."
    return parts, settled, placed


def _week(filters: Filters) -> list[Row]:
    return ask("claim_requests_week", filters)


def _patrol(filters: Filters) -> list[Row]:
    return ask("claim_patrol_week", filters)


def _during_service(scope: Scope) -> Card:
    def counted(filters: Filters) -> tuple[int, int]:
        called = [row for row in _week(filters) if not row["is_field"]]
        return total(called, "during_service"), total(called, "timed")

    now = counted(scope.chosen)
    return share_card(
        "Demandes à distance reçues pendant le service",
        ("reçue à l’horaire", "reçues à l’horaire"),
        REQUESTS,
        share_figure(now, counted(scope.previous) if scope.previous else None),
        scope.chosen,
        unit="des demandes par téléphone ou par un partenaire",
        notes=("Élevée par construction : hors du service, personne n’enregistre.",) if now[1] else (),
        missing="Ni heure ni horaire connus : le recouvrement ne peut pas se mesurer.",
    )


def _best_covered(filters: Filters) -> tuple[indicators.BestCovered | None, tuple[int, int]]:
    best = indicators.best_covered(_patrol(filters))
    return best, indicators.within(_week(filters), best) if best else (0, 0)


def _well_timed(scope: Scope, found: list[tuple[indicators.BestCovered | None, tuple[int, int]]]) -> Card:
    (best, now), before = found[0], (found[1][1] if scope.previous else None)
    figure = share_figure(now, before)
    return share_card(
        "Demandes aux heures les mieux couvertes",
        ("à ces heures", "à ces heures"),
        REQUESTS,
        figure,
        scope.chosen,
        notes=(_reference(best, figure.estimate),) if best and figure.base else (),
        missing="Sans heures de patrouille enregistrées, on ne sait pas quelles heures sont les mieux couvertes.",
    )


def _reference(best: indicators.BestCovered, estimate: Rate) -> str:
    """Where the share is against the one that requests spread as the patrol would have."""
    place = "au-dessus" if estimate.high < best.hours_share else "au-dessous" if estimate.low > best.hours_share else ""
    where = f"{place} de l’intervalle" if place else "dans l’intervalle"
    return f"Référence : {formats.percent(best.hours_share, 1)} des heures de patrouille, {where}."


def _hours(scope: Scope) -> tuple[Picture, ...]:
    requests, patrol = _week(scope.chosen), _patrol(scope.chosen)
    seen = {int(row["hour"]) for row in [*requests, *patrol] if row["hour"] is not None}
    order = service_order(seen, map_content.territory().service_day_starts.hour)
    return claim_charts.hours(indicators.by_hour(requests, patrol, order), scope)


def _coverage(scope: Scope) -> tuple[Card, tuple[Table, ...]]:
    rows = ask("claim_places", scope.chosen)
    known, seen = total(rows, "places"), total(rows, "seen")
    unplaced = total(ask("claim_activity", scope.chosen), "unplaced")
    earlier = ask("claim_places", scope.previous) if scope.previous else None
    before = None if earlier is None else share(total(earlier, "seen"), total(earlier, "places"))
    card = plain_card(
        "Lieux connus où l’équipe est passée",
        formats.percent(share(seen, known).value, 1),
        "des lieux connus, au moins" if known else "",
        scope.chosen,
        uncertainty="Liste complète des lieux : pas d’intervalle" if known else "",
        made_of=f"n\u00a0=\u00a0{formats.number(seen)} sur {formats.plural(known, 'lieu', 'lieux')}" if known else "",
        comparison=a_year_before(before, scope, SAME_PLACES) if known else NO_LIST,
        notes=(f"{formats.plural(unplaced, 'intervention')} sans lieu connu ne comptent pour aucun.",)
        if known and unplaced
        else (),
        formula=f"{formats.number(seen)} ÷ {formats.plural(known, 'lieu', 'lieux')}." if known else "",
    )
    return card, (_places_table(rows, scope),)


def _places_table(rows: list[Row], scope: Scope) -> Table:
    shown: list[list[object]] = []
    for row in rows:
        places, seen, passages = int(row["places"]), int(row["seen"]), int(row["passages"])
        each = rate(passages, places)
        shown.append(
            [
                row["name"] or formats.label("quartier", row["neighbourhood_id"]),
                (formats.number(places), places),
                (formats.number(seen), seen),
                (formats.percent(seen / places), seen / places),
                *((formats.number(value, 1), round(value, 3)) for value in (each.value, each.low, each.high)),
            ]
        )
    dates = formats.day_range(scope.chosen.start, scope.chosen.end)
    return Table(PLACES, shown, f"Lieux connus et passages enregistrés, {dates}", "dispositif_lieux")


def _residents(filters: Filters, column: str) -> dict[tuple[str, str], int]:
    """Residents' requests by neighbourhood and channel."""
    found: dict[tuple[str, str], int] = {}
    for row in origins(filters):
        if row["origin"] in RESIDENTS:
            key = (row["neighbourhood_id"], row["origin"])
            found[key] = found.get(key, 0) + int(row[column])
    return found


def _per_inhabitant(scope: Scope, now: Totals, before: Totals | None) -> Card:
    everyone = ask("claim_population", scope.chosen)
    zones = {row["neighbourhood_id"]: int(row["population"]) for row in everyone if row["population"]}
    inhabitants = sum(zones.values())

    def exposed(filters: Filters, days: int) -> Exposed:
        counts = _residents(filters, "interventions")
        kept = sum(count for (zone, _), count in counts.items() if zone in zones)
        return Exposed(kept, inhabitants * days / DAYS_A_YEAR)

    earlier = exposed(scope.previous, before.days) if scope.previous and before else None
    notes = [f"{formats.plural(inhabitants, 'habitant')} ; sources et dates dans le tableau."] if inhabitants else []
    if inhabitants and len(zones) < len(everyone):
        notes.append(f"{formats.plural(len(everyone) - len(zones), 'quartier')} sans population connue : non comptés.")
    return rate_card(
        RateWords(
            "Demandes des habitants, par habitant",
            ("demande", "demandes"),
            "pour 1\u202f000 habitants et par an",
            "habitants × années",
            "Aucune population connue pour ces quartiers : pas de taux par habitant.",
            per=int(PER_INHABITANTS),
        ),
        indicators.rate_figure(exposed(scope.chosen, now.days), earlier, PER_INHABITANTS),
        scope.chosen,
        notes,
    )


def _per_hour(scope: Scope, now: Totals, before: Totals | None) -> Card:
    def exposed(filters: Filters, found: Totals) -> Exposed:
        return Exposed(sum(_residents(filters, "observed").values()), found.patrol_hours, found.timetable_hours)

    earlier = exposed(scope.previous, before) if scope.previous and before else None
    return rate_card(
        hourly("Demandes des habitants, par heure de présence", ("demande", "demandes")),
        indicators.rate_figure(exposed(scope.chosen, now), earlier, PER_HOURS),
        scope.chosen,
        timetable_notes(now),
        sum(_residents(scope.chosen, "interventions").values()),
    )


def timetable_notes(found: Totals) -> list[str]:
    """What to say of hours that come from the timetable."""
    if not found.timetable_hours:
        return []
    return [f"Dont {formats.number(found.timetable_hours)}\u00a0h tirées de l’horaire prévu."]


def _by_telephone(scope: Scope) -> Card:
    def counted(filters: Filters) -> tuple[int, int]:
        seen = _residents(filters, "interventions")
        called = sum(count for (_, channel), count in seen.items() if channel == "habitant_telephone")
        return called, sum(seen.values())

    now = counted(scope.chosen)
    return share_card(
        "Habitants : part du téléphone",
        ("par téléphone", "par téléphone"),
        ("demande d’habitants", "demandes d’habitants"),
        share_figure(now, counted(scope.previous) if scope.previous else None),
        scope.chosen,
        notes=("Le reste vient du terrain : il suit les tournées de l’équipe.",) if now[1] else (),
        missing="Aucune demande d’habitant, par téléphone ou sur le terrain, dans la période.",
    )


def _quarters(scope: Scope) -> tuple[Picture, ...]:
    known = bounds()
    if known is None:
        return ()
    first = min(scope.chosen.start, max(known.first, year_before(year_before(scope.chosen.end))))
    wider = replace(scope.chosen, start=indicators.quarter_start(first))
    found = indicators.quarters(origins(wider), ask("service_monthly", wider), has_presence=scope.has_presence)
    return claim_charts.quarters(found, scope)


def _by_neighbourhood(scope: Scope, now: Totals) -> tuple[Table, ...]:
    counts: dict[str, int] = {}
    for (zone, _), count in _residents(scope.chosen, "interventions").items():
        counts[zone] = counts.get(zone, 0) + count
    zones = ask("claim_population", scope.chosen)
    if not counts and not any(zone["population"] for zone in zones):
        return ()
    shown = [_zone_row(zone, counts.get(zone["neighbourhood_id"], 0), now.days) for zone in zones]
    dates = formats.day_range(scope.chosen.start, scope.chosen.end)
    return (Table(ZONES, shown, f"Demandes des habitants par quartier, {dates}", "dispositif_habitants"),)


def _zone_row(zone: Row, count: int, days: int) -> list[object]:
    inhabitants = int(zone["population"] or 0)
    found = rate(count, inhabitants * days / DAYS_A_YEAR, PER_INHABITANTS)
    ends = (found.value, found.low, found.high) if inhabitants else (None, None, None)
    dated = f" ({zone['population_date']})" if zone["population_date"] else ""
    return [
        zone["name"] or zone["neighbourhood_id"],
        (formats.number(count), count),
        (formats.number(inhabitants), inhabitants) if inhabitants else (formats.NOT_GIVEN, None),
        *(("–", None) if end is None else (formats.number(end, 1), round(end, 3)) for end in ends),
        f"{zone['population_source'] or formats.NOT_GIVEN}{dated}",
    ]
