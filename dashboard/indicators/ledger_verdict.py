"""The one sentence that a ledger allows: rules from the interval and the checks to the verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from dashboard.indicators.did import Effect
from dashboard.indicators.interrupted import Interrupted
from dashboard.indicators.parallel_trends import LeaveOneOut, ParallelTrends, Placebo

Verdict = Literal["baisse établie", "baisse probable", "non concluant", "hausse", "non observé"]
Reason = Literal[
    "not_observed",
    "interval_below_one",
    "narrowly_below_one",
    "interval_90_below_one",
    "interval_holds_one",
    "interval_above_one",
    "no_comparison",
    "no_repair_on_one_side",
    "trends_parallel",
    "trends_differ",
    "trends_untested",
    "placebo_date_silent",
    "placebo_date_flagged",
    "placebo_date_untested",
    "placebo_group_silent",
    "placebo_group_flagged",
    "placebo_group_untested",
    "one_residence_carries",
    "no_residence_carries",
    "few_residences",
    "few_months",
    "confounding_events",
]

LEVEL = 0.95
ESTABLISHED_P = 0.025  # a fall is established below it: the 97.5 % interval is under 1 too
LEAST_RESIDENCES = 5  # in each group
LEAST_MONTHS = 12  # on each side of the start: every season
ALARMS: tuple[Reason, ...] = (
    "trends_differ",
    "placebo_date_flagged",
    "placebo_group_flagged",
    "one_residence_carries",
    "no_repair_on_one_side",
)
WEAK: tuple[Reason, ...] = (
    "narrowly_below_one",
    "trends_untested",
    "placebo_date_untested",
    "placebo_group_untested",
    "few_residences",
    "few_months",
    "no_comparison",
)


@dataclass(frozen=True)
class ConfoundingEvent:
    """A known event whose months meet those compared: how many of them before the start, and after; `cut` when the
    months of the event were all left out."""

    label: str
    first: date | None
    last: date | None
    before: int
    after: int
    cut: bool


@dataclass(frozen=True)
class Assessment:
    """The verdict and its reasons, in the order to be read; sentences are the page's."""

    verdict: Verdict
    reasons: tuple[Reason, ...]


def assess(
    effect: Effect | Interrupted,
    *,
    trends: ParallelTrends | None = None,
    placebo_date: Placebo | None = None,
    placebo_group: Placebo | None = None,
    leave_one_out: LeaveOneOut | None = None,
    events: Sequence[ConfoundingEvent] = (),
) -> Assessment:
    """The verdict that these results allow. A check that is None was not run: it counts as untested.

    - « non observé »: no ratio.
    - « hausse »: the 95 % interval is wholly above 1.
    - « baisse établie »: it is wholly under 1, the 97.5 % interval too, and nothing speaks against it: no alarm (trends
      that differ, a placebo that finds something, one residence that carries it all, one side without any repair) and
      nothing weak (a check that could not be run, less than 5 residences in a group or 12 months on a side).
    - « baisse probable »: the 95 % interval is wholly under 1 with one alarm at most, or the 90 % interval with no
      alarm and nothing weak.
    - « non concluant »: all else.

    Raises ValueError when the interval of `effect` isn't at 95 %.
    """
    if effect.level != LEVEL:
        raise ValueError(f"level = {effect.level!r}; the verdict reads intervals at {LEVEL}")
    if math.isnan(effect.rate_ratio):
        return Assessment("non observé", ("not_observed",))
    seen, checks = _interval(effect), _design(effect)
    if seen == "interval_below_one" and effect.p_value >= ESTABLISHED_P:
        checks = ("narrowly_below_one", *checks)
    if isinstance(effect, Effect):
        checks += _checks(trends, placebo_date, placebo_group) + _carried(seen, leave_one_out)
    named: tuple[Reason, ...] = ("confounding_events",) if any(not event.cut for event in events) else ()
    return Assessment(_verdict(seen, checks), (seen, *checks, *named))


def verdict(
    effect: Effect | Interrupted,
    *,
    trends: ParallelTrends | None = None,
    placebo_date: Placebo | None = None,
    placebo_group: Placebo | None = None,
    leave_one_out: LeaveOneOut | None = None,
) -> Verdict:
    """`assess(...)` without its reasons."""
    return assess(
        effect, trends=trends, placebo_date=placebo_date, placebo_group=placebo_group, leave_one_out=leave_one_out
    ).verdict


def _verdict(interval: Reason, checks: Sequence[Reason]) -> Verdict:
    alarms, weak = sum(check in ALARMS for check in checks), sum(check in WEAK for check in checks)
    if interval == "interval_above_one":
        return "hausse"
    if interval == "interval_below_one" and alarms <= 1:
        return "baisse établie" if alarms + weak == 0 else "baisse probable"
    if interval == "interval_90_below_one" and alarms + weak == 0:
        return "baisse probable"
    return "non concluant"


def _interval(effect: Effect | Interrupted) -> Reason:
    if effect.low > 1:
        return "interval_above_one"
    if effect.high < 1:
        return "interval_below_one"
    # A single group has no comparison to make up for a wider risk of error.
    return "interval_90_below_one" if effect.high_90 < 1 and isinstance(effect, Effect) else "interval_holds_one"


def _design(effect: Effect | Interrupted) -> tuple[Reason, ...]:
    short: tuple[Reason, ...] = ("few_months",) if min(effect.n_before, effect.n_after) < LEAST_MONTHS else ()
    if isinstance(effect, Interrupted):
        return ("no_comparison", *short)
    empty: tuple[Reason, ...] = ("no_repair_on_one_side",) if effect.inference == "profile likelihood" else ()
    smaller = min(effect.n_treated, effect.n_residences - effect.n_treated)
    few: tuple[Reason, ...] = ("few_residences",) if smaller < LEAST_RESIDENCES else ()
    return (*empty, *few, *short)


def _checks(trends: ParallelTrends | None, on_date: Placebo | None, on_group: Placebo | None) -> tuple[Reason, ...]:
    outcomes: tuple[tuple[bool | None, tuple[Reason, Reason, Reason]], ...] = (
        (trends and trends.differ, ("trends_untested", "trends_differ", "trends_parallel")),
        (on_date and on_date.flagged, ("placebo_date_untested", "placebo_date_flagged", "placebo_date_silent")),
        (on_group and on_group.flagged, ("placebo_group_untested", "placebo_group_flagged", "placebo_group_silent")),
    )
    return tuple(names[0] if failed is None else names[1] if failed else names[2] for failed, names in outcomes)


def _carried(seen: Reason, left: LeaveOneOut | None) -> tuple[Reason, ...]:
    """Whether a fall stands without each residence in turn; nothing to say of it where no fall is seen."""
    if seen != "interval_below_one":
        return ()
    return ("no_residence_carries",) if left is not None and left.is_fall else ("one_residence_carries",)
