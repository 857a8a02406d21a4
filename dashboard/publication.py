"""What partners may see, made from the warehouse with the supervisor's rights, once a build. No Streamlit.

The common stage is the same for the city, the committee and every landlord: figures travel between them, so a figure
hidden for one is hidden for all. A landlord's own figures are then hidden given everything that is common. Why it is
so: docs/decisions/0010.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import pandas as pd

from dashboard import publication_costs as costs
from dashboard import publication_periods as periods
from dashboard import publication_places as places
from dashboard import publication_records as records
from dashboard import publication_service as service
from dashboard.access import SUPERVISOR, Viewer
from dashboard.publication_counts import Sources, common_year
from dashboard.publication_own import own_year
from dashboard.publication_records import Records
from dashboard.publication_rules import RISK, SCHOOLS, Rules, rules
from dashboard.publication_system import Counts, Year
from dashboard.publication_tables import common_rows, counts_frame, notes_frame, own_rows
from dashboard.warehouse import Identity, WarehouseError, acting, build_info, identity, query
from pipelines.settings import SettingsError

logger = logging.getLogger(__name__)

Tables = Mapping[str, pd.DataFrame]


def tables(viewer: Viewer) -> dict[str, pd.DataFrame]:
    """The published tables of a partner, by name; see published.sql. Queries run as the supervisor."""
    landlord = viewer.landlord if viewer.role == "bailleur" else None
    made = dict(_tables(identity(), rules(), landlord, rules("bailleur")))
    return {name: frame.copy() for name, frame in made.items()}


def landlords() -> list[str]:
    """Codes of the landlords that the data name, in order: those that figures can be published for."""
    with acting(SUPERVISOR):
        return list(dict.fromkeys(str(code) for code in query("cost_landlords")["landlord"]))


def warm() -> None:
    """Prepare what every partner shares."""
    try:
        with acting(SUPERVISOR):
            tables(Viewer("ville"))
    except (WarehouseError, SettingsError) as error:
        logger.warning("the publication is not prepared: %s", error)


@lru_cache(maxsize=16)
def _tables(_identity: Identity, strict: Rules, landlord: str | None, own: Rules) -> Tables:
    is_landlord = landlord is not None
    years = _common(_identity, strict)
    rows = [row for year in years.values() for row in common_rows(year, for_landlord=is_landlord)]
    found = {
        "build": query("build"),
        "neighbourhoods": query("published_zones"),
        "events": query("publish_events"),
        "published_periods": _periods(),
        "published_notes": notes_frame(years.values(), for_landlord=is_landlord),
        "published_hours": service.hours(),
        "published_quality": service.quality(years, strict),
        "published_delays": service.delays(years, strict, for_landlord=is_landlord),
        "published_measured": costs.measured(landlord),
    }
    if landlord is None:
        return found | {
            "published_counts": counts_frame(rows),
            "published_declared": costs.declared(years, None),
            "published_places": places.frame(years.values(), None),
            "published_schools": service.schools(years.values()),
        }
    mine = _own(landlord, years, own)
    rows += [row for year in mine.values() for row in own_rows(year)]
    return found | {
        "published_counts": counts_frame(rows),
        "published_declared": costs.declared(mine, landlord),
        "published_places": places.frame(years.values(), landlord),
        "landlord_repairs": query("publish_repairs", landlord=landlord),
    }


@lru_cache(maxsize=4)
def _common(_identity: Identity, strict: Rules) -> dict[str, Year]:
    """The common stage by calendar year."""
    known, located = records.records(), places.located()
    others = {"relais": records.referral_cells(), "alerte": records.alert_cells(), RISK: costs.risk_cells()}
    others |= {SCHOOLS: service.school_cells()[0]}
    since = places.first_listed(strict.people)
    whole = build_info().generalised_before or date.min
    profiled = {span.code for span in periods.spans() if span.start >= whole}
    return {
        code: common_year(
            calendar,
            Sources(known.get(code, Records({})), located.get(code, Counter()), since, _of_year(others, code)),
            profiled,
            strict,
        )
        for code, calendar in periods.calendars().items()
    }


def _own(landlord: str, years: Mapping[str, Year], own: Rules) -> dict[str, Year]:
    """The landlord's stage by calendar year; nothing where the records never name it."""
    known = records.records(landlord)
    others = {"alerte": records.alert_cells(landlord), RISK: costs.risk_cells(landlord)}
    return {
        code: own_year(common, known.get(code, Records({})), own, _of_year(others, code))
        for code, common in years.items()
        if known
    }


def _of_year(others: Mapping[str, Mapping[str, Counts]], code: str) -> dict[str, Counts]:
    return {name: by_year.get(code, Counter()) for name, by_year in others.items()}


def _periods() -> pd.DataFrame:
    rows = [(span.code, span.start, span.end) for span in periods.spans()]
    return pd.DataFrame(rows, columns=["period", "starts_on", "ends_on"])
