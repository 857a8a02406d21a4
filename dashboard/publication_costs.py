"""Avoided costs: what is supposed, with its counts protected, and what landlords' ledgers measure. No Streamlit."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pandas as pd

from dashboard import cost_declared, cost_measured, cost_scenario, cost_settings, cost_words
from dashboard import publication_periods as periods
from dashboard.cost_measured import Choice, Measured
from dashboard.cost_settings import CITY, LANDLORD, Costs
from dashboard.filters import Filters
from dashboard.indicators.declared_costs import Spread
from dashboard.publication_periods import Span
from dashboard.publication_rules import OTHER, PROPERTY, RISK
from dashboard.publication_system import TERRITORY, TOTAL, Counts, Key, Row, Year
from dashboard.warehouse import query

PAYERS = (LANDLORD, CITY)
MEASURED = ("verdict", "sentence", "ratio", "low", "high", "landlords", "residences", "months")
MEASURED += ("starts_on", "ends_on", "detail")
COUNTED = ("landlords", "residences", "months")
DECLARED = ("period", "payer", "n", "p5", "p50", "p95", "is_masked")
SIGNIFICANT = 2
FEWEST_LANDLORDS = 3  # under this, what is pooled over ledgers would tell one landlord another's


def risk_cells(landlord: str | None = None) -> dict[str, Counts]:
    """Situations at risk by year and by who would pay: the landlord, the city, others or nobody known."""
    stated, found = _costs(), defaultdict(Counter)
    if stated is None:
        return {}
    rule = {"risk_motifs": list(stated.situations.motifs), "outcomes": list(stated.situations.outcomes)}
    for span in periods.spans():
        if not span.is_year:
            rows = query("cost_situations", **_dates(span).params(), **rule, landlord=landlord)
            for row in rows.to_dict("records"):
                payer = row["ground"] if row["ground"] in (LANDLORD, CITY) else OTHER
                found[span.year][TERRITORY, payer, span.code] += int(row["situations"])
    return dict(found)


def declared(years: Mapping[str, Year], landlord: str | None) -> pd.DataFrame:
    """`published_declared`: euros by payer where their number of situations is shown; a landlord's own, or all.

    The city and the committee read landlords, the city and the two together: what the fire service would pay rests on
    too few fires, and a total with it would tell them.
    """
    stated, rows = _costs(), []
    if stated is not None and years:
        for span in periods.spans():
            rows += _declared(span, years[span.year], landlord, stated)
    return pd.DataFrame(rows, columns=list(DECLARED))


def _declared(span: Span, year: Year, landlord: str | None, stated: Costs) -> list[Row]:
    stakes = cost_declared.stakes(_dates(span), landlord, stated)
    kept = tuple(stake for stake in stakes.stakes if stake.payer in (PAYERS if landlord is None else (LANDLORD,)))
    if not kept:
        return []
    simulation = cost_declared.declare(replace(stakes, stakes=kept), cost_scenario.defaults(stated)).simulation
    area = TERRITORY if landlord is None else PROPERTY
    shown = {
        payer: _situations(year, area, payer, span) for payer in PAYERS if any(stake.payer == payer for stake in kept)
    }
    rows = [_euros(span, payer, n, simulation.by_payer[payer]) for payer, n in shown.items()]
    if landlord is None:
        known = [n for n in shown.values() if n is not None]
        n = sum(known) if len(known) == len(shown) else None
        rows.append(_euros(span, TOTAL, n, simulation.total))
    return rows


def _situations(year: Year, area: str, payer: str, span: Span) -> float | None:
    """Published situations of a payer; None when hidden or none."""
    key = Key(RISK, area, payer, span.code)
    system = year.systems.get(RISK)
    if system is None or key not in system.figures or year.hidden[key]:
        return None
    return float(system.figures[key].value) or None


def _euros(span: Span, payer: str, n: float | None, spread: Spread) -> Row:
    amounts = {name: None if n is None else rounded(getattr(spread, name)) for name in ("p5", "p50", "p95")}
    return {"period": span.code, "payer": payer, "n": n, "is_masked": n is None} | amounts


def rounded(value: float) -> float:
    """An amount to two significant figures."""
    return float(f"{value:.{SIGNIFICANT}g}") if math.isfinite(value) else value


def _dates(span: Span) -> Filters:
    return Filters(span.code, span.start, span.end, None, None)


def _costs() -> Costs | None:
    return cost_settings.costs()


def measured(landlord: str | None) -> pd.DataFrame:
    """`published_measured`: one verdict over all the ledgers, or a landlord's own; no row without a ledger."""
    known = cost_measured.months(landlord)
    found = [_verdict(landlord, known)] if known else []
    return pd.DataFrame([row for row in found if row], columns=list(MEASURED)).astype(dict.fromkeys(COUNTED, "Int64"))


def _verdict(landlord: str | None, months: tuple[date, ...]) -> Row | None:
    """What the page says of the same ledgers without any choice made; without counts where they are too few."""
    stated, (first, last) = _costs(), (months[0], months[-1])
    found = cost_measured.agreement(cost_measured.events(first, last), stated.agreement if stated else (), months)
    start = found.start.replace(day=1) if found else None
    known = cost_measured.measure(Choice(landlord, start, first, last), stated)
    if known.facts is None:
        return {"verdict": "non observé", "sentence": known.problem, "starts_on": first, "ends_on": last, "detail": ""}
    landlords = len({cell.landlord for cell in cost_measured.cells(landlord)})
    has_counts = landlord is not None or landlords >= FEWEST_LANDLORDS
    facts = known.facts
    ends = {name: getattr(facts, name) for name in ("low", "high")}
    return {
        "verdict": facts.verdict,
        "sentence": cost_words.sentence(facts, has_counts=has_counts),
        "ratio": facts.rate_ratio if math.isfinite(facts.rate_ratio) else None,
        "landlords": landlords if has_counts else None,
        "residences": facts.n_residences if has_counts else None,
        "months": len(months),
        "starts_on": first,
        "ends_on": last,
        "detail": _detail(known, has_amounts=landlord is not None),
    } | {name: value if math.isfinite(value) else None for name, value in ends.items()}


def _detail(known: Measured, *, has_amounts: bool) -> str:
    """What these ledgers could have shown and, for their owner, repairs and euros."""
    if known.analysis is None or known.facts is None:
        return ""
    said = [cost_words.power(known.analysis.power)]
    if has_amounts and known.analysis.avoided is not None:
        said.append(cost_words.avoided(known.facts.verdict, known.analysis.avoided, known.currency))
    return " ".join(said)
