"""A neighbourhood's interventions by hour, against the other neighbourhoods. No Streamlit."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from dashboard.filters import Filters
from dashboard.indicators.rates import Rate, RateRatio, ShareComparison, rate, rate_ratio, share, share_comparison
from dashboard.indicators.zones import PER_HOURS, service_order
from dashboard.sheet_facts import counted, is_presence_known
from dashboard.warehouse import query
from pipelines.settings import load_territory, settings

UNOBSERVED = Rate(math.nan, math.nan, math.nan)
By = Mapping[int, float]


@dataclass(frozen=True)
class HourCell:
    """One clock hour: interventions here over `base` (patrol hours; interventions of any hour without presence).

    `change` compares this hour with the others once the general level of each is set aside; None where one of the
    two sides has no patrol.
    """

    hour: int
    count: int
    base: float
    here: Rate
    others: Rate
    change: RateRatio | ShareComparison | None


def cells(zone: str, elsewhere: Collection[str], chosen: Filters) -> tuple[HourCell, ...]:
    """Hours of the service day in order: rates per 100 patrol hours, else shares of interventions; none known: none."""
    is_rate = is_presence_known()
    events = query("sheet_hours", **chosen.params()).to_dict("records")
    patrols = query("sheet_patrols", **chosen.params()).to_dict("records")
    field = "observed" if is_rate else "interventions"
    here, others = (counted(events, "hour", field, zones) for zones in ({zone}, elsewhere))
    walked, patrolled = (counted(patrols, "hour", "hours", zones) for zones in ({zone}, elsewhere))
    known = (walked, patrolled) if is_rate else (here, others)
    found = {int(hour) for side in known for hour, value in side.items() if value > 0}
    order = service_order(found, load_territory(settings().territory).service_day_starts.hour)
    return _rates(order, here, others, walked, patrolled) if is_rate else _shares(order, here, others)


def left_out(zone: str, chosen: Filters) -> tuple[int, int]:
    """Interventions of the neighbourhood whose hour is unknown, and those of an hour that no patrol was there for."""
    events = query("sheet_hours", **chosen.params()).to_dict("records")
    patrols = query("sheet_patrols", **chosen.params()).to_dict("records")
    unknown = sum(row["interventions"] for row in events if row["neighbourhood_id"] == zone and pd.isna(row["hour"]))
    here, walked = counted(events, "hour", "observed", {zone}), counted(patrols, "hour", "hours", {zone})
    return int(unknown), int(sum(count for hour, count in here.items() if not walked.get(hour)))


def _rates(order: tuple[int, ...], here: By, others: By, walked: By, patrolled: By) -> tuple[HourCell, ...]:
    level = _level(order, here, others, walked, patrolled)
    found = []
    for hour in order:
        count, other_count = int(here.get(hour, 0)), int(others.get(hour, 0))
        patrol, other_patrol = walked.get(hour, 0.0), patrolled.get(hour, 0.0)
        is_comparable = patrol > 0 and other_patrol > 0 and level > 0
        found.append(
            HourCell(
                hour=hour,
                count=count,
                base=patrol,
                here=rate(count, patrol, per=PER_HOURS) if patrol > 0 else UNOBSERVED,
                others=rate(other_count, other_patrol, per=PER_HOURS) if other_patrol > 0 else UNOBSERVED,
                change=rate_ratio(count, patrol * level, other_count, other_patrol) if is_comparable else None,
            )
        )
    return tuple(found)


def _level(order: tuple[int, ...], here: By, others: By, walked: By, patrolled: By) -> float:
    """Interventions here over those expected from the others' rate of each hour, on the hours that both have."""
    both = [hour for hour in order if walked.get(hour, 0) > 0 and patrolled.get(hour, 0) > 0]
    expected = sum(others.get(hour, 0) / patrolled[hour] * walked[hour] for hour in both)
    return sum(here.get(hour, 0) for hour in both) / expected if expected > 0 else 0.0


def _shares(order: tuple[int, ...], here: By, others: By) -> tuple[HourCell, ...]:
    """Without presence, only how each side's own interventions are spread over the hours."""
    total, other_total = sum(here.values()), sum(others.values())
    return tuple(
        HourCell(
            hour=hour,
            count=int(here.get(hour, 0)),
            base=total,
            here=share(here.get(hour, 0), total),
            others=share(others.get(hour, 0), other_total),
            change=share_comparison(here.get(hour, 0), total, others.get(hour, 0), other_total),
        )
        for hour in order
    )
