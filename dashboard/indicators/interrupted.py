"""Before and after in one group alone: an interrupted time series. Weaker than any comparison, and said so.

Whatever else changed at the start passes for the effect, and the trend before it is supposed to have gone on (Lopez
Bernal, Cummins and Gasparrini, 2017). Level and slope change at the start; season and known events are taken out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from dashboard.indicators.ledger_table import GROUPS, MONTHS_A_YEAR, Columns, Flags, Floats, Start
from dashboard.indicators.panel import Panel, Periods, repairs_panel, within
from dashboard.indicators.ppml import FARTHEST, RowProjection, fit

Event = tuple[Any, Any, str]

LEAST_BEFORE, LEAST_AFTER = 12, 6  # months: less than a year before says nothing of season
_LEVEL_90 = 0.90
_TWO_YEARS = 24
_TOLD_APART = 6  # months in which an event must differ from the start, to be told from it
_MOST_ALIKE = 0.9
_LEVEL, _SLOPE = 0, 1  # terms of the change, first in the design


@dataclass(frozen=True)
class Change:
    """One ratio with its interval: 1 is no change."""

    rate_ratio: float
    low: float
    high: float


@dataclass(frozen=True)
class InterruptedMonth:
    """One month of the series: repairs and dwellings observed, what the model fits, what the past alone announced."""

    month: date | None
    number: int
    repairs: float
    dwellings: float
    fitted: float
    expected: float
    after: bool


@dataclass(frozen=True)
class Interrupted:
    """After the start, repairs over those that the months before announced: 0.80 is a fall of 20 %.

    `level_change`: at the start. `slope_change`: what each year after adds to the trend before. `lags`: months over
    which scores may resemble each other. `events`: labels of the known events taken out; `confounded`: of those that
    can't be told from the start, which the ratio therefore holds. All NaN between 0 and infinity with less than 12
    months before the start or 6 after, or without any repair on one side of it.
    """

    rate_ratio: float
    low: float
    high: float
    p_value: float
    dispersion: float
    n_residences: int
    n_months: int
    level: float
    low_90: float
    high_90: float
    n_before: int
    n_after: int
    level_change: Change
    slope_change: Change
    lags: int
    events: tuple[str, ...]
    confounded: tuple[str, ...]
    months: tuple[InterruptedMonth, ...]
    strength: Literal["faible"] = "faible"


def interrupted_series(
    frame: pd.DataFrame,
    *,
    residence: str = "residence",
    month: str = "month",
    count: str | None = None,
    dwellings: str | None = "dwellings",
    treated: str | None = None,
    after: str = "after",
    start: Start = None,
    events: Sequence[Event] = (),
    cut: Periods = (),
    level: float = 0.95,
) -> Interrupted:
    """Followed residences alone, since the start against what the months before announced.

    Columns as in `difference_in_differences`; without a column of groups every residence is followed. Poisson
    regression with residence effects and dwellings as exposure on trend, level and slope change at the start, one or
    two pairs of yearly harmonics, and a term for each known event (first, last or None, label) that isn't the start
    itself. Scores are added up by month; errors are Newey and West's (1987), for months that resemble each other and
    residences that share them (Driscoll and Kraay, 1998), t on months less parameters, and never below the
    dispersion's with the correlation of one month's residuals to the next.

    Raises ValueError as `difference_in_differences` does.
    """
    if not 0 < level < 1:
        raise ValueError(f"level = {level!r}; expected a number between 0 and 1")
    everyone = treated is None and not any(name in frame for name in GROUPS)
    columns = Columns(residence, month, count, dwellings, treated, None, after, None, everyone)
    panel = repairs_panel(frame, columns, start=start, cut=cut)
    counted = np.where(panel.seen, panel.count, 0.0).sum(axis=1) > 0
    return _series(panel.only((panel.treated & counted)[:, None]), events, level)


def model_of(panel: Panel, events: Sequence[Event]) -> Model:
    """The model of a panel whose every residence is followed."""
    names, confounded, design = _design(panel, np.asarray(panel.seen.any(axis=0), dtype=bool), events)
    terms = np.ascontiguousarray(np.broadcast_to(design[:, None, :], (len(design), *panel.seen.shape)))
    return Model(panel, terms, names, confounded)


def _series(panel: Panel, events: Sequence[Event], level: float) -> Interrupted:
    used = np.asarray(panel.seen.any(axis=0), dtype=bool)
    rows = panel.seen.any(axis=1)
    sides = int((used & ~panel.after).sum()), int((used & panel.after).sum())
    if sides[0] < LEAST_BEFORE or sides[1] < LEAST_AFTER:
        return _unknown(panel, sides, level)
    model = model_of(panel, events)
    reach = {wanted: float(stats.t.ppf((1 + wanted) / 2, model.degrees)) for wanted in (level, _LEVEL_90)}
    log, error = model.average()
    if not model.converged or abs(log) > FARTHEST:
        return _unknown(panel, sides, level)
    return Interrupted(
        rate_ratio=math.exp(log),
        low=math.exp(log - reach[level] * error),
        high=math.exp(log + reach[level] * error),
        p_value=2 * float(stats.t.sf(abs(log) / error, model.degrees)),
        dispersion=model.dispersion,
        n_residences=int(rows.sum()),
        n_months=int(used.sum()),
        level=level,
        low_90=math.exp(log - reach[_LEVEL_90] * error),
        high_90=math.exp(log + reach[_LEVEL_90] * error),
        n_before=sides[0],
        n_after=sides[1],
        level_change=model.change(_LEVEL, reach[level]),
        slope_change=model.change(_SLOPE, reach[level]),
        lags=model.lags,
        events=model.events,
        confounded=model.confounded,
        months=model.months(),
    )


def _design(panel: Panel, used: Flags, events: Sequence[Event]) -> tuple[tuple[str, ...], tuple[str, ...], Floats]:
    """Labels of the events taken out, of those that can't be, and terms by month: level, slope, trend, season, events.

    Events of the same label are one term: what comes back every year is supposed to weigh alike.
    """
    first = int(panel.month[used & panel.after].min())
    years = (panel.month - first) / MONTHS_A_YEAR
    after = panel.after.astype(float)
    pairs = 2 if int(used.sum()) >= _TWO_YEARS else 1
    angles = [2 * math.pi * pair * (panel.month % MONTHS_A_YEAR) / MONTHS_A_YEAR for pair in range(1, pairs + 1)]
    waves = [wave(angle) for angle in angles for wave in (np.cos, np.sin)]
    terms, names = [after, after * years, years, *waves], []
    apart: list[str] = []
    for label in dict.fromkeys(label for _, _, label in events):
        during = within(panel.month, [(first, last) for first, last, name in events if name == label])
        if _is_told_apart(during[used], panel.after[used], np.array(terms)[:, used]):
            terms.append(during.astype(float))
            names.append(label)
        elif during[used].any():
            apart.append(label)
    return tuple(names), tuple(apart), np.array(terms)


def _is_told_apart(during: Flags, after: Flags, terms: Floats) -> bool:
    """Whether an event can be told from the start, and from the other terms."""
    unlike, alike = int((during != after).sum()), int((during == after).sum())
    together = np.vstack([np.ones(len(after)), terms, during])
    return min(unlike, alike) >= _TOLD_APART and np.linalg.matrix_rank(together) == len(together)


class Model:
    """The fitted series: `coefficients` in the order of the terms, their `covariance` (Newey and West over `lags`)."""

    def __init__(self, panel: Panel, terms: Floats, events: tuple[str, ...], confounded: tuple[str, ...]) -> None:
        self._panel, self._terms, self.events, self.confounded = panel, terms, events, confounded
        self._fit = fit(panel.count, panel.exposure, panel.seen, terms, projection=RowProjection())
        self.coefficients, self.converged = self._fit.coefficients, self._fit.converged
        used = panel.seen.any(axis=0)
        self.lags = max(1, math.floor(4 * (int(used.sum()) / 100) ** (2 / 9)))
        self.degrees = int(used.sum()) - len(terms) - 1
        free = int(panel.seen.sum()) - int(panel.seen.any(axis=1).sum()) - len(terms)
        gap = np.where(panel.seen, panel.count - self._fit.mu, 0.0)
        self.dispersion = float((gap[panel.seen] ** 2 / self._fit.mu[panel.seen]).sum() / free)
        scores = (self._fit.residual * gap).sum(axis=1).T[used]
        self._inflation = self._inflate(gap.sum(axis=0)[used])
        self.covariance = self._newey_west(scores)

    def _newey_west(self, scores: Floats) -> Floats:
        """Covariance with months up to `lags` apart correlated, Bartlett's weights, corrected for few months."""
        meat = scores.T @ scores
        for lag in range(1, self.lags + 1):
            together = scores[lag:].T @ scores[:-lag]
            meat = meat + (1 - lag / (self.lags + 1)) * (together + together.T)
        return self._fit.bread @ meat @ self._fit.bread * len(scores) / self.degrees

    def _inflate(self, gap: Floats) -> float:
        """What likeness of one month to the next does to a variance, (1 + r) / (1 - r), with r freed of its bias.

        Fitting k terms to T months pulls the correlation of residuals down by about (k / T) (1 + r).
        """
        monthly = gap / np.sqrt(np.maximum(self._fit.mu[:, self._panel.seen.any(axis=0)].sum(axis=0), 1e-9))
        r = float(monthly[1:] @ monthly[:-1] / (monthly @ monthly))
        r += (len(self._terms) + 1) / len(monthly) * (1 + r)
        r = min(max(r, 0.0), _MOST_ALIKE)
        return (1 + r) / (1 - r)

    def _error(self, gradient: Floats) -> float:
        """Standard error of a combination; never below that of counts with the dispersion and likeness seen."""
        floor = float(gradient @ self._fit.bread @ gradient) * max(self.dispersion, 1.0) * self._inflation
        return math.sqrt(max(float(gradient @ self.covariance @ gradient), floor))

    def change(self, term: int, reach: float) -> Change:
        """Ratio of one term."""
        log, error = float(self.coefficients[term]), self._error(np.eye(len(self._terms))[term])
        return Change(math.exp(log), math.exp(log - reach * error), math.exp(log + reach * error))

    def average(self) -> tuple[float, float]:
        """Log ratio of repairs since the start to those announced, and its error (delta method)."""
        since = self._panel.seen & self._panel.after
        fitted, expected = self._fit.mu[since], self._expected()[since]
        at = self._terms[:, since]
        gradient = at @ fitted / fitted.sum()
        rest = np.arange(len(at)) >= len((_LEVEL, _SLOPE))
        gradient[rest] -= (at @ expected / expected.sum())[rest]
        return math.log(fitted.sum() / expected.sum()), self._error(gradient)

    def months(self) -> tuple[InterruptedMonth, ...]:
        """The series by month, months without any observation left out."""
        panel, expected = self._panel, self._expected()
        used = np.flatnonzero(panel.seen.any(axis=0)).tolist()
        exposure = np.where(panel.seen, panel.exposure, 0.0)
        return tuple(
            InterruptedMonth(
                panel.date_of(int(panel.month[at])),
                int(panel.month[at]),
                float(panel.count[panel.seen[:, at], at].sum()),
                float(exposure[:, at].sum()),
                float(self._fit.mu[:, at].sum()),
                float(expected[:, at].sum()),
                bool(panel.after[at]),
            )
            for at in used
        )

    def _expected(self) -> Floats:
        """Means had nothing changed at the start."""
        change = np.tensordot(self.coefficients[: _SLOPE + 1], self._terms[: _SLOPE + 1], axes=1)
        return self._fit.mu * np.exp(-change)


def _unknown(panel: Panel, sides: tuple[int, int], level: float) -> Interrupted:
    nothing = Change(math.nan, 0.0, math.inf)
    return Interrupted(
        *(math.nan, 0.0, math.inf, math.nan, math.nan),
        n_residences=int(panel.seen.any(axis=1).sum()),
        n_months=sum(sides),
        level=level,
        low_90=0.0,
        high_90=math.inf,
        n_before=sides[0],
        n_after=sides[1],
        level_change=nothing,
        slope_change=nothing,
        lags=0,
        events=(),
        confounded=(),
        months=(),
    )
