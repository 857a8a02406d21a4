"""Synthèse, as it is published: a landlord's own property first, key figures, motifs, against the year before."""

import streamlit as st

from dashboard import report_widgets

st.title("Synthèse", anchor=False)
report_widgets.sections("patrimoine", "chiffres_cles", "activite", "motifs")
