"""Points chauds: where to go now, what stands out and since when, and how well last quarter's map did."""

from pathlib import Path

import streamlit as st

from dashboard import (
    clock,
    components,
    filters,
    hotspot_layers,
    hotspot_now,
    hotspot_scan,
    hotspots,
    maps,
)
from dashboard import hotspot_texts as texts

chosen = filters.shared()
here = Path(__file__).parent.parent
st.title("Points chauds", anchor=False)
for sheet in ("maps.css", "hotspots.css"):
    st.html(here / sheet)

at = hotspot_now.here(clock.now())
bands = hotspot_now.bands(at)
if bands:
    labels = {key: hotspot_now.band_label(band, at) for key, band in bands.items()}
    band = bands[components.choice("Où aller", labels, "points_heures")]
    st.html(hotspots.first_screen(chosen, at, band, hotspot_now.answer(chosen, at, band)))
else:
    unknown = "Les exports ne donnent pas l’heure des interventions\u00a0: ce qui suit vaut pour toute la journée."
    components.say(unknown, "Pas de «\u00a0maintenant\u00a0»")
components.explain("points_chauds_maintenant", label="Comment ces lieux sont choisis")

st.header("Ce qui dure, ce qui apparaît, ce qui recule", anchor=False)
with st.container(horizontal=True, gap="small"):
    layer = components.choice("Sur la carte", hotspot_layers.LAYERS, "points_couche")
    step = components.choice("Balayage", hotspots.STEPS, "points_pas")
job = hotspot_scan.ask(chosen, step)
found = hotspots.report(chosen, job.patient(hotspots.PATIENCE_S))
selected = maps.spot_choice(found.targets)
if found.scanned is None:
    components.progress(lambda: job.running, "Recherche des foyers dans l’espace et le temps\u00a0:")
drawn = hotspot_layers.layers(chosen, layer, found.scanned, selected)
maps.spots(drawn, found.targets, hotspot_layers.legend(chosen, layer))

if selected:
    st.html(hotspots.story_head(chosen, selected))
    components.pictures(hotspots.story(chosen, selected))
components.report(hotspots.tables(found, step))
components.explain("points_chauds", label="Comment les points chauds sont établis")

st.header("La carte du trimestre d’avant avait-elle raison\u202f?", anchor=False)
tested = hotspots.tested(chosen)
st.markdown(texts.tested_sentence(tested))
components.figures(texts.TESTED_COLUMNS, texts.tested_rows(tested), "Chaque carte sur le trimestre suivant", "epreuve")
components.explain("points_chauds_epreuve", label="Comment la carte est mise à l’épreuve")
