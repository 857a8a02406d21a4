"""The claims on partners and on watching: referrals and answers, technical alerts, what the records are worth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from dashboard import formats, synthesis
from dashboard.cards import Card
from dashboard.claim_cards import (
    Claim,
    Scope,
    Table,
    Words,
    delay_card,
    hourly,
    median_text,
    plain_card,
    rate_card,
    share_card,
)
from dashboard.claim_requests import origins, timetable_notes
from dashboard.claim_rows import Row, ask, total
from dashboard.claim_service import activity, per_patrol_hours
from dashboard.filters import Filters, bounds
from dashboard.indicators import claims as indicators
from dashboard.indicators.activity import PER_HOURS, share_figure
from dashboard.indicators.claims import Exposed
from dashboard.indicators.rates import share
from dashboard.indicators.survival import Survival, survival
from dashboard.map_content import territory
from dashboard.markup import Column
from dashboard.quality import COMPUTED

RETURN_DAYS, HORIZON_DAYS = 14, 180
PARTNERS = ("bailleur", "gardien", "ville", "police_municipale", "police_nationale", "etablissement_scolaire")
PARTNERS += ("association", "commercant")
# Columns that the figures of this page stand on.
KEY_COLUMNS = ("hour", "place_id", "register", "motif", "origin", "outcome")
TOO_FEW = "trop peu"
REFERRALS = (
    Column("Partenaire"),
    Column("Relais", is_number=True),
    Column("Retours faits", is_number=True),
    Column("Part", is_number=True),
    Column("Bas de l’intervalle", is_number=True),
    Column("Haut de l’intervalle", is_number=True),
    Column("Délai médian du retour"),
)
LANDLORDS = (Column("Bailleur"), *REFERRALS[1:])


def recognition(scope: Scope, words: Words) -> Claim:
    """Fourth claim: referrals, their returns and delays, requests of partners, joint actions."""
    rows = _referrals(scope, scope.chosen)
    cards = (_referred(scope), _returns(scope), _delay(scope), _asked_by_partners(scope), _joint(scope))
    caption = f"Relais par partenaire, {formats.day_range(scope.chosen.start, scope.chosen.end)}"
    shown = _by(rows, "partner", "partenaire")
    table = Table(REFERRALS, shown, caption, "dispositif_partenaires", "Aucun relais vers un partenaire.")
    return Claim(words, cards, tables=(table,), help="dispositif_partenaires")


def watch(scope: Scope, hotspots: tuple[str, ...], words: Words) -> Claim:
    """Fifth claim: technical alerts, landlords' delays, hotspots, and what the records are worth."""
    freshness = synthesis.freshness()
    rows = _to_landlords(_referrals(scope, scope.chosen))
    dates = formats.day_range(scope.chosen.start, scope.chosen.end)
    table = Table(
        LANDLORDS,
        _by(rows, "landlord_code", "bailleur"),
        f"Alertes techniques relayées aux bailleurs, {dates}",
        "dispositif_bailleurs",
        "Aucune alerte technique relayée à un bailleur.",
    )
    cards = (_alerts(scope), _landlord_delay(scope), _completeness(scope), *freshness)
    return Claim(words, cards, tables=(table,), notes=hotspots, help="dispositif_veille")


def _referrals(scope: Scope, filters: Filters) -> list[Row]:
    return ask("claim_referrals", filters, last=scope.last, horizon=HORIZON_DAYS)


def _to_landlords(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["is_alert"] and row["partner"] == "bailleur"]


def _once(rows: list[Row]) -> list[Row]:
    """Each intervention once, however many partners it was relayed to."""
    return [row for row in rows if row["is_first"]]


def _curve(rows: list[Row]) -> Survival:
    """Days from a referral to its return; those without usable dates are left out."""
    dated = [row for row in rows if row["days"] is not None]
    days, returned, many = ([row[name] for row in dated] for name in ("days", "is_returned", "referrals"))
    return survival(days, returned, many)


def _undated(rows: list[Row]) -> int:
    return total((row for row in rows if row["days"] is None), "referrals")


def _referred(scope: Scope) -> Card:
    is_given = bool(scope.columns & {"partners", "referred_on"})

    def counted(filters: Filters) -> tuple[int, int]:
        rows = activity(filters) if is_given else []
        return total(rows, "referred"), total(rows, "interventions")

    return share_card(
        "Interventions relayées à un partenaire",
        ("relayée", "relayées"),
        ("intervention", "interventions"),
        share_figure(counted(scope.chosen), counted(scope.previous) if scope.previous else None),
        scope.chosen,
        missing="Aucune intervention." if is_given else "L’export ne dit rien des relais. Ce n’est pas zéro.",
        is_given=is_given,
    )


def _state(rows: list[Row]) -> tuple[int, int]:
    """Returns done, and referrals whose state is known."""
    done = total((row for row in rows if row["state"] == "fait"), "referrals")
    return done, total((row for row in rows if row["state"]), "referrals")


