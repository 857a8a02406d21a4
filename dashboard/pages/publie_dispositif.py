"""Dispositif, as it is published: requests and publics, partners, technical alerts, school actions."""

import streamlit as st

from dashboard import report_widgets

st.title("Dispositif", anchor=False)
report_widgets.sections("demandes", "partenaires", "alertes", "ecoles", "qualite")
