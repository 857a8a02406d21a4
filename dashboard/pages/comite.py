"""Comité de pilotage: the slides of an audience and a period, presented, commented, handed out."""

import streamlit as st

from dashboard import report_widgets

st.title("Comité de pilotage", anchor=False)
report_widgets.committee()
