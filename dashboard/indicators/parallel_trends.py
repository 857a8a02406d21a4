"""Whether a difference-in-differences can be believed: trends before the start, and placebos where nothing happened."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from scipy import stats

from dashboard.indicators.cluster import Clustered, residence_scores, sandwich, signs
from dashboard.indicators.did import Effect, cluster_fit, estimate, inferred
from dashboard.indicators.ledger_table import MONTHS_A_YEAR, Flags, Floats, Integers
from dashboard.indicators.panel import Panel
from dashboard.indicators.ppml import FARTHEST, Projection, fit

LEVEL = 0.95
LEAST_MONTHS = 8  # before the start, to test anything there
LEAST_RESIDENCES = 6  # of comparison, to split them in two
_QUARTER, _LEVEL_90, _LARGEST_LOG = 3, 0.90, 700.0


@dataclass(frozen=True)
class Quarter:
    """Followed over comparison residences in three months, relative to the reference: the last quarter before the
    start (ratio 1, interval 1 to 1, by definition). `index` -1 is the last before, 0 the first after. NaN between 0
    and infinity: one of the groups has no repair then. Dates are None when landlords start at different months or
    months are plain numbers.
    """

    index: int
    first_month: date | None
    last_month: date | None
    rate_ratio: float
    low: float
    high: float


@dataclass(frozen=True)
class ParallelTrends:
    """Whether both groups moved alike before the start.

    `drift`: ratio that the followed group gains each year before the start (1: none), with its 95 % interval and
    p-value. `leads_p`: p-value of « no quarter before differs from the others ». `differ`: either is below 2.5 %, so
    that parallel groups are said to differ 5 times in 100 at most. `quarters` are for drawing, each with its own 95 %
    interval.
    """

    drift: float
    drift_low: float
    drift_high: float
    drift_p: float
    leads_p: float
    differ: bool
    n_before: int
    quarters: tuple[Quarter, ...]


@dataclass(frozen=True)
class Placebo:
    """The same method where nothing happened; `flagged` when it finds something all the same (p below 5 %).

    `start`: first month of the false « after ». `residences`: the comparison residences taken as followed.
    """

    rate_ratio: float
    low: float
    high: float
    p_value: float
    flagged: bool
    n_residences: int
    n_months: int
    start: date | None = None
    residences: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeaveOneOut:
    """The ratio without each residence in turn: the extremes, and who makes them.

    `low`, `high`: the jackknife's 95 % interval (CR3 errors, t on G - 1 degrees of freedom; MacKinnon, Nielsen and
    Webb, 2023), NaN when the ratio can't be had without one of the residences. `worst_high`: the highest upper limit of
    the 90 % intervals found without each residence.
    """

    lowest: float
    lowest_without: str
    highest: float
    highest_without: str
    low: float
    high: float
    worst_high: float

    @property
    def is_fall(self) -> bool:
        """Whether a fall stands whichever residence is left out."""
        return self.high < 1 and self.worst_high < 1


def parallel_trends(panel: Panel, *, draws: int = 1999, seed: int = 0) -> ParallelTrends | None:
    """Test of equal trends before the start, and quarters to draw; None with less than 8 months before it."""
    before = _before(panel)
    if before is None:
        return None
    years = (before.month - _starts(panel, before)) / MONTHS_A_YEAR
    drift = cluster_fit(before, regressor=before.treated[:, None] * years)
    if drift is None or not drift.is_regular:
        return None
    found = inferred(drift, None, level=LEVEL, draws=draws, seed=seed)
    leads_p = _leads_p(before, _quarter_of(panel, before), draws, seed)
    return ParallelTrends(
        drift=drift.ratio,
        drift_low=math.exp(found.limits[0]),
        drift_high=_exp(found.limits[1]),
        drift_p=found.p_value,
        leads_p=leads_p,
        differ=min(found.p_value, leads_p) < (1 - LEVEL) / 2,
        n_before=len(np.unique(before.month)),
        quarters=event_study(panel),
    )


def placebo_date(panel: Panel, *, draws: int = 1999, seed: int = 0) -> Placebo | None:
    """The method before the start, with a false start in the middle of it; None with less than 8 months there."""
    before = _before(panel)
    if before is None:
        return None
    starts = {int(month) for month in before.month[before.after]}
    return _placebo(estimate(before, draws=draws, seed=seed), start=before.date_of(min(starts)))


def placebo_group(panel: Panel, *, draws: int = 1999, seed: int = 0) -> Placebo | None:
    """The method between comparison residences, half of them taken as followed; None with less than 6 of them.

    Residences of a landlord are paired by number of repairs and one of each pair drawn (`seed`): halves of like size.
    """
    comparison = panel.only(~panel.treated[:, None])
    counted = np.where(comparison.seen, comparison.count, 0.0).sum(axis=1)
    able = np.flatnonzero(~panel.treated & (counted > 0))
    if len(able) < LEAST_RESIDENCES:
        return None
    chosen = _half(panel, able, counted, seed)
    effect = estimate(replace(comparison, treated=chosen), draws=draws, seed=seed)
    names = tuple(panel.residences[row] for row in np.flatnonzero(chosen))
    return _placebo(effect, residences=names)


def leave_one_out(panel: Panel) -> LeaveOneOut | None:
    """The ratio without each residence in turn; None when it is not known with all of them."""
    kept = panel.informative()
    whole = cluster_fit(kept)
    if whole is None:
        return None
    found = [_without(kept, row) for row in range(len(kept.residences))]
    ratios = [ratio for ratio, _ in found]
    known = [row for row, ratio in enumerate(ratios) if not math.isnan(ratio)]
    if not known:
        return None
    least, most = min(known, key=lambda row: ratios[row]), max(known, key=lambda row: ratios[row])
    low, high = _jackknife(whole, np.array(ratios)) if len(known) == len(ratios) else (math.nan, math.nan)
    names = kept.residences[least], kept.residences[most]
    return LeaveOneOut(ratios[least], names[0], ratios[most], names[1], low, high, max(limit for _, limit in found))


def event_study(panel: Panel) -> tuple[Quarter, ...]:
    """Followed over comparison residences by quarter from the start, relative to the last quarter before it."""
    kept = panel.informative()
    left, able = _comparable(panel, kept)
    reference = max((index for index in able if index < 0), default=None)
    if reference is None:
        return ()
    shown = [index for index in able if index != reference]
    columns = _quarter_of(panel, left)
    regressors = np.array([left.treated[:, None] * (columns == index) for index in shown], dtype=float)
    found = dict(zip(shown, _event_study_fit(left, regressors), strict=True)) | {reference: (0.0, 0.0)}
    quarter, same = _quarter_of(panel, kept), len(set(_starts(panel, panel).tolist())) == 1
    return tuple(
        _quarter(index, found.get(index), kept, kept.month[quarter == index] if same else np.array([], np.int64))
        for index in np.unique(quarter).tolist()
    )


def _comparable(panel: Panel, kept: Panel) -> tuple[Panel, list[int]]:
    """What is left of `kept` in quarters where both groups have repairs, and these quarters."""
    while True:
        quarter = _quarter_of(panel, kept)
        able = [index for index in np.unique(quarter).tolist() if _both_counted(kept, quarter == index)]
        if set(able) == set(quarter.tolist()):
            return kept, able
        kept = kept.only(np.isin(quarter, able)[None, :]).informative()


def _starts(panel: Panel, columns: Panel) -> Integers:
    """First month after, in `panel`, of the landlord of each column of `columns`."""
    first: dict[str, int] = {}
    for name, month, after in zip(panel.landlord, panel.month.tolist(), panel.after.tolist(), strict=True):
        if after:
            first[name] = min(first.get(name, month), month)
    never = int(panel.month.max(initial=0)) + 1
    return np.array([first.get(name, never) for name in columns.landlord], dtype=np.int64)


def _quarter_of(panel: Panel, columns: Panel) -> Integers:
    return (columns.month - _starts(panel, columns)) // _QUARTER


def _before(panel: Panel) -> Panel | None:
    """What is before the start, its second half called « after »; None when that is too little to test anything."""
    past = panel.month < _starts(panel, panel)
    second = np.zeros(len(past), dtype=bool)
    owners = np.array(panel.landlord, dtype=object)
    for owner in set(panel.landlord):
        mine = past & (owners == owner) & panel.seen.any(axis=0)
        months = np.unique(panel.month[mine])
        if len(months):
            second |= (owners == owner) & (panel.month >= months[len(months) // 2])
    before = replace(panel.only(past[None, :]), after=second, dropped=()).informative()
    enough = before.residences and len(np.unique(before.month)) >= LEAST_MONTHS
    return before if enough else None


def _leads_p(before: Panel, quarter: Integers, draws: int, seed: int) -> float:
    """Joint score test of every quarter but the last, by sign flips (Kline and Santos, 2012); NaN with one quarter."""
    able = [index for index in np.unique(quarter).tolist() if _both_counted(before, quarter == index)][:-1]
    if not able:
        return math.nan
    leads = np.array([before.treated[:, None] * (quarter == index) for index in able], dtype=float)
    projection = Projection(before.seen)
    null = fit(before.count, before.exposure, before.seen, leads[:0], projection=projection)
    scores = residence_scores(before, replace(null, residual=projection.residual(null.weights, leads)))
    spread = np.linalg.pinv(scores.T @ scores, rcond=1e-10)
    flips, extra = signs(len(scores), draws, seed)
    drawn = flips @ scores
    statistics = np.einsum("dp,pq,dq->d", drawn, spread, drawn)
    seen = float(scores.sum(axis=0) @ spread @ scores.sum(axis=0))
    return (int((statistics >= seen * (1 - 1e-9)).sum()) + extra) / (len(drawn) + extra)


def _both_counted(panel: Panel, columns: Flags) -> bool:
    counted = np.where(panel.seen, panel.count, 0.0)[:, columns].sum(axis=1)
    return bool(counted[panel.treated].sum() > 0 and counted[~panel.treated].sum() > 0)


def _event_study_fit(panel: Panel, regressors: Floats) -> list[tuple[float, float] | None]:
    """Log ratio and reach of its interval for each regressor, None when the data set neither.

    t on the effective number of residences less one, at most G - 1.
    """
    projection = Projection(panel.seen)
    fitted = fit(panel.count, panel.exposure, panel.seen, regressors, projection=projection)
    scores = residence_scores(panel, fitted)
    errors = np.sqrt(np.maximum(np.diag(sandwich(panel, fitted, projection, scores)), 0.0))  # rounding goes below 0
    main = cluster_fit(panel)
    effective = len(scores) if main is None else main.effective
    reach = float(stats.t.ppf((1 + LEVEL) / 2, max(effective - 1, 1.0)))
    return [
        (float(log), reach * float(error)) if abs(log) < FARTHEST and math.isfinite(error) else None
        for log, error in zip(fitted.coefficients, errors, strict=True)
    ]


def _quarter(index: int, found: tuple[float, float] | None, panel: Panel, months: Integers) -> Quarter:
    first, last = (panel.date_of(int(months.min())), panel.date_of(int(months.max()))) if len(months) else (None, None)
    if found is None:
        return Quarter(index, first, last, math.nan, 0.0, math.inf)
    log, reach = found
    return Quarter(index, first, last, math.exp(log), math.exp(log - reach), _exp(log + reach))


def _exp(log: float) -> float:
    return math.exp(log) if log < _LARGEST_LOG else math.inf


def _placebo(effect: Effect, *, start: date | None = None, residences: tuple[str, ...] = ()) -> Placebo | None:
    if math.isnan(effect.rate_ratio):
        return None
    flagged = effect.p_value < 1 - LEVEL
    return Placebo(
        effect.rate_ratio,
        effect.low,
        effect.high,
        effect.p_value,
        flagged,
        effect.n_residences,
        effect.n_months,
        start,
        residences,
    )


def _half(panel: Panel, able: Integers, counted: Floats, seed: int) -> Flags:
    """Half of the residences `able`: of two of like size in one landlord's, one drawn."""
    rng = np.random.default_rng(seed)
    chosen = np.zeros(len(panel.residences), dtype=bool)
    for owner in dict.fromkeys(panel.owner):
        mine = [row for row in able.tolist() if panel.owner[row] == owner]
        ordered = sorted(mine, key=lambda row: (counted[row], panel.residences[row]))
        for pair in (ordered[at : at + 2] for at in range(0, len(ordered), 2)):
            chosen[pair[int(rng.integers(len(pair)))]] = True
    return chosen


def _without(panel: Panel, row: int) -> tuple[float, float]:
    """The ratio without one residence, and the upper limit of its 90 % interval; NaN and infinity: not to be had."""
    others = np.arange(len(panel.residences)) != row
    fitted = cluster_fit(panel.only(others[:, None]).informative())
    if fitted is None or not fitted.is_regular:
        return (math.nan if fitted is None else fitted.ratio), math.inf
    high = fitted.interval(_LEVEL_90)[1]
    return fitted.ratio, _exp(high)


def _jackknife(whole: Clustered, ratios: Floats) -> tuple[float, float]:
    if not whole.is_regular or not (np.isfinite(ratios) & (ratios > 0)).all():
        return math.nan, math.nan
    error = math.sqrt(whole.degrees / len(ratios) * float(((np.log(ratios) - whole.estimate) ** 2).sum()))
    reach = float(stats.t.ppf((1 + LEVEL) / 2, whole.degrees)) * error
    return math.exp(whole.estimate - reach), _exp(whole.estimate + reach)
