"""The widgets and drawing of the avoided-cost page, with Streamlit: choice of a comparison, hypotheses, scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

import streamlit as st

from dashboard import cost_known, cost_measured, cost_scenario, costs, filters, formats, markup
from dashboard.components import chart, explain, figures, say, table
from dashboard.cost_scenario import LONGEST_NAME, Scenario
from dashboard.cost_settings import Costs, Hypothesis
from dashboard.indicators.declared_costs import Pert
from pipelines.settings import SettingsError

Key = TypeVar("Key", bound=str)


def several(label: str, options: Mapping[int, str], key: str, placeholder: str) -> list[int]:
    """Options of a list, kept in the address; none unless the reader chose."""
    return st.multiselect(
        label,
        list(options),
        format_func=lambda code: options[code],
        key=key,
        placeholder=placeholder,
        select_all=False,
        filter_mode=None,
        bind="query-params",
        persist_state="session",
    )


def span(label: str, steps: Sequence[date], key: str) -> tuple[date, date]:
    """A stretch of months, kept in the address; all of them unless the reader chose."""
    if len(steps) == 1:
        return steps[0], steps[0]
    first, last = st.select_slider(
        label,
        list(steps),
        value=(steps[0], steps[-1]),
        format_func=formats.month,
        key=key,
        bind="query-params",
        persist_state="session",
    )
    return first, last


def hypothesis(known: Hypothesis) -> Pert:
    """A hypothesis as three values on two sliders, kept in the address; a changed one is marked."""
    shown = cost_scenario.slider(known)
    given: dict[str, Any] = {"step": shown.step, "format": shown.format, "bind": "query-params"}
    given |= {"persist_state": "session", "min_value": 0.0, "max_value": shown.top}
    ends, middle = st.columns(2, gap="medium")
    with ends:
        low, high = st.slider(f"{shown.label}\u00a0: de … à …", value=(shown.low, shown.high), key=shown.key, **given)
    with middle:
        name = f"{shown.label}\u00a0: valeur la plus probable"
        mode = st.slider(name, value=shown.mode, key=shown.mode_key, **given)
    values, note = cost_scenario.moved(known, low, mode, high)
    _mark(note)
    return values


def _mark(note: str) -> None:
    """What was changed; its place is kept when there is nothing to say, so that nothing under it starts afresh."""
    place = st.empty()
    if note:
        place.html(markup.element("p", markup.text(note), "opt-changed"))


def amount(label: str, key: str) -> float | None:
    """Euros a year that only the reader knows, kept in the address; nothing unless given."""
    return st.number_input(
        label,
        min_value=0.0,
        value=None,
        step=1000.0,
        format="%.0f",
        key=key,
        bind="query-params",
        placeholder="En euros",
    )


def panel(stated: Costs, territory: str) -> Scenario:
    """Every hypothesis to move, the amounts that only the reader knows, and scenarios to keep; what they say "
    "together."""
    with st.expander("Modifier les hypothèses", icon=":material/tune:"):
        values = {each.key: hypothesis(each) for each in stated.hypotheses()}
    columns = st.columns(2)
    with columns[0]:
        contribution = amount("Contribution du bailleur, par an", cost_scenario.CONTRIBUTION)
    with columns[1]:
        service_cost = amount("Coût du service, par an", cost_scenario.SERVICE_COST)
    current = Scenario("", values, contribution, service_cost)
    changed = cost_scenario.changed(stated, values)
    _mark(changed)
    with st.expander("Garder ou charger un scénario", icon=":material/bookmark:"):
        _scenario(stated, current, territory)
    own = cost_scenario.places(stated, replace(current, values=cost_scenario.defaults(stated)))
    st.button(
        "Revenir aux hypothèses du territoire",
        on_click=_place,
        args=(own,),
        disabled=not changed,
        icon=":material/undo:",
    )
    return current


