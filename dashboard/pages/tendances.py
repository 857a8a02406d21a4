"""Tendances: what changed, month by month, at which hours, what weighs on the rate; nothing without its interval."""

import streamlit as st

from dashboard import components, filters, synthesis, trends, trends_changes, trends_grid, trends_hours
from dashboard import trends_changes_text as of_changes
from dashboard import trends_charts as draw
from dashboard import trends_hours_text as of_hours
from dashboard import trends_text as say
from dashboard.warehouse import build_info

st.title("Tendances", anchor=False)
chosen, fictional = filters.shared(), build_info().fictional
kind = components.choice("Ce qui est compté", trends.kinds(chosen), "compte")
reading, per_hours = trends.Reading(chosen, kind), trends.has_presence()
unit, name = say.unit(kind, per_hours=per_hours), f"{kind}_{chosen.start}_{chosen.end}"
if not per_hours:
    components.say(say.NO_PRESENCE, "Pas de taux pour 100 h")
if trends.is_empty(reading):
    components.nothing_chosen()

st.header("Ce qui a changé", anchor=False)
st.html(of_changes.html(changes := trends_changes.changed(reading), kind, chosen, per_hours=per_hours))
components.figures(of_changes.COLUMNS, of_changes.rows(changes), "Ce qui a changé", f"changements_{name}")
components.explain("tendances_changements")

st.header("Mois par mois", anchor=False)
if (series := trends.series(reading)) is not None:
    known = synthesis.events(chosen, series.months[0])
    curve = draw.control_chart(series, [e.mark for e in known], (chosen.start, chosen.end), unit, fictional=fictional)
    key = draw.control_key(series) + say.series_html(series, kind) + synthesis.event_list(known)
    behind = (say.MONTH_COLUMNS, say.series_rows(series), "Mois par mois", f"controle_{name}")
    components.chart(curve, say.series_alternative(series, kind), key=key, figures=behind)
components.explain("tendances_mois")

st.header("À quelles heures, quels jours", anchor=False)
if (hourly := trends_hours.hourly(reading)) is None:
    days = trends.weekday_rates(reading)
    st.caption(of_hours.weekday_note(days, kind, chosen))
    bars, words = draw.weekday_chart(days, kind, fictional=fictional), of_hours.weekday_alternative(days, kind)
    behind = (of_hours.WEEKDAY_COLUMNS, of_hours.weekday_rows(days), "Par jour de la semaine", f"jours_{name}")
    components.chart(bars, words, figures=behind)
else:
    st.html(trends_grid.both(hourly, of_hours.grid_unit(hourly, kind)))
    st.caption(of_hours.note(hourly, kind, chosen))
    components.figures(of_hours.GRID_COLUMNS, of_hours.grid_rows(hourly), "Heures et jours", f"heures_{name}")
    st.caption(of_hours.profile_note(hourly))
    if hourly.profiles.curves:
        curves, words = draw.profile_curves(hourly, unit, fictional=fictional), of_hours.profile_alternative(hourly)
        behind = (of_hours.PROFILE_COLUMNS, of_hours.profile_rows(hourly), "Par quartier", f"profils_{name}")
        components.chart(curves, words, figures=behind)
components.explain("tendances_heures")

st.header("Ce qui joue, toutes choses égales", anchor=False)
st.caption(say.effects_sentence(effects := trends.effects(reading), kind, chosen))
if effects is not None:
    behind = (say.EFFECT_COLUMNS, say.effect_rows(effects), "Effets", f"effets_{name}")
    components.chart(draw.effects_chart(effects, fictional=fictional), say.strongest(effects), figures=behind)
components.explain("tendances_effets")
