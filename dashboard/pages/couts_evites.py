"""Coûts évités: what landlords' ledgers measure, then what is only supposed, then how it is computed."""

import streamlit as st

from dashboard import components, cost_known, cost_measured, cost_settings, costs, filters, ledger_template
from dashboard import cost_widgets as widgets
from dashboard.warehouse import build_info

territory, whose = build_info().territory, cost_measured.landlords()


def measured(landlord: str, stated: cost_settings.Costs | None) -> cost_measured.Measured | None:
    """What a ledger shows; None without one."""
    months = cost_measured.months(landlord or None)
    if not months:
        components.say(cost_known.no_ledger(landlord, whose), "Rien de mesuré ici")
        return None
    choice, events = widgets.comparison(landlord or None, months, stated.agreement if stated else ())
    with st.spinner("Comparaison en cours…"):
        found = cost_measured.measure(choice, stated)
    st.html(cost_known.verdict(found))
    key, summary = cost_known.curve_key(found, events), cost_known.curve_summary(found)
    behind = (cost_known.MONTH_COLUMNS, cost_known.month_rows(found), "Mois par mois", "reparations_mois")
    components.chart(cost_known.curve(found, events), summary, key=key, figures=behind)
    widgets.checks(found)
    return found


@st.fragment
def supposed(landlord: str, stated: cost_settings.Costs, known: cost_measured.Measured | None) -> None:
    """What is declared: hypotheses alone, moved here without running the rest of the page again."""
    found = costs.answer(filters.shared(), landlord or None, stated, widgets.panel(stated, territory))
    components.tiles(costs.stake_tiles(found))
    if found.declared.simulation.total.p95 > 0:
        behind = (costs.PAYER_COLUMNS, costs.payer_rows(found), "Par payeur", "suppose_payeurs")
        components.chart(costs.payer_chart(found), *costs.payer_words(found), figures=behind)
        damages = costs.category_rows(found)
        components.figures(costs.CATEGORY_COLUMNS, damages, "Par dégât", "suppose_degats", "Par dégât")
        st.subheader("Ce qui changerait la réponse", anchor=False)
        behind = (costs.DRIVER_COLUMNS, costs.driver_rows(found), "Hypothèses", "suppose_hypotheses")
        components.chart(costs.driver_chart(found), *costs.driver_words(found), figures=behind)
    else:
        components.say(costs.nothing_at_risk(found), "Rien à supposer ici")
    widgets.beside(found, known)
    widgets.sources(found)


st.title("Coûts évités", anchor=False)
landlord = filters.listed("Bailleur", cost_known.names(whose), "bailleur", cost_known.ALL) or cost_known.ALL
stated, problem = cost_settings.costs_or_why(territory)
st.header("Ce qui est mesuré", anchor=False)
known = measured(landlord, stated)
components.document("Télécharger le modèle de relevé (Excel)", ledger_template.template, ledger_template.FILE_NAME)
components.explain("couts_mesures", label="Comment lire ce verdict")
st.header("Ce qui est supposé", anchor=False)
if stated is None:
    components.say(problem, "Rien de supposé ici")
else:
    supposed(landlord, stated, known)
