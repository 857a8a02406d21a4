"""Coûts évités, as they are published: what is measured in the words of its verdict, what is only supposed."""

import streamlit as st

from dashboard import report_widgets

st.title("Coûts évités", anchor=False)
report_widgets.sections("couts")
