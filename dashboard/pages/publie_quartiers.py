"""Quartiers, as they are published: one against the rest of the territory."""

import streamlit as st

from dashboard import report_widgets

st.title("Quartiers", anchor=False)
report_widgets.neighbourhood()
