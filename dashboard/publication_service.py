"""Hours, days, school actions, delays and quality of the records, by whole period. No Streamlit."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from dashboard import publication_periods as periods
from dashboard.indicators.survival import incidence_at, median_delay, survival
from dashboard.publication_periods import Span
from dashboard.publication_records import RESERVED, RETURN_DAYS, referrals
from dashboard.publication_rules import SCHOOLS, SOON, Rules, is_their_partner
from dashboard.publication_system import ALL, TERRITORY, TOTAL, Counts, Key, Row, Year
from dashboard.warehouse import query

PATROL = ("patrol_hours", "timetable_hours")
DAYS = ("days", "observed_days", "planned_days", "documented_days")
PLANNED = ("planned_hours", "done_hours", "planned_documented_hours")
MEASURES = ("lieu", "heure", "origine", "issue", "motif")
ROUNDED = 0.005  # half of what a share rounded to the whole percent leaves open


def hours() -> pd.DataFrame:
    """`published_hours`: patrol hours by area, and the service's days and hours beside those of the territory."""
    patrols: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in _of_quarters("publish_hours", reserved=list(RESERVED)):
        area = row["area"] if isinstance(row["area"], str) else TERRITORY
        for code in codes_of(row["quarter"]):
            for name in PATROL:
                patrols[code, area][name] += row[name]
    served = _summed_days()
    rows: list[Row] = []
    for code in served:
        areas = sorted({area for period, area in patrols if period == code} - {TERRITORY})
        for area in (*areas, TERRITORY):
            shown = {name: patrols[code, area][name] for name in PATROL}
            rows.append({"period": code, "area": area} | shown | (served[code] if area == TERRITORY else {}))
    frame = pd.DataFrame(rows, columns=["period", "area", *PATROL, *PLANNED, *DAYS])
    return frame.astype(dict.fromkeys(DAYS, "Int64"))


def quality(years: Mapping[str, Year], rules: Rules) -> pd.DataFrame:
    """`published_quality`: shares rounded to the whole percent, none where it would tell a small number of records."""
    records: dict[str, Counter[str]] = defaultdict(Counter)
    for row in _of_quarters("publish_quality"):
        for code in codes_of(row["quarter"]):
            records[code].update({name: int(row[name]) for name in ("interventions", *MEASURES)})
    rows: list[Row] = []
    for code, served in _summed_days().items():
        planned, documented = served["planned_days"], served["documented_days"]
        found = {"jours_documentes": min(documented / planned, 1.0) if planned else None}
        n = records[code]["interventions"]
        if n and not years[code[:4]].hidden.get(Key(ALL, TERRITORY, TOTAL, code)):
            found |= {name: _share(records[code][name], n, rules.people) for name in MEASURES}
        rows += [
            {"period": code, "measure": name, "share": None if share is None else round(share, 2)}
            for name, share in found.items()
        ]
    return pd.DataFrame(rows, columns=["period", "measure", "share"])


def _share(count: int, n: int, threshold: int) -> float | None:
    """The share to round; None where what it leaves open of a small number is narrower than the threshold."""
    is_small = 0 < count < threshold or 0 < n - count < threshold
    return None if is_small and n * ROUNDED < threshold else count / n


def school_cells() -> tuple[dict[str, Counts], dict[tuple[str, str], Counter[str]]]:
    """Participants by year, and actions and sessions by period and theme."""
    cells: dict[str, Counts] = defaultdict(Counter)
    held: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in _of_quarters("publish_schools"):
        cells[row["quarter"][:4]][TERRITORY, row["theme"], row["quarter"]] += int(row["participants"])
        for code in codes_of(row["quarter"]):
            for theme in (row["theme"], TOTAL):
                held[code, theme].update({name: int(row[name]) for name in ("actions", "sessions")})
    return cells, held


def schools(years: Iterable[Year]) -> pd.DataFrame:
    """`published_schools`: a theme's actions are hidden with its participants, and so is the whole."""
    rows: list[Row] = []
    held = school_cells()[1]
    shown = {
        (key.period, key.category): (value, is_hidden)
        for year in years
        for key, value, is_hidden in year.figures()
        if key.family == SCHOOLS
    }
    for code, theme in sorted(held):
        participants, is_hidden = shown.get((code, theme), (0, False))
        counted = {**held[code, theme], "participants": participants}
        values = {name: None if is_hidden else float(n) for name, n in counted.items()}
        rows.append({"period": code, "theme": theme, "is_masked": is_hidden} | values)
    return pd.DataFrame(rows, columns=["period", "theme", "actions", "sessions", "participants", "is_masked"])


def delays(years: Mapping[str, Year], rules: Rules, *, for_landlord: bool) -> pd.DataFrame:
    """`published_delays`: Kaplan-Meier delays of partners, where the counts that they are made of are shown.

    `n` is the number of referrals. The share returned within 30 days is hidden with its count.
    """
    rows: list[Row] = []
    for span in periods.spans():
        frame = referrals(span).assign(partner=lambda found: found["partner"].astype(str).str.replace("|", "/"))
        for partner, found in frame.groupby("partner", sort=True):
            if not for_landlord or is_their_partner(str(partner)):
                rows.append({"period": span.code, "partner": partner} | _delay(str(partner), found, span, years, rules))
    columns = ["period", "partner", "n", "median_days", "returned_within_30", "is_masked"]
    return pd.DataFrame(rows, columns=columns)


def _delay(partner: str, found: pd.DataFrame, span: Span, years: Mapping[str, Year], rules: Rules) -> dict[str, object]:
    hidden = years[span.year].hidden
    total, done, soon = (
        hidden.get(Key("relais", TERRITORY, category, span.code), True)
        for category in (partner, f"{partner}|rendu", f"{partner}|{SOON}")
    )
    dated = found[found["days"].notna()]
    curve = survival(dated["days"].astype(float), dated["is_returned"].astype(bool), dated["referrals"])
    if total or done or curve.n < rules.people or curve.events < rules.people:
        return {"n": None, "median_days": None, "returned_within_30": None, "is_masked": True}
    median, share = median_delay(curve).median, incidence_at(curve, RETURN_DAYS).value
    return {
        "n": float(sum(found["referrals"].tolist())),
        "median_days": median if math.isfinite(median) else None,
        "returned_within_30": None if soon or math.isnan(share) else round(share, 2),
        "is_masked": False,
    }


def _summed_days() -> dict[str, Counter[str]]:
    """Days and hours of the service by period, in the order of the periods."""
    found: dict[str, Counter[str]] = {
        span.code: Counter(dict.fromkeys((*DAYS, *PLANNED), 0)) for span in periods.spans()
    }
    for row in _of_quarters("publish_days"):
        for code in codes_of(row["quarter"]):
            for name in (*DAYS, *PLANNED):
                found[code][name] += 0 if pd.isna(row[name]) else row[name]
    return found


def codes_of(quarter: str) -> list[str]:
    """The published periods that a quarter is part of."""
    return [span.code for span in periods.spans() if span.code in (quarter, quarter[:4])]


def _of_quarters(name: str, **params: object) -> list[dict[str, Any]]:
    """Rows of a query over the published quarters; none while nothing is published."""
    known = periods.spans()
    if not known:
        return []
    quarters = {span.code for span in known}
    rows = query(name, start=known[0].start, end=known[-1].end, **params).to_dict("records")
    return [{str(key): value for key, value in row.items()} for row in rows if row["quarter"] in quarters]