def _scenario(stated: Costs, current: Scenario, territory: str) -> None:
    name = st.text_input("Nom du scénario", value="Mon scénario", key="scenario_nom", max_chars=LONGEST_NAME)
    st.download_button(
        "Télécharger le scénario",
        lambda: cost_scenario.write(replace(current, name=name.strip() or "Sans nom"), stated, territory),
        file_name="scenario_couts_evites.toml",
        mime="application/toml",
        on_click="ignore",
        icon=":material/download:",
    )
    sent = st.file_uploader("Charger un scénario", type="toml", key="scenario_fichier", max_upload_size=1)
    if sent is None:
        return
    try:
        loaded = cost_scenario.read(sent.getvalue(), sent.name, stated)
    except SettingsError as error:
        say(str(error), "Ce scénario n’a pas été chargé")
        return
    say(f"Scénario «\u00a0{loaded.name}\u00a0», prêt à être appliqué aux curseurs.")
    st.button("Appliquer ce scénario", on_click=_place, args=(cost_scenario.places(stated, loaded),))


def _place(values: Mapping[str, object]) -> None:
    for key, value in values.items():
        st.session_state[key] = value


def comparison(
    landlord: str | None, months: Sequence[date], words: Sequence[str]
) -> tuple[cost_measured.Choice, tuple[cost_measured.Event, ...]]:
    """What a ledger is read for: months, start, events whose months are left out; and the events themselves."""
    left, right = st.columns(2)
    with left:
        first, last = span("Mois étudiés", months, "releve")
    events = cost_measured.events(first, last)
    found = cost_measured.agreement(events, words, cost_measured.months_between(first, last))
    starts = cost_known.starts(cost_measured.months_between(first, last))
    with right:
        chosen = filters.listed(
            "Début de l’action", starts, "debut", found.start.replace(day=1).isoformat() if found else None
        )
    start = date.fromisoformat(chosen) if chosen else None
    st.html(markup.element("p", markup.text(cost_known.start_note(start, found, landlord), 400), "opt-caption"))
    cut = several("Écarter les mois de", cost_known.event_names(events), "ecarter", "Aucun événement")
    return cost_measured.Choice(landlord, start, first, last, cost_known.periods(events, cut)), events


def checks(found: cost_measured.Measured) -> None:
    """What holds a comparison up: trends before the start, placebos, small counts, residences."""
    trends = cost_known.trend_curve(found)
    if trends is not None:
        title = "Les deux groupes évoluaient-ils de même avant\u00a0?"
        st.subheader(title, anchor=False)
        behind = (cost_known.TREND_COLUMNS, cost_known.trend_rows(found), title, "reparations_tendances")
        chart(trends, cost_known.TREND_SUMMARY, cost_known.TREND_NOTE, figures=behind)
    rows, reasons = cost_known.checks(found), cost_known.reasons(found)
    if reasons:
        st.html(reasons)
    if rows:
        table(cost_known.CHECK_COLUMNS, rows, "Vérifications")
    residences, note = cost_known.residence_rows(found), cost_known.residence_note(found)
    figures(cost_known.RESIDENCE_COLUMNS, residences, note, "reparations_residences", "Voir par résidence")
    explain("methodes_couts_mesures", label="La méthode de mesure")


def beside(found: costs.Answer, measured: cost_measured.Measured | None) -> None:
    """What is read beside the bars: break-even, what is measured, the service's cost, its value."""
    rows, label = costs.break_even_rows(found), costs.BREAK_EVEN
    for title, words in costs.beside(found, measured):
        st.subheader(title, anchor=False)
        st.html(markup.element("p", markup.text(words, 900)))
        if title == costs.BREAK_EVEN_TITLE:
            figures(costs.BREAK_EVEN_COLUMNS, rows, label, "seuil_equilibre", label)


def sources(found: costs.Answer) -> None:
    """How what is supposed is computed: every hypothesis with its source, what is counted, the method."""
    st.header("Comment c’est calculé", anchor=False)
    table(costs.HYPOTHESIS_COLUMNS, costs.hypothesis_rows(found), "Hypothèses, sources et dates", "hypotheses")
    st.html(markup.element("p", markup.text(costs.situations(found.costs), 900), "opt-caption"))
    damages, label = costs.damage_rows(found.costs), "Voir les dégâts chiffrés"
    figures(costs.DAMAGE_COLUMNS, damages, "Dégâts chiffrés", "degats_chiffres", label)
    explain("methodes_couts_mesures", label="La méthode de ce qui est mesuré, ses limites et ses sources")
    explain("methodes_couts_declares", label="La méthode, ses limites et ses sources")
