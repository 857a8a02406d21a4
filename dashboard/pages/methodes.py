"""Méthodes: how every figure is computed, what it supposes and where it stops being true."""

import streamlit as st

from dashboard import components, methods

st.title("Méthodes", anchor=False)
components.methods(methods.sections())
