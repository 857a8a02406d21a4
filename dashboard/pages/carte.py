"""Carte de chaleur: where things happen, for the presence there was."""

import streamlit as st

from dashboard import filters, maps

st.title("Carte de chaleur", anchor=False)
chosen = maps.view(filters.shared())
maps.show(chosen)
maps.method()
maps.details(chosen)
maps.tables(chosen)
