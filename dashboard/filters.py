"""The filters that every page shares: drawn once a run in the sidebar, kept in the address and across pages."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal, TypeVar, cast

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.report import periods
from dashboard.warehouse import build_info, query

Key = TypeVar("Key", bound=str)
Origin = Literal["toutes", "demandes", "initiatives"]

PERIODS = {
    "12mois": "12 derniers mois",
    "mois": "Ce mois",
    "trimestre": "Ce trimestre",
    "saison": "Cette saison",
    "annee": "Cette année",
    "tout": "Toute la période",
}
ORIGINS: dict[Origin, str] = {"toutes": "Toutes", "demandes": "Demandes", "initiatives": "Initiatives"}
LABELS = {"neighbourhood": "quartier", "register": "registre", "motif": "motif"}
IS_REQUEST: dict[Origin, bool | None] = {"toutes": None, "demandes": True, "initiatives": False}
# The data reach the year before when they miss at most one day in thirty of it, and never more than six: exports of
# a calendar year begin on its first day of service, not on 1 January.
SLACK_SHARE, SLACK_DAYS = 30, 6
# Longer lists can be searched by typing; on shorter ones a telephone's keyboard would only hide the choices.
TYPED_FROM = 12
_KEY = "shared_filters"
KEPT: dict[str, Any] = {"bind": "query-params", "persist_state": "session"}


@dataclass(frozen=True)
class Filters:
    """What the reader chose; service dates are inclusive; an empty tuple means all."""

    period: str
    start: date
    end: date
    previous_start: date | None
    previous_end: date | None
    neighbourhoods: tuple[str, ...] = ()
    registers: tuple[str, ...] = ()
    motifs: tuple[str, ...] = ()
    origin: Origin = "toutes"

    def params(self) -> dict[str, object]:
        """Parameters of the queries: start, end, neighbourhoods, registers, motifs, is_request (None: both)."""
        return {
            "start": self.start,
            "end": self.end,
            "neighbourhoods": list(self.neighbourhoods),
            "registers": list(self.registers),
            "motifs": list(self.motifs),
            "is_request": IS_REQUEST[self.origin],
        }

    def previous(self) -> Filters | None:
        """The same choice a year before; None when the data do not reach it."""
        if self.previous_start is None or self.previous_end is None:
            return None
        return replace(self, start=self.previous_start, end=self.previous_end, previous_start=None, previous_end=None)


@dataclass(frozen=True)
class Bounds:
    """The dates that the data cover, and the season of the last one."""

    first: date
    last: date
    season_start: date
    season: str


def shared() -> Filters:
    """The filters of this run; draws them first where the entry point has not (a page run on its own)."""
    kept = st.session_state.get(_KEY)
    return kept if isinstance(kept, Filters) else _widgets()


def draw() -> Filters:
    """Draw the shared widgets in the sidebar, once a run, before the page: pages then call `shared()`.

    They belong to the entry point: a widget of a page would lose its value, and its place in the address, on leaving.
    """
    st.session_state[_KEY] = chosen = _widgets()
    return chosen


def published_period() -> str:
    """Code of the period that this run shows a partner; empty while nothing is published. Draws it where needed."""
    return st.session_state[_KEY] if isinstance(st.session_state.get(_KEY), str) else draw_published()


def draw_published() -> str:
    """Draw a partner's only filter: whole quarters and years, the newest first. They can't be cut any finer."""
    newest = {period.code: period.label for period in periods.newest_first()}
    with st.sidebar:
        picked = listed("Période", newest, "periode", next(iter(newest), None), placeholder="Aucune")
        st.caption("Trimestres et années entiers\u00a0: les seuls qui sont publiés.")
    st.session_state[_KEY] = chosen = picked or ""
    return chosen


def listed(
    label: str, options: Mapping[Key, str], key: str, first: Key | None, *, placeholder: str = "Choisir"
) -> Key | None:
    """One option of a list that may be long, kept in the address; `first` (None: none) unless the reader chose.

    A message made by hand may hold anything: only what is offered is a choice.
    """
    codes = list(options)
    picked = st.selectbox(
        label,
        codes,
        index=None if first is None else codes.index(first),
        format_func=lambda code: options.get(code, ""),
        key=key,
        placeholder=placeholder,
        filter_mode="contains" if len(codes) > TYPED_FROM else None,
        **KEPT,
    )
    return cast(Key, picked) if picked in options else first


def kept() -> Filters | str | None:
    """What this run shows: filters, or the code of a published period, empty for none; None on a page run alone."""
    return st.session_state.get(_KEY)


def keep(period: str) -> None:
    """Say that this run shows a published period, or (empty) nothing that the shared filters bear on."""
    st.session_state[_KEY] = period


def bounds() -> Bounds | None:
    """What the data cover; None when they hold no day at all."""
    row = query("filter_bounds").iloc[0]
    if pd.isna(row["last_date"]):
        return None
    return Bounds(row["first_date"].date(), row["last_date"].date(), row["season_start"].date(), row["season"])


def period_dates(period: str, known: Bounds) -> tuple[date, date]:
    """First and last service date of a period that ends with the data, whatever the day is today."""
    last = known.last
    start = {
        "mois": last.replace(day=1),
        "trimestre": last.replace(month=3 * ((last.month - 1) // 3) + 1, day=1),
        "saison": known.season_start,
        "annee": last.replace(month=1, day=1),
        "12mois": year_before(last) + timedelta(days=1),
        "tout": known.first,
    }[period]
    return max(start, known.first), last


def previous_dates(period: str, start: date, end: date, known: Bounds) -> tuple[date, date] | None:
    """The same dates a year before; None for the whole period, or when the data do not reach them."""
    if period == "tout":
        return None
    before, until = year_before(start), year_before(end)
    slack = min(SLACK_DAYS, ((until - before).days + 1) // SLACK_SHARE)
    return (before, until) if before + timedelta(days=slack) >= known.first else None


def year_before(day: date) -> date:
    """The same date a year before; 28 February for a 29."""
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def choose(period: str, known: Bounds) -> Filters:
    """Everything in a period, with its dates and those of the year before."""
    start, end = period_dates(period, known)
    before = previous_dates(period, start, end, known)
    return Filters(period, start, end, *(before or (None, None)))


def _widgets() -> Filters:
    with st.sidebar:
        known = bounds()
        if known is None:
            today = build_info().today
            return Filters("tout", today, today, None, None)
        first = next(iter(PERIODS))
        period = listed("Période", PERIODS, "periode", first) or first
        dates = st.empty()
        names = _options()
        chosen = replace(
            choose(period, known),
            neighbourhoods=_several("Quartier", "quartier", names["neighbourhood"], "Tous les quartiers"),
            registers=_several("Registre", "registre", names["register"], "Tous les registres"),
            motifs=_several("Motif", "motif", names["motif"], "Tous les motifs"),
            origin=_origin(),
        )
        dates.caption(period_caption(chosen))
        if is_narrowed(chosen):
            clear_button("clear_sidebar")
    return chosen


def is_narrowed(chosen: Filters) -> bool:
    """Whether anything but the period was chosen."""
    return bool(chosen.neighbourhoods or chosen.registers or chosen.motifs or chosen.origin != "toutes")


def clear_button(key: str) -> None:
    """A button that takes every filter away but the period."""
    st.button("Retirer les filtres", key=key, on_click=_clear, icon=":material/filter_alt_off:")


def _clear() -> None:
    for key in ("quartier", "registre", "motif"):
        st.session_state[key] = []
    st.session_state["origine"] = "toutes"


def description(chosen: Filters) -> str:
    """The whole choice in one line, for pages where the sidebar is folded."""
    names = _options()
    parts = [f"{_period_name(chosen.period)} ({formats.day_range(chosen.start, chosen.end)})"]
    for kind, codes in (
        ("neighbourhood", chosen.neighbourhoods),
        ("register", chosen.registers),
        ("motif", chosen.motifs),
    ):
        parts += [", ".join(names[kind][code] for code in codes)] if codes else []
    parts += [ORIGINS[chosen.origin].lower()] if chosen.origin != "toutes" else []
    return " · ".join(parts)


def period_caption(chosen: Filters) -> str:
    """The dates chosen and those they are compared with, in French."""
    shown = f"Du {formats.day(chosen.start)} au {formats.day(chosen.end)}"
    if chosen.period == "tout":
        return f"{shown}, sans comparaison."
    if chosen.previous_start is None or chosen.previous_end is None:
        return f"{shown}. Les données ne remontent pas à un an avant : pas de comparaison."
    before = f"du {formats.day(chosen.previous_start)} au {formats.day(chosen.previous_end)}"
    return f"{shown}, comparé à la même période un an avant : {before}."


def _period_name(period: str) -> str:
    known = bounds()
    if period != "saison" or known is None:
        return PERIODS[period]
    return f"{PERIODS[period]}, {formats.label('season', known.season).lower()}"


def _several(label: str, key: str, names: dict[str, str], placeholder: str) -> tuple[str, ...]:
    picked = st.multiselect(
        label,
        list(names),
        format_func=lambda code: str(names.get(code, code)),
        key=key,
        placeholder=placeholder,
        select_all=False,
        filter_mode="contains" if len(names) > TYPED_FROM else None,
        **KEPT,
    )
    return tuple(code for code in picked if code in names)


def _origin() -> Origin:
    origin = st.segmented_control(
        "Demandes ou initiatives",
        list(ORIGINS),
        format_func=ORIGINS.__getitem__,
        default="toutes",
        required=True,
        key="origine",
        help="Une demande vient d'un habitant ou d'un partenaire ; une initiative, de l'équipe elle-même.",
        **KEPT,
    )
    return cast(Origin, origin or "toutes")


def _options() -> dict[str, dict[str, str]]:
    """Codes and French labels of what the data hold, by kind, in alphabetical order of the labels."""
    kinds: dict[str, dict[str, str]] = {"neighbourhood": {}, "register": {}, "motif": {}}
    for row in query("filter_options").to_dict("records"):
        kind, code, name = row["kind"], row["code"], row["name"]
        known = isinstance(name, str) and bool(name.strip())
        kinds[kind][code] = name if known else formats.label(LABELS[kind], code)
    return {kind: _distinct(names) for kind, names in kinds.items()}


def _distinct(names: dict[str, str]) -> dict[str, str]:
    """Labels that tell every code apart, since the address keeps the label."""
    seen = Counter(names.values())
    told = {code: name if seen[name] == 1 else f"{name} ({code})" for code, name in names.items()}
    return dict(sorted(told.items(), key=lambda pair: _sort_key(pair[1])))


def _sort_key(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
