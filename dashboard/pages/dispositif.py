"""Dispositif: the claims of the service, each with its figures, what they may say and what they can't prove."""

import streamlit as st

from dashboard import claims, components, filters

chosen = filters.shared()

st.title("Dispositif", anchor=False)
if note := claims.scope_note(chosen):
    components.say(note)
page = claims.page(chosen)
if page is None or page.is_empty:
    components.nothing_chosen()
if page:
    components.table(page.overview.columns, page.overview.rows, page.overview.caption, "affirmations")
    st.caption(page.note)
    components.explain("dispositif", label="Comment lire cette page")
    for claim in page.claims:
        components.claim(claim)