def _returns(scope: Scope) -> Card:
    rows = _once(_referrals(scope, scope.chosen))
    before = _state(_once(_referrals(scope, scope.previous))) if scope.previous else None
    pending = total((row for row in rows if row["state"] == "en_cours"), "referrals")
    return share_card(
        "Relais suivis d’un retour fait",
        ("retour fait", "retours faits"),
        ("relais", "relais"),
        share_figure(_state(rows), before),
        scope.chosen,
        unit="des relais dont l’état est connu",
        notes=(f"{formats.number(pending)} sont encore en cours : ils comptent comme sans retour.",) if pending else (),
        missing="Aucun relais dont l’état soit connu.",
    )


def _delay(scope: Scope) -> Card:
    rows = _once(_referrals(scope, scope.chosen))
    missed = _undated(rows)
    return delay_card(
        "Retour du partenaire",
        (_curve(rows), _curve(_once(_referrals(scope, scope.previous))) if scope.previous else None),
        RETURN_DAYS,
        ("relais daté", "relais datés"),
        scope.chosen,
        missing="Aucun relais daté suivi assez longtemps : le délai n’est pas connu.",
        notes=(f"Sans compter {formats.number(missed)} relais sans dates utilisables.",) if missed else (),
    )


def _asked_by_partners(scope: Scope) -> Card:
    def exposed(filters: Filters) -> Exposed:
        rows, found = origins(filters), synthesis.totals(filters)
        count = total((row for row in rows if row["origin"] in PARTNERS), "observed")
        return Exposed(count, found.patrol_hours, found.timetable_hours)

    earlier = exposed(scope.previous) if scope.previous else None
    return rate_card(
        hourly("Demandes des partenaires", ("demande", "demandes")),
        indicators.rate_figure(exposed(scope.chosen), earlier, PER_HOURS),
        scope.chosen,
        timetable_notes(synthesis.totals(scope.chosen)),
        total((row for row in origins(scope.chosen) if row["origin"] in PARTNERS), "interventions"),
    )


def _joint(scope: Scope) -> Card:
    return per_patrol_hours(
        scope,
        hourly("Concertation et projets avec les partenaires", ("action", "actions")),
        indicators.JOINT,
    )


def _alerts(scope: Scope) -> Card:
    return per_patrol_hours(
        scope,
        hourly("Alertes techniques", ("alerte", "alertes")),
        indicators.ALERTS,
    )


def _landlord_delay(scope: Scope) -> Card:
    now = _to_landlords(_referrals(scope, scope.chosen))
    before = _to_landlords(_referrals(scope, scope.previous)) if scope.previous else None
    return delay_card(
        "Retour des bailleurs sur les alertes",
        (_curve(now), None if before is None else _curve(before)),
        RETURN_DAYS,
        ("alerte relayée", "alertes relayées"),
        scope.chosen,
        missing="Aucune alerte relayée à un bailleur avec ses dates : le délai n’est pas connu.",
    )


def _completeness(scope: Scope) -> Card:
    rows = ask("column_completeness", scope.chosen, computed=[name for name in COMPUTED if name != "hour"])
    kept = [row for row in rows if row["table_name"] == "interventions" and row["column_name"] in KEY_COLUMNS]
    filled, cells = total(kept, "filled"), total(kept, "total")
    worst = min(kept, key=lambda row: row["filled"] / row["total"], default=None)
    notes = []
    if worst:
        name, part = formats.label("colonne", worst["column_name"]).lower(), worst["filled"] / worst["total"]
        why = " Un appel n’a pas de lieu." if worst["column_name"] == "place_id" else ""
        notes.append(f"La moins remplie : {name}, {formats.percent(part)}.{why}")
    card = plain_card(
        "Complétude des fiches",
        formats.percent(share(filled, cells).value, 1),
        f"des {formats.number(cells)} cases clés remplies" if cells else "",
        scope.chosen,
        made_of="Heure, lieu, registre, motif, origine et issue, sur toutes les fiches gardées",
        comparison="Toutes dates confondues : pas de comparaison. Détail dans « Qualité des données ».",
        notes=notes,
        formula=f"{formats.number(filled)} cases remplies ÷ {formats.number(cells)}." if cells else "",
    )
    known = bounds()
    return replace(card, period=formats.day_range(known.first, known.last)) if known else card


def _by(rows: list[Row], column: str, kind: str) -> list[list[object]]:
    """Rows of REFERRALS, the most frequent first; under the threshold for technical facts, no share and no delay."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row[column] is not None:
            groups[row[column]].append(row)
    ordered = sorted(groups.items(), key=lambda pair: (-total(pair[1], "referrals"), pair[0]))
    return [
        [formats.label("partenaire", code) if kind == "partenaire" else code, *_returned(group)]
        for code, group in ordered
    ]


def _returned(group: list[Row]) -> Sequence[object]:
    referrals, (done, known) = total(group, "referrals"), _state(group)
    head = [(formats.number(referrals), referrals), (formats.number(done), done)]
    if known < territory().thresholds["technical"]:
        return [*head, (TOO_FEW, None), ("–", None), ("–", None), TOO_FEW]
    found = share(done, known)
    ends = [(formats.percent(end), round(end, 4)) for end in (found.value, found.low, found.high)]
    return [*head, *ends, median_text(_curve(group))]
