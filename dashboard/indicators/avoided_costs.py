"""Avoided repair costs. Layer A, what landlords' own ledgers measure: one call for a page, `analyse`. Layer B, what
hypotheses say: `simulate`. The two are never added.

Everything public of avoided costs is imported from here. `docs/methods.md` gives formulas, sources, assumptions,
limits and what was measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypedDict

import numpy as np
import pandas as pd

from dashboard.indicators.avoided import Avoided, Power, avoided, power
from dashboard.indicators.declared_costs import Category, Pert, Simulation, simulate
from dashboard.indicators.did import Effect, difference_in_differences, estimate
from dashboard.indicators.interrupted import Change, Interrupted, InterruptedMonth, interrupted_series
from dashboard.indicators.ledger_table import Columns, Start
from dashboard.indicators.ledger_verdict import Assessment, ConfoundingEvent, Reason, Verdict, assess, verdict
from dashboard.indicators.panel import Panel, Periods, repairs_panel, within
from dashboard.indicators.parallel_trends import (
    LeaveOneOut,
    ParallelTrends,
    Placebo,
    Quarter,
    leave_one_out,
    parallel_trends,
    placebo_date,
    placebo_group,
)
from dashboard.indicators.wdd import Wdd, wdd

__all__ = [
    "Analysis",
    "Assessment",
    "Avoided",
    "Category",
    "Change",
    "ConfoundingEvent",
    "Effect",
    "Interrupted",
    "InterruptedMonth",
    "LeaveOneOut",
    "ParallelTrends",
    "Pert",
    "Placebo",
    "Power",
    "Quarter",
    "Reason",
    "Simulation",
    "Verdict",
    "Wdd",
    "analyse",
    "assess",
    "avoided",
    "difference_in_differences",
    "interrupted_series",
    "power",
    "simulate",
    "verdict",
    "wdd",
]


@dataclass(frozen=True)
class Analysis:
    """All that layer A says of one landlord, or of several together.

    `other_family`: the same ratio with a negative binomial likelihood, a look at how much the model matters.
    """

    effect: Effect
    other_family: Effect
    trends: ParallelTrends | None
    placebo_date: Placebo | None
    placebo_group: Placebo | None
    leave_one_out: LeaveOneOut | None
    power: Power
    avoided: Avoided | None
    events: tuple[ConfoundingEvent, ...]
    assessment: Assessment


def analyse(
    frame: pd.DataFrame,
    *,
    residence: str = "residence",
    month: str = "month",
    count: str | None = None,
    dwellings: str | None = "dwellings",
    treated: str | None = None,
    cost: str | None = None,
    after: str = "after",
    start: Start = None,
    landlord: str | None = None,
    cut: Periods = (),
    events: Sequence[tuple[Any, Any, str]] = (),
    draws: int = 1999,
    seed: int = 0,
) -> Analysis:
    """The whole of layer A on a ledger: ratio, checks, power, avoided repairs and euros, verdict with its reasons.

    Columns and parameters as in `difference_in_differences`, the warehouse's `landlord_repairs` being the default.
    `cost` (None: `cost`, else `cost_excl_tax`, else none): euros of each row, constant ones, which is the caller's
    business. `landlord`: several landlords together, each compared with its own residences; `start` may then be a
    mapping from landlord to first month after. `events`: known events that may confuse (first, last or None, label).

    Raises ValueError as `difference_in_differences` does.
    """
    columns = Columns(residence, month, count, dwellings, treated, cost, after, landlord)
    panel = repairs_panel(frame, columns, start=start, cut=cut)
    return _analysis(panel, confounding_events(panel, events, cut), draws, seed)


def _analysis(panel: Panel, events: tuple[ConfoundingEvent, ...], draws: int, seed: int) -> Analysis:
    effect = estimate(panel, draws=draws, seed=seed)
    checks = _Checks(
        trends=parallel_trends(panel, draws=draws, seed=seed),
        placebo_date=placebo_date(panel, draws=draws, seed=seed),
        placebo_group=placebo_group(panel, draws=draws, seed=seed),
        leave_one_out=leave_one_out(panel),
    )
    return Analysis(
        **checks,
        effect=effect,
        other_family=estimate(panel, family="negative binomial", draws=draws, seed=seed),
        power=power(effect),
        avoided=avoided(panel, effect, seed=seed),
        events=events,
        assessment=assess(effect, events=events, **checks),
    )


class _Checks(TypedDict):
    trends: ParallelTrends | None
    placebo_date: Placebo | None
    placebo_group: Placebo | None
    leave_one_out: LeaveOneOut | None


def confounding_events(
    panel: Panel, events: Sequence[tuple[Any, Any, str]], cut: Periods = ()
) -> tuple[ConfoundingEvent, ...]:
    """Events (first, last or None, label) whose months meet those of the ledger, cut months included."""
    taken = within(panel.month, cut)
    ledger = panel.seen.any(axis=0) | taken
    found = []
    for first, last, label in events:
        during = within(panel.month, [(first, last)]) & ledger
        if during.any():
            before, after = (len(np.unique(panel.month[during & side])) for side in (~panel.after, panel.after))
            found.append(ConfoundingEvent(label, _day(first), _day(last), before, after, bool((taken | ~during).all())))
    return tuple(found)


def _day(value: object) -> date | None:
    """The date itself, or the first day of the month it names; None for a plain number or nothing."""
    if isinstance(value, datetime):
        return value.date() if not pd.isna(value) else None
    if isinstance(value, date) or value is None:
        return value
    return date.fromisoformat(f"{pd.Period(value, freq='M')}-01") if isinstance(value, (str, pd.Period)) else None
