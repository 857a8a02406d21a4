"""Journal: who opened and exported what over the last twelve months. The supervisor's alone."""

import streamlit as st

from dashboard import components, journal
from dashboard.audit import AuditError

st.title("Journal", anchor=False)
st.caption(journal.SCOPE)
try:
    trail = journal.trail()
except AuditError as error:
    components.say(str(error), "Le journal ne peut pas être lu")
    st.stop()
if journal.put_aside():
    components.say(journal.put_aside(), "Journal incomplet")
components.tiles(journal.tiles(trail))
components.explain("journal", label="Ce que ce journal contient")

st.header("Par mois", anchor=False)
months = journal.months(trail)
components.long_table(
    journal.MONTH_COLUMNS, months, "Nombre de lignes du journal", "Rien n’est encore inscrit.", "journal_mois"
)

st.header("Par rôle", anchor=False)
roles = journal.roles(trail)
components.long_table(
    journal.ROLE_COLUMNS, roles, "Sur les douze derniers mois", "Rien n’est encore inscrit.", "journal_roles"
)

st.header("Ligne à ligne", anchor=False)
action = components.choice("Action", journal.CHOICES, "journal_action")
rows = journal.rows(trail, action)
components.long_table(journal.ENTRY_COLUMNS, rows, "Le plus récent d’abord", "Aucune ligne pour ce choix.", "journal")
