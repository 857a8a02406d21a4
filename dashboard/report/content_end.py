"""Slides of avoided costs, quality, method and proposals. Published figures in, slides out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard import cost_words, costs, formats
from dashboard.markup import Column, plain
from dashboard.report import content_words as words
from dashboard.report.content_figures import TOTAL, Published
from dashboard.report.slides import MASKED, Cell, Slide, Table
from dashboard.warehouse import query

NEVER_ADDED = "Mesuré et supposé ne s’additionnent jamais, et rien ici ne dit ce que le service coûte ou rapporte."
EVERYONE = "Tous payeurs"
PAYER_COLUMNS = (
    Column("Payeur"),
    Column("Situations", is_number=True),
    Column("Bas (P5)", is_number=True),
    Column("Milieu (P50)", is_number=True),
    Column("Haut (P95)", is_number=True),
)
QUALITY_COLUMNS = (
    Column("Ce qui est renseigné"),
    Column("Part", is_number=True),
    Column("Un an avant", is_number=True),
)
MEASURES = {
    "jours_documentes": "Jours de service dont la présence est enregistrée",
    "lieu": "Interventions situées sur la carte",
    "heure": "Interventions dont l’heure est connue",
    "origine": "Interventions dont l’origine est connue",
    "issue": "Interventions dont l’issue est connue",
    "motif": "Interventions dont le motif est connu",
}
LONGEST = 420
METHOD_MESSAGE = (
    "Un écart n’est dit «\u00a0hausse\u00a0» ou «\u00a0baisse\u00a0» que si le hasard seul l’explique mal\u00a0; "
    "sinon rien n’est établi."
)
WITH_PRESENCE = (
    "Rien ne peut être enregistré hors de la présence de l’équipe\u00a0: «\u00a0non observé\u00a0» n’est pas zéro."
)
WITHOUT_PRESENCE = (
    "Aucune heure de patrouille n’est connue ici\u00a0: pas de taux, et un zéro peut vouloir dire que personne "
    "n’était là."
)


def costs_slide(of: Published) -> Slide:
    """What ledgers measure in the words of their verdict, and beside it, never added, what is only supposed."""
    measured = [
        {str(name): value for name, value in row.items()} for row in query("published_measured").to_dict("records")
    ]
    declared = of.rows("published_declared")
    rows = tuple(_payer_row(row) for row in sorted(declared, key=_payer_place))
    n = next((row["n"] for row in declared if row["payer"] == TOTAL), None)
    return words.slide(
        of,
        "couts",
        "Coûts évités",
        _costs_message(measured, bool(rows)),
        n="" if n is None else formats.plural(n, "situation à risque", "situations à risque"),
        said=["Supposé\u00a0: euros à deux chiffres significatifs, P5 à P95"] if rows else [],
        points=[*_measured_points(measured), NEVER_ADDED],
        tables=[Table(PAYER_COLUMNS, rows, "Supposé, par payeur", "publie_couts")] if rows else [],
    )


def _costs_message(measured: list[dict[str, Any]], has_declared: bool) -> str:
    if measured:
        verdict = measured[0]["verdict"]
        shown = cost_words.TITLES[verdict] if verdict in cost_words.TITLES else plain(verdict, 60)
        told = f"Ce que mesurent les relevés des bailleurs\u00a0: {shown.lower()}."
    else:
        told = "Aucun relevé de bailleur n’est publié\u00a0: rien n’est mesuré."
    return f"{told} {'Le reste est supposé, en intervalle.' if has_declared else 'Rien n’est supposé non plus.'}"


def _measured_points(measured: list[dict[str, Any]]) -> list[str]:
    said = []
    for row in measured:
        said += [
            plain(row[name], LONGEST) for name in ("sentence", "detail") if isinstance(row[name], str) and row[name]
        ]
    return said


def _payer_place(row: Mapping[str, Any]) -> tuple[bool, bool, float, str]:
    return row["payer"] == TOTAL, row["p50"] is None, -(row["p50"] or 0), str(row["payer"])


def _payer_row(row: Mapping[str, Any]) -> tuple[Cell, ...]:
    code = str(row["payer"])
    name = EVERYONE if code == TOTAL else costs.PAYERS.get(code, plain(code, 60))
    return words.text_cell(name), _cell(row, "n"), *(_euros(row, field) for field in ("p5", "p50", "p95"))


def _cell(row: Mapping[str, Any], field: str) -> Cell:
    if row[field] is None:
        return (MASKED, None) if row["is_masked"] else (words.NOT_KNOWN, None)
    return formats.number(row[field]), row[field]


def _euros(row: Mapping[str, Any], field: str) -> Cell:
    if row[field] is None:
        return (MASKED, None) if row["is_masked"] else (words.NOT_KNOWN, None)
    return formats.euros(row[field]), row[field]


def quality(of: Published) -> Slide:
    """How complete the records are: what every other slide rests on."""
    known = {row["measure"]: row["share"] for row in of.rows("published_quality")}
    before = {row["measure"]: row["share"] for row in of.rows("published_quality", of.before)} if of.before else {}
    rows = tuple(
        (
            words.text_cell(_measure(code)),
            _percent(share),
            _percent(before[code]) if code in before else (words.NOT_KNOWN, None),
        )
        for code, share in known.items()
    )
    return words.slide(
        of,
        "qualite",
        "Qualité des données",
        _quality_message(known),
        said=["Parts arrondies au pour cent"] if rows else [],
        tables=[Table(QUALITY_COLUMNS, rows, "Part de ce qui est renseigné", "publie_qualite")] if rows else [],
    )


def _measure(code: str) -> str:
    return MEASURES.get(code) or formats.label("colonne", code)


def _percent(share: float | None) -> Cell:
    return (MASKED, None) if share is None else (formats.percent(share), share)


def _quality_message(known: Mapping[str, float | None]) -> str:
    shares = {code: share for code, share in known.items() if share is not None}
    if not shares:
        return "La qualité des relevés n’est pas publiée pour cette période."
    low = min(shares, key=lambda code: (shares[code], code))
    name = _measure(low)
    return f"Le moins renseigné\u00a0: {name[:1].lower()}{name[1:]}, {formats.percent(shares[low])}."


def method(of: Published) -> Slide:
    """How to read the deck, in a few lines."""
    return words.slide(
        of,
        "methode",
        "Comment lire ces chiffres",
        METHOD_MESSAGE,
        points=[
            WITH_PRESENCE if of.patrol_hours() > 0 else WITHOUT_PRESENCE,
            "Chaque chiffre a son nombre (n), son unité et son intervalle à 95\u202f%.",
            "Un nombre suit les heures de patrouille\u00a0: les taux sont pour 100\u00a0h, ou pour 1\u202f000 hab.",
            f"«\u00a0{MASKED.capitalize()}\u00a0» ({words.why_hidden()}) ne veut pas dire nul.",
            "Trimestres et années entiers, quartiers entiers\u00a0: deux publications ne se soustraient pas.",
        ],
    )


def proposals(of: Published) -> Slide:
    """Room for what the committee decides."""
    return words.slide(
        of,
        "propositions",
        "Propositions",
        "À écrire par le comité\u00a0: ces chiffres décrivent, ils ne décident pas.",
        to_write=True,
    )
