"""The weighted displacement difference: a test for few counts, with the areas where incidents may have gone.

Wheeler A. P., Ratcliffe J. H. (2018), A simple weighted displacement difference test to evaluate place based crime
interventions, *Crime Science* 7, 11.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from scipy import special

_BEFORE_AND_AFTER = 2


@dataclass(frozen=True)
class Wdd:
    """Change in number of incidents that the comparison doesn't explain (below 0: a fall), with its interval."""

    difference: float
    standard_error: float
    z: float
    low: float
    high: float


def wdd(
    control: Sequence[float],
    treated: Sequence[float],
    displacement_control: Sequence[float] | None = None,
    displacement_treated: Sequence[float] | None = None,
    level: float = 0.90,
) -> Wdd:
    """Change of the treated area minus change of its control, and the same of the areas next to them, added up.

    Each argument is a pair of counts, before and after, over periods of the same length. Counts are taken as
    independent Poisson: the variance of the difference is the sum of every count. Without any incident at all there
    is no error to speak of: `z` is NaN and the interval 0 to 0.

    Raises ValueError when a pair isn't two finite counts of 0 or more, when one displacement area comes without the
    other (its own trend would pass for displacement), or when `level` isn't between 0 and 1.
    """
    if (displacement_control is None) != (displacement_treated is None):
        raise ValueError("displacement_control and displacement_treated go together: each is compared with the other")
    if not 0 < level < 1:
        raise ValueError(f"level = {level!r}; expected a number between 0 and 1")
    given = {
        "control": control,
        "treated": treated,
        "displacement_control": (0, 0) if displacement_control is None else displacement_control,
        "displacement_treated": (0, 0) if displacement_treated is None else displacement_treated,
    }
    pairs = {name: _pair(name, counts) for name, counts in given.items()}
    change = {name: after - before for name, (before, after) in pairs.items()}
    direct = change["treated"] - change["control"]
    difference = direct + change["displacement_treated"] - change["displacement_control"]
    error = math.sqrt(sum(chain.from_iterable(pairs.values())))
    reach = -float(special.ndtri((1 - level) / 2)) * error
    z = difference / error if error else math.nan
    return Wdd(difference, error, z, difference - reach, difference + reach)


def _pair(name: str, counts: Sequence[float]) -> tuple[float, float]:
    given = [float(count) for count in counts]
    if len(given) != _BEFORE_AND_AFTER or not all(math.isfinite(count) and count >= 0 for count in given):
        raise ValueError(f"{name} = {counts!r}; expected two counts of 0 or more: before, after")
    return given[0], given[1]
