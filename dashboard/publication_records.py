"""Records of whole quarters, counted by family, quarter, area, landlord and category. No Streamlit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from dashboard import publication_periods as periods
from dashboard.filters import Filters, bounds
from dashboard.publication_periods import Span
from dashboard.publication_rules import PROPERTY, SOON, TO_LANDLORDS
from dashboard.publication_system import TERRITORY, Cells, Counts
from dashboard.warehouse import Identity, identity, query

RETURN_DAYS, HORIZON_DAYS = 30, 180
DONE = "fait"
RESERVED = (TERRITORY, PROPERTY)


@dataclass(frozen=True)
class Records:
    """Counts of one calendar year by family, for everyone or for one landlord."""

    families: Mapping[str, Counts]

    def __getitem__(self, family: str) -> Counts:
        return self.families.get(family, Counter())

    def without(self, area: str, quarters: Collection[str]) -> Records:
        """The same without what happened in an area in some quarters."""
        return Records({family: without(counts, area, quarters) for family, counts in self.families.items()})


def without(cells: Cells, area: str, quarters: Collection[str]) -> Counts:
    """Counts without those of an area in some quarters."""
    return Counter({key: n for key, n in cells.items() if key[0] != area or key[2] not in quarters})


def records(landlord: str | None = None) -> dict[str, Records]:
    """Records by calendar year; of one landlord's property when one is given."""
    return _records(identity(), landlord)


@lru_cache(maxsize=16)
def _records(_identity: Identity, landlord: str | None) -> dict[str, Records]:
    found: dict[str, dict[str, Counts]] = defaultdict(lambda: defaultdict(Counter))
    spans = periods.spans()
    if not spans:
        return {}
    frame = query("publish_records", start=spans[0].start, end=spans[-1].end, reserved=list(RESERVED))
    if landlord is not None:
        frame = frame[frame["landlord"] == landlord]
    known = {span.code for span in spans}
    columns = (frame[name].tolist() for name in ("family", "quarter", "area", "category", "n"))
    for family, quarter, area, category, n in zip(*columns, strict=True):
        if quarter in known:
            found[quarter[:4]][family][area, str(category), quarter] += int(n)
    return {year: Records(families) for year, families in found.items()}


@lru_cache(maxsize=64)
def _referrals(_identity: Identity, span: Span, last: str) -> pd.DataFrame:
    chosen = Filters(span.code, span.start, span.end, None, None)
    return query("claim_referrals", **chosen.params(), last=last, horizon=HORIZON_DAYS)


def referrals(span: Span) -> pd.DataFrame:
    """Rows of `claim_referrals.sql` for a period; those still open are watched until the last day of the data."""
    known = bounds()
    return _referrals(identity(), span, (known.last if known else span.end).isoformat())


def referral_cells() -> dict[str, Counts]:
    """Referral-partner pairs by year, under `partner|rendu30`, `partner|tard` and `partner|attente`."""
    found: dict[str, Counts] = defaultdict(Counter)
    for span in _quarters():
        for row in referrals(span).to_dict("records"):
            is_done = row["state"] == DONE
            is_soon = is_done and row["is_returned"] and row["days"] <= RETURN_DAYS
            state = SOON if is_soon else "tard" if is_done else "attente"
            partner = str(row["partner"]).replace("|", "/")
            found[span.year][TERRITORY, f"{partner}|{state}", span.code] += int(row["referrals"])
    return found


def alert_cells(landlord: str | None = None) -> dict[str, Counts]:
    """Technical alerts sent to a landlord by year, answered (`fait`) or not (`autre`)."""
    found: dict[str, Counts] = defaultdict(Counter)
    for span in _quarters():
        for row in referrals(span).to_dict("records"):
            if row["is_alert"] and row["partner"] == TO_LANDLORDS and landlord in (None, row["landlord_code"]):
                state = DONE if row["state"] == DONE else "autre"
                found[span.year][TERRITORY, state, span.code] += int(row["referrals"])
    return found


def _quarters() -> list[Span]:
    return [span for span in periods.spans() if not span.is_year]
