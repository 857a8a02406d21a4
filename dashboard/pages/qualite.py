"""Qualité des données: what became of every imported row, how complete and how fresh the records are."""

import streamlit as st

from dashboard import clock, components, filters, formats, quality
from dashboard.warehouse import build_info

chosen, build = filters.shared(), build_info()
period = formats.day_range(chosen.start, chosen.end)

st.title("Qualité des données", anchor=False)
components.tiles(quality.tiles(build, clock.today()))
components.explain("fraicheur", label="D’où viennent ces dates")

st.header("Fichiers importés", anchor=False)
rows, unreadable = quality.files()
for name, error in unreadable:
    components.say(error, f"{name} n’a pas pu être lu")
components.table(quality.FILE_COLUMNS, rows, quality.ledger_check(), "fichiers_importes")
components.explain("fichiers")

st.header("Lignes rejetées", anchor=False)
reasons = quality.reasons()
components.long_table(quality.REASON_COLUMNS, reasons, "Raisons, tous fichiers", "Aucune ligne rejetée.", "rejets")
if reasons:
    components.download(quality.rejected_lines, "lignes_rejetees", "Toutes les lignes rejetées")
components.explain("rejets")

st.header("Avertissements", anchor=False)
warned = quality.warnings()
caption = "Lignes gardées, avec une réserve"
components.long_table(quality.WARNING_COLUMNS, warned, caption, "Aucun avertissement.", "avertissements")
components.explain("avertissements")

st.header("Complétude par colonne", anchor=False)
tables = quality.completeness()
if tables:
    table = components.choice("Table", {name: formats.label("table", name) for name in tables}, "table")
    rows, never = tables[table]
    caption = f"{formats.label('table', table)} : la moins remplie d’abord"
    components.long_table(quality.COMPLETENESS_COLUMNS, rows, caption, "Aucune colonne remplie.", "completude")
    st.caption(never)
components.explain("completude")

st.header("Comment les lieux ont été trouvés", anchor=False)
rows, note = quality.location(chosen)
caption, none = f"Interventions {period}", "Aucune intervention dans la période."
components.long_table(quality.LOCATION_COLUMNS, rows, caption, none, "localisation")
st.caption(note)
components.explain("localisation")

st.header("Jours de service sans saisie ou sans présence", anchor=False)
columns, rows = quality.months(chosen)
st.caption(quality.service_note(build, has_timetable=columns == quality.MONTH_COLUMNS))
components.long_table(columns, rows, f"Tout le service, {period}", "Aucun jour dans la période.", "mois_saisie")
days = quality.missing_days(chosen)
components.figures(quality.DAY_COLUMNS, days, "Jours à vérifier", "jours_a_verifier", "Voir les jours à vérifier")
components.explain("jours")
