"""Quartiers: one sheet per neighbourhood, what is particular to it, against the others."""

import streamlit as st

from dashboard import components, filters, sheet_charts, sheet_facts, sheet_tables, sheet_texts, sheets

chosen = filters.shared()
st.title("Quartiers", anchor=False)
if not (known := sheet_facts.neighbourhoods()):
    components.say("Aucun quartier n’est connu dans cet entrepôt.", "Pas de fiche à montrer")
    st.stop()
names = sheet_texts.options(known)
first = sheet_texts.opened(st.session_state, known, chosen)
picked = filters.listed("Fiche du quartier", names, sheet_texts.SHEET, first) or first
sheet = sheets.sheet(picked, chosen)
components.tiles(sheet_texts.tiles(sheet))
st.html(sheet_texts.missing(sheet))

st.header("Ce qui le distingue", anchor=False)
st.html(sheet_texts.particular(sheet))
rates = sheet_texts.rate_rows(sheet.rates)
components.table(sheet_texts.RATE_COLUMNS, rates, "Taux, face aux autres quartiers", "taux")
components.explain("quartiers", label="Comment lire cette fiche")

st.header("Heure par heure", anchor=False)
st.caption(sheet_tables.hour_note(sheet))
if sheet.hours:
    summary, behind = sheet_tables.hour_summary(sheet), sheet_tables.hours(sheet)
    components.chart(sheet_charts.hours(sheet), summary, figures=behind)
components.explain("quartiers_heures")

st.header("Motifs", anchor=False)
st.caption(sheet_tables.motif_note(sheet))
if sheet.here.motif_known:
    summary, behind = sheet_tables.motif_summary(sheet), sheet_tables.motifs(sheet)
    components.chart(sheet_charts.motifs(sheet), summary, figures=behind)
components.explain("quartiers_motifs")

st.header("Lieux", anchor=False)
components.long_table(*sheet_tables.top_places(sheet), download=False)
st.caption(sheet_tables.place_note(sheet))
components.figures(*sheet_tables.places(sheet))
if sheet.plots:
    plot = sheet_tables.plot(sheet, components.choice("Comparer", sheet_tables.funnels(sheet), "entonnoir"))
    summary, note = sheet_charts.funnel_summary(plot), sheet_tables.funnel_note(sheet, plot)
    components.chart(sheet_charts.funnel(sheet, plot), summary, note, figures=sheet_tables.funnel(sheet, plot))
components.explain("quartiers_entonnoir")

st.header("Ce qui revient, ce qui est suivi", anchor=False)
components.tiles(sheet_texts.follow_up(sheet))
components.table(*sheet_texts.follow_up_table(sheet), "suites")
components.explain("quartiers_suites")
