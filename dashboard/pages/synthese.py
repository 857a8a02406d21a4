"""Synthèse: the service at a glance, each figure with its uncertainty and how it was computed."""

import streamlit as st

from dashboard import cards, charts, components, filters, synthesis
from dashboard.indicators import activity
from dashboard.warehouse import build_info, query

chosen = filters.shared()
fictional = build_info().fictional
stretch = f"{chosen.start}_{chosen.end}"

st.title("Synthèse", anchor=False)
figures, totals = synthesis.summary(chosen)
if totals.any_origin == 0:
    components.nothing_chosen()
components.cards([*cards.cards(figures, totals, chosen), *synthesis.freshness()])
components.explain("incertitude", label="Comment lire l’incertitude")

st.header("Mois par mois", anchor=False)
measure = components.choice("Courbe", synthesis.measures(), "courbe")
months = synthesis.months(chosen, measure)
if months:
    known = synthesis.events(chosen, months[0].month)
    marks = [event.mark for event in known]
    curve = charts.monthly_curve(
        months, marks, (chosen.start, chosen.end), synthesis.UNITS[measure], fictional=fictional
    )
    key = charts.curve_key(months) + synthesis.event_list(known)
    behind = (synthesis.MONTH_COLUMNS, synthesis.month_rows(months), "Mois par mois", f"mois_{measure}")
    components.chart(curve, synthesis.curve_summary(months, measure), key=key, figures=behind)
components.explain("courbe")

st.header("Principaux motifs", anchor=False)
motifs = activity.motifs(query("motif_counts", **chosen.params()))
if motifs.shown:
    bars = charts.motif_bars(motifs.shown, fictional=fictional)
    behind = (synthesis.MOTIF_COLUMNS, synthesis.motif_rows(motifs), "Principaux motifs", f"motifs_{stretch}")
    components.chart(bars, synthesis.motif_summary(motifs), figures=behind)
st.caption(synthesis.motif_note(motifs, chosen))
components.explain("motifs")
