"""« Ce qui a changé » in French: a sentence for each comparison, with its interval, and their table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from dashboard import formats
from dashboard.filters import Filters
from dashboard.indicators.changes import Change
from dashboard.markup import Column, element, text
from dashboard.trends import Kind
from dashboard.trends_text import NOUNS, dates, number

GROUPS = {"ensemble": "En tout", "quartier": "Par quartier", "heure": "Par moment de la journée", "motif": "Par motif"}
BAND_NAMES = {
    "matin": "Matin (6 h à 12 h)",
    "apres_midi": "Après-midi (12 h à 18 h)",
    "soiree": "Soirée (18 h à 21 h)",
    "nuit": "Nuit (après 21 h)",
}
SIGNS = {"hausse": "▲", "baisse": "▼", "non concluant": "≈", "non observé": "–"}
CSS = {"hausse": "is-up", "baisse": "is-down"}
SENTENCES = 4
COLUMNS = (
    Column("Quoi"),
    Column("Cette période", is_number=True),
    Column("Un an avant", is_number=True),
    Column("Nombre", is_number=True),
    Column("Nombre un an avant", is_number=True),
    Column("Rapport", is_number=True),
    Column("Bas de l’intervalle", is_number=True),
    Column("Haut de l’intervalle", is_number=True),
    Column("p corrigé", is_number=True),
    Column("Constat"),
)


def change_name(change: Change) -> str:
    """What a comparison is about."""
    code = str(change.compared.code)
    if change.compared.group == "ensemble":
        return {"demandes": "Demandes", "initiatives": "Initiatives de l’équipe"}[code]
    return {"heure": BAND_NAMES.get(code, code), "motif": formats.label("motif", code)}.get(change.compared.group, code)


def _summary(found: Sequence[Change], chosen: Filters, *, per_hours: bool) -> str:
    tally = {finding: sum(change.finding == finding for change in found) for finding in SIGNS}
    before = formats.day_range(chosen.previous_start, chosen.previous_end)
    made = formats.plural(len(found), "comparaison")
    parts = [
        formats.plural(tally["hausse"], "hausse établie", "hausses établies"),
        formats.plural(tally["baisse"], "baisse établie", "baisses établies"),
        formats.plural(tally["non concluant"], "non concluante", "non concluantes"),
    ]
    if tally["non observé"]:
        parts.append(formats.plural(tally["non observé"], "non observée", "non observées"))
    base = "pour 100\u00a0h de patrouille" if per_hours else "par jour du calendrier, faute de présence connue"
    return (
        f"{dates(chosen)} contre {before}, {base}. "
        f"{made} : {', '.join(parts)} (taux de fausses découvertes tenu à 5\u202f% sur l’ensemble)."
    )


def html(found: Sequence[Change] | str, kind: Kind, chosen: Filters, *, per_hours: bool) -> str:
    """How many comparisons and what came of them, or why there is none; then sentences by group, with intervals.

    Of long groups, the first ones and all that is established; the table has them all.
    """
    if isinstance(found, str):
        return element("p", text(found), "opt-n")
    blocks = [element("p", text(_summary(found, chosen, per_hours=per_hours), 600), "opt-n")]
    for group, members in groupby(found, lambda change: change.compared.group):
        several = list(members)
        shown = [c for place, c in enumerate(several) if place < SENTENCES or c.finding in CSS]
        title = GROUPS[group] + ("" if group == "ensemble" else f" : {NOUNS[kind]}s")
        items = "".join(element("li", _change_sentence(change, per_hours)) for change in shown)
        hidden = len(several) - len(shown)
        rest = f"{formats.plural(hidden, 'autre, non concluant', 'autres, non concluants')} : voir les chiffres."
        more = element("p", rest, "opt-n") if hidden else ""
        blocks.append(element("section", element("h3", text(title)) + element("ul", items) + more))
    return blocks[0] + element("div", "".join(blocks[1:]), "opt-changes")


def _change_sentence(change: Change, per_hours: bool) -> str:
    badge = element(
        "span",
        f"{SIGNS[change.finding]} {change.finding[0].upper()}{change.finding[1:]}",
        f"opt-verdict {CSS.get(change.finding, 'is-flat')}",
    )
    now, before = (formats.number(one.value, 1) for one in (change.now, change.before))
    per = " pour 100\u00a0h" if per_hours else " par jour"
    n_now, n_before = (formats.number(side.count) for side in (change.compared.now, change.compared.before))
    counts = f"n\u00a0=\u00a0{n_now} contre {n_before}"
    words = f"{now}{per} contre {before}, {formats.ratio_change(change.ratio)} ; {counts}"
    return f"{element('strong', text(change_name(change)))} {badge}{element('span', text(words), 'opt-change-words')}"


def rows(found: Sequence[Change] | str) -> list[list[object]]:
    """Rows of COLUMNS, each cell as shown and as downloaded; none without a comparison."""
    if isinstance(found, str):
        return []
    return [
        [
            f"{GROUPS[change.compared.group]} : {change_name(change)}",
            number(change.now.value, 1),
            number(change.before.value, 1),
            number(change.compared.now.count, 0),
            number(change.compared.before.count, 0),
            number(change.ratio.ratio, 2),
            number(change.ratio.low, 2),
            number(change.ratio.high, 2),
            number(change.adjusted_p, 3),
            change.finding,
        ]
        for change in found
    ]
