"""Beside the claims, the missions: mediation, help to isolated people, school and youth actions, by register."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from dashboard import formats
from dashboard.cards import Card
from dashboard.claim_cards import Claim, RateWords, Scope, Table, Words, hourly, plain_card, rate_card
from dashboard.claim_rows import Row, ask, total
from dashboard.claim_service import activity, per_patrol_hours
from dashboard.filters import Filters
from dashboard.indicators import claims as indicators
from dashboard.indicators.claims import Exposed
from dashboard.indicators.rates import share
from dashboard.indicators.zones import DAYS_A_YEAR
from dashboard.markup import Column
from dashboard.synthesis import totals

SCHOOLS = (
    Column("Établissement"),
    Column("Thème"),
    Column("Actions", is_number=True),
    Column("Séances", is_number=True),
    Column("Participants", is_number=True),
)
REGISTERS = (
    Column("Registre"),
    Column("Interventions", is_number=True),
    Column("Part", is_number=True),
    Column("Bas de l’intervalle", is_number=True),
    Column("Haut de l’intervalle", is_number=True),
)


def missions(scope: Scope, words: Words) -> Claim:
    """What the service does beside its claims."""
    schools = _schools(scope.chosen)
    cards = (
        per_patrol_hours(
            scope, hourly("Gestion des conflits", ("intervention", "interventions")), indicators.MEDIATION
        ),
        per_patrol_hours(
            scope,
            hourly("Aide aux personnes isolées ou en détresse", ("intervention", "interventions")),
            indicators.ISOLATED,
            _relayed(scope),
        ),
        per_patrol_hours(
            scope,
            hourly("Mineurs en danger, conduites à risque", ("intervention", "interventions")),
            indicators.MINORS,
        ),
        _actions(scope, schools),
        _participants(scope, schools),
    )
    return Claim(words, cards, tables=(_by_register(scope), _by_theme(scope, schools)), help="dispositif_missions")


def _schools(filters: Filters) -> list[Row]:
    return ask("claim_schools", filters)


def _relayed(scope: Scope) -> tuple[str, ...]:
    rows = activity(scope.chosen)
    count, n = (indicators.counted(rows, indicators.ISOLATED, column) for column in ("referred", "interventions"))
    return (f"{formats.number(count)} sur {formats.number(n)} relayées à un partenaire.",) if n else ()


def _has_schools(scope: Scope) -> bool:
    return total(ask("claim_school_days", scope.chosen), "actions") > 0


def _actions(scope: Scope, schools: list[Row]) -> Card:
    def exposed(filters: Filters, rows: list[Row]) -> Exposed:
        days = totals(filters).days if _has_schools(scope) else 0
        return Exposed(total(rows, "actions"), days / DAYS_A_YEAR * 12)

    earlier = exposed(scope.previous, _schools(scope.previous)) if scope.previous else None
    sessions, missing = total(schools, "sessions"), total(schools, "without_sessions")
    notes = [f"Soit {formats.plural(sessions, 'séance')}, pour tout le service."] if len(schools) else []
    if missing:
        notes.append(f"{formats.plural(missing, 'action')} sans nombre de séances.")
    card = rate_card(
        RateWords(
            "Actions auprès des scolaires et des jeunes",
            ("action", "actions"),
            "par mois",
            "mois",
            "Aucune action scolaire n’est dans les exports. Ce n’est pas zéro.",
            base_decimals=1,
        ),
        indicators.rate_figure(exposed(scope.chosen, schools), earlier, 1),
        scope.chosen,
        notes,
    )
    return card if _has_schools(scope) else replace(card, value=formats.NOT_GIVEN, made_of="")


def _participants(scope: Scope, schools: list[Row]) -> Card:
    count, missing = total(schools, "participants"), total(schools, "without_participants")
    actions = total(schools, "actions")
    known = actions - missing
    before = total(_schools(scope.previous), "participants") if scope.previous else None
    earlier = "Pas de comparaison." if before is None else f"Un an avant : {formats.plural(before, 'participant')}."
    compared = f"{earlier} Des groupes, pas des tirages : pas de test."
    return plain_card(
        "Participants aux actions",
        formats.number(count) if known else formats.NOT_GIVEN,
        "participants, un même jeune pouvant revenir" if known else "",
        scope.chosen,
        made_of=f"n\u00a0=\u00a0{formats.plural(known, 'action')} au nombre de participants connu" if known else "",
        comparison=compared if known else "Aucun nombre de participants.",
        uncertainty="Comptage : pas d’intervalle" if known else "",
        notes=(f"{formats.plural(missing, 'action')} sans nombre de participants.",) if missing else (),
        formula=f"{formats.plural(count, 'participant')} en {formats.plural(known, 'action')}." if known else "",
    )


def _by_register(scope: Scope) -> Table:
    counts: Counter[str] = Counter()
    for row in activity(scope.chosen):
        if row["register"] is not None:
            counts[row["register"]] += int(row["interventions"])
    shown: list[list[object]] = []
    for code, count in counts.most_common():
        found = share(count, counts.total())
        ends = ((formats.percent(end, 1), round(end, 4)) for end in (found.value, found.low, found.high))
        shown.append([formats.label("registre", code), (formats.number(count), count), *ends])
    caption = f"Interventions par registre, {formats.day_range(scope.chosen.start, scope.chosen.end)}"
    return Table(
        REGISTERS,
        shown,
        caption,
        "dispositif_registres_mediation",
        "Aucune intervention dont le registre soit renseigné.",
    )


def _by_theme(scope: Scope, schools: list[Row]) -> Table:
    shown: list[list[object]] = [
        [
            *(row[name] or formats.NOT_GIVEN for name in ("school_type", "theme")),
            *((formats.number(row[name]), int(row[name])) for name in ("actions", "sessions", "participants")),
        ]
        for row in schools
    ]
    caption = f"Actions scolaires et jeunesse, {formats.day_range(scope.chosen.start, scope.chosen.end)}"
    return Table(SCHOOLS, shown, caption, "dispositif_scolaires", "Aucune action scolaire ou jeunesse dans la période.")
