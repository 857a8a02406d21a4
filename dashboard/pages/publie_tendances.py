"""Tendances, as they are published: by month, by hour and weekday."""

import streamlit as st

from dashboard import report_widgets

st.title("Tendances", anchor=False)
report_widgets.sections("activite", "quand")
