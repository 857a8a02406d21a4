"""The true counts of a warehouse at their finest, read by SQL that owes nothing to the publication."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import duckdb

TERRITORY, OWN, REST, OUTSIDE, ELSEWHERE = "territoire", "patrimoine", "reste", "hors_perimetre", "ailleurs"
TOTAL, UNKNOWN, TEAM = "total", "inconnue", "initiative_equipe"
SIDES = (OWN, REST)
TECHNICAL = {"panne_equipement", "degradation"}
# What landlords are not told apart, together under this code.
TOGETHER = "autre*"
APART = {
    "motif": ("mineur_danger_conduite_risque", "personne_isolee_detresse", "action_collective_scolaire", "autre"),
    "origine": ("police_municipale", "police_nationale", "etablissement_scolaire", "autre"),
}
OF_ZONES = ("motif", "origine", "issue", "mois", "tranche", "lieux")
RISKY = {"attroupement_nuisant", "occupation_hall", "rodeo_deux_roues", "alcool_voie_publique", "usage_produits"}
RISKY |= {"rixe_tension", "mineur_danger_conduite_risque", "degradation", "tag", "depot_encombrants", "feu"}

EVENTS = """
select
    year(interventions.service_date) || '-T' || quarter(interventions.service_date),
    coalesce(interventions.neighbourhood_id, 'hors_perimetre'),
    interventions.landlord_code,
    coalesce(motif, 'inconnu'),
    coalesce(origin, case is_request when true then 'autre' when false then 'initiative_equipe' end, 'inconnue'),
    case
        when outcome in ('apaise', 'accord', 'evite') then 'apaise'
        when outcome <> 'non_observe' then 'autre'
        else 'inconnue'
    end,
    strftime(interventions.service_date, '%Y-%m'),
    isodow(interventions.service_date)::varchar,
    hour,
    coalesce(public_type, 'inconnu'),
    presence_source is not null,
    floor(coalesce(places.x_m, interventions.x_m) / 100)::bigint || '_'
        || floor(coalesce(places.y_m, interventions.y_m) / 100)::bigint
from interventions
left join places using (place_id)
left join service_days using (service_date)
"""
REFERRALS = """
with each as (
    select *, unnest(list_distinct(partners)) as partner from interventions where len(partners) > 0
)

select
    year(service_date) || '-T' || quarter(service_date),
    partner,
    landlord_code,
    referral_outcome is not distinct from 'fait',
    coalesce(returned_on - referred_on between 0 and 30, false),
    coalesce(register = 'veille_technique', false) or coalesce(motif in ('panne_equipement', 'degradation'), false)
from each
"""
AT_RISK = """
select
    year(service_date) || '-T' || quarter(service_date),
    case
        when ownership = 'bailleur' or (ownership is null and landlord_code is not null) then 'bailleur'
        when ownership in ('ville', 'metropole') then 'ville'
        else 'autre'
    end,
    landlord_code,
    motif
from interventions
where damage = 'aucun' and outcome in ('apaise', 'accord', 'evite')
"""
SCHOOLS = """
select year(held_on) || '-T' || quarter(held_on), coalesce(theme, 'inconnu'), sum(participants)::bigint
from school_actions
group by all
"""


class Cell(NamedTuple):
    """A labelled figure; area: a zone, the territory, a landlord's own property, or the rest."""

    family: str
    area: str
    category: str
    period: str


class Atom(NamedTuple):
    """The finest counts, which every figure is a sum of; `zone` empty where a family has none."""

    family: str
    quarter: str
    zone: str
    category: str
    side: str


def threshold(cell: Cell) -> int:
    """Under which a count is nobody's business."""
    is_technical = cell.family == "alerte" or (cell.family == "motif" and cell.category in TECHNICAL)
    return 5 if is_technical else 11


def read(warehouse: Path, landlord: str | None, bands: Collection[str], merged: Collection[tuple[str, str]] = ()):
    """True atoms of a warehouse by SQL. `merged`: (family, quarter) whose unknown ones are told with others."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        events, referrals, risks, schools = (
            connection.execute(sql).fetchall() for sql in (EVENTS, REFERRALS, AT_RISK, SCHOOLS)
        )
    found: Counter[Atom] = Counter()
    outside = Counter(row[0] for row in events if row[1] == OUTSIDE)
    for row in events:
        if row[1] != OUTSIDE or outside[row[0]] >= threshold(Cell("motif", OUTSIDE, TOTAL, row[0])):
            found.update(_atoms(row, landlord, bands, merged))
    for quarter, partner, owner, is_done, is_soon, is_alert in referrals:
        side = OWN if landlord and owner == landlord else REST
        state = "rendu30" if is_done and is_soon else "tard" if is_done else "attente"
        found[Atom("relais", quarter, "", f"{partner}|{state}", REST)] += 1
        if is_alert and partner == "bailleur":
            found[Atom("alerte", quarter, "", "fait" if is_done else "autre", side)] += 1
    for quarter, payer, owner, motif in risks:
        side = OWN if landlord and owner == landlord else REST
        found[Atom("risque", quarter, "", payer, side)] += motif in RISKY
    found.update({Atom("ecoles", quarter, "", theme, REST): n or 0 for quarter, theme, n in schools})
    return found


def _atoms(row: tuple, landlord: str | None, bands: Collection[str], merged: Collection[tuple[str, str]]):
    quarter, zone, owner, motif, origin, outcome, month, weekday, hour, public, is_observed, square = row
    side = OWN if landlord and owner == landlord else REST
    band = next((code for code in bands if hour is not None and hour in hours_of(code)), UNKNOWN)
    asked = origin not in (TEAM, UNKNOWN)
    origin = TEAM if origin == UNKNOWN and ("origine", quarter) in merged else origin
    outcome = "autre" if outcome == UNKNOWN and ("issue", quarter) in merged else outcome
    for family, category in (
        ("motif", motif),
        ("origine", origin),
        ("issue", outcome),
        ("mois", month),
        ("tranche", band),
        ("lieux", square or ELSEWHERE),
    ):
        yield Atom(family, quarter, zone, category, side)
    yield Atom("public", quarter, "", public, REST)
    if band != UNKNOWN:
        yield Atom("jour_tranche", quarter, "", f"{weekday}|{band}", REST)
    if asked:
        yield Atom("demande_observee", quarter, zone, "observee" if is_observed else "autre_jour", REST)


def hours_of(band: str) -> tuple[int, ...]:
    """« 23-2 » is 23, 0 and 1."""
    first, _, last = band.partition("-")
    return tuple((int(first) + step) % 24 for step in range((int(last) - int(first)) % 24 or 24))
