"""Carte de chaleur, as it is published: places and squares, and what became of those of the period before."""

import streamlit as st

from dashboard import report_widgets

st.title("Carte de chaleur", anchor=False)
report_widgets.sections("ou", "points_chauds")
