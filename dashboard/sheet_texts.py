"""A neighbourhood's sheet in French: tiles, what is particular to it, rates, follow-up, and what is missing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, MutableMapping, Sequence
from typing import Any

from dashboard import formats
from dashboard.filters import Filters
from dashboard.indicators.comparison import Delay, Delays
from dashboard.markup import Column, element, plain, text
from dashboard.sheet_facts import About
from dashboard.sheet_words import MEASURES, against, change, is_up, made_of, n_of, period, reading, value
from dashboard.sheets import Contrast, Sheet

Tile = tuple[str, str, str]
SHEET, SEEN = "fiche", "fiche_filtre"
RATE_COLUMNS = [Column(name) for name in ("Mesure", "Ici", "Autres quartiers", "Écart", "Lecture")]
LISTED = 5


def options(known: Iterable[About]) -> dict[str, str]:
    """Names of the neighbourhoods to choose from, each different from the others."""
    rows = list(known)
    seen = Counter(one.name for one in rows)
    return {one.id: plain(one.name if seen[one.name] == 1 else f"{one.name} ({one.id})") for one in rows}


def first(known: Sequence[About], chosen: Filters) -> str:
    """The neighbourhood whose sheet opens: the one chosen in the shared filters, else the first by name."""
    ids = [one.id for one in known]
    return next((zone for zone in chosen.neighbourhoods if zone in ids), ids[0])


def opened(state: MutableMapping[Any, Any], known: Sequence[About], chosen: Filters) -> str:
    """Identifier of the sheet to open first; in the state of the page, follow the shared filter when it changes."""
    before = state.get(SEEN)
    state[SEEN] = chosen.neighbourhoods
    is_new = before is not None and before != chosen.neighbourhoods and chosen.neighbourhoods
    if is_new and state.get(SHEET) not in chosen.neighbourhoods:
        state[SHEET] = first(known, chosen)
    return first(known, chosen)


def tiles(known: Sheet) -> list[Tile]:
    """Who lives there and what was counted, each with its source."""
    about, here = known.about, known.here
    year = f" ({about.population_date[:4]})" if about.population_date else ""
    residences = formats.plural(about.residences, "résidence connue", "résidences connues")
    homes = formats.number(about.dwellings) if about.dwellings else formats.NOT_GIVEN
    hours = f"{formats.number(here.hours)}\u00a0h" if here.hours else formats.NOT_OBSERVED
    area = formats.NOT_GIVEN if about.area_km2 is None else f"{formats.number(about.area_km2, 2)}\u00a0km²"
    density = ""
    if about.area_km2 and about.population:
        density = f", soit {formats.number(about.population / about.area_km2)} hab. au km²"
    return [
        (
            "Habitants",
            formats.number(about.population) if about.population else formats.NOT_GIVEN,
            f"{about.population_source or 'sans source'}{year}" if about.population else "",
        ),
        ("Logements", homes, f"somme des logements de {residences}" if about.dwellings else "aucune résidence connue"),
        ("Superficie", area, "" if about.area_km2 is None else f"contour du quartier{density}"),
        ("Interventions", formats.number(here.interventions), period(known)),
        ("Patrouille", hours, _hours_source(known)),
    ]


def missing(known: Sheet) -> str:
    """What this sheet can't say, and why; HTML."""
    here, said = known.here, []
    if here.interventions == 0:
        said.append("Aucune intervention ne répond à ce choix dans ce quartier.")
    if not known.is_presence_known:
        said.append(
            "Aucune heure de présence n’est connue\u00a0: il n’y a pas de taux pour 100\u00a0h, et un nombre dit aussi "
            "où l’équipe est allée."
        )
    elif here.hours == 0:
        said.append("Aucune patrouille n’est connue ici sur la période\u00a0: ce quartier est non observé.")
    elif here.timetable_hours:
        said.append(
            f"{formats.number(here.timetable_hours)}\u00a0h sur {formats.number(here.hours)} viennent de l’horaire "
            "prévu, qui ne dit pas où était l’équipe\u00a0: chaque quartier les compte toutes, et sur ces heures un "
            "écart entre quartiers compare des nombres."
        )
    if known.others == 0:
        said.append("Il n’y a pas d’autre quartier auquel comparer celui-ci.")
    if known.about.population is None:
        said.append("La population n’est pas connue\u00a0: il n’y a pas de taux par habitant.")
    if known.is_presence_known and (known.chosen.registers or known.chosen.motifs):
        said.append("Les heures restent celles de la patrouille, tous motifs et registres confondus.")
    notes = "".join(element("p", text(one, 400)) for one in said)
    return element("div", notes, "opt-say", role="note") if said else element("div", "")


def particular(known: Sheet) -> str:
    """What is particular to the neighbourhood, in sentences with their intervals; HTML."""
    items = [_rate_sentence(one) for one in known.contrasts if one.is_particular and one.kind in MEASURES]
    for kind, more, less in (
        ("motif", "Motifs plus fréquents qu’ailleurs", "Motifs moins fréquents qu’ailleurs"),
        ("heure", "Heures plus chargées que son niveau d’ensemble", "Heures moins chargées que son niveau d’ensemble"),
    ):
        found = [one for one in known.contrasts if one.is_particular and one.kind == kind]
        for title, group in ((more, _sides(found, up=True)), (less, _sides(found, up=False))):
            if group:
                items.append(_group(title, group))
    if not items:
        return element("p", text(f"Rien de particulier établi. {_looks(known)}", 600))
    return element("ul", "".join(element("li", item) for item in items)) + element("p", text(_looks(known), 600))


def rate_rows(contrasts: Iterable[Contrast]) -> list[list[str]]:
    """Rows of RATE_COLUMNS."""
    return [
        [
            MEASURES[one.kind][0],
            f"{value(one, one.here)}, {n_of(one)}" if not math.isnan(one.here.value) else value(one, one.here),
            value(one, one.others),
            change(one),
            reading(one),
        ]
        for one in contrasts
    ]


def follow_up(known: Sheet) -> list[Tile]:
    """What came again and what partners answered."""
    again, answers = known.again.here, known.answers
    if again.n == 0 and answers.returned.n == 0:
        return []
    returned, referred = answers.returned, answers.referred
    return [
        (
            "Revenues dans les 30 jours",
            formats.percent(again.incidence.value),
            made_of(
                again.incidence,
                f"{formats.plural(again.n, 'situation')} en {formats.plural(again.places, 'lieu', 'lieux')}",
            ),
        ),
        (
            "Relais fait le jour même",
            formats.percent(referred.within[0].value),
            made_of(referred.within[0], formats.plural(referred.n, "relais", "relais")),
        ),
        (
            "Retour en 7 jours",
            formats.percent(returned.within[7].value),
            made_of(returned.within[7], formats.plural(returned.n, "relais", "relais")),
        ),
        (
            "Retour en 30 jours",
            formats.percent(returned.within[30].value),
            made_of(
                returned.within[30],
                f"{formats.plural(returned.n, 'relais', 'relais')}, dont {formats.number(returned.done)} avec retour",
            ),
        ),
        ("Délai médian de retour", _days(returned.median), _days_interval(answers.returned)),
    ]


def follow_up_table(known: Sheet) -> tuple[list[Column], list[list[str]], str]:
    """Columns, rows and title of what came again and what came back, here and elsewhere."""
    rows = rate_rows([known.again.contrast, known.answers.contrast])
    return RATE_COLUMNS, rows, ". ".join(["Suites, face aux autres quartiers", *follow_up_notes(known)])


def follow_up_notes(known: Sheet) -> list[str]:
    """What the follow-up leaves out."""
    said = [] if known.again.here.n else ["Aucun lieu cité avec un motif\u00a0: rien ne dit ce qui revient"]
    if not known.answers.returned.n:
        said.append("Aucun relais daté vers un partenaire")
    if known.answers.unusable:
        count = formats.plural(known.answers.unusable, "relais", "relais")
        said.append(f"{count} aux dates contradictoires ou au retour non daté ne sont pas comptés")
    return said


def _sides(found: Iterable[Contrast], *, up: bool) -> list[Contrast]:
    return [one for one in found if is_up(one) == up]


def _group(title: str, found: Sequence[Contrast]) -> str:
    """The best established ones, in the order of the sheet."""
    kept = sorted(found, key=lambda one: one.change.p_value)[:LISTED]
    shown = [one for one in found if one in kept]
    lines = [element("li", text(_line(one), 400)) for one in shown]
    if len(found) > LISTED:
        lines.append(
            element("li", text(f"et {formats.plural(len(found) - LISTED, 'autre')}, dans le tableau plus bas"))
        )
    return element("strong", text(title)) + element("ul", "".join(lines))


def _line(one: Contrast) -> str:
    what = f"{one.code}\u00a0h" if one.kind == "heure" else formats.label("motif", one.code)
    return f"{what}\u00a0: {against(one)}"


def _rate_sentence(one: Contrast) -> str:
    side = "plus élevé qu’ailleurs" if is_up(one) else "moins élevé qu’ailleurs"
    return element("strong", text(MEASURES[one.kind][0])) + text(f"\u00a0: {side}, {against(one)}", 400)


def _looks(known: Sheet) -> str:
    if not known.comparisons:
        return "Aucune comparaison possible avec les autres quartiers."
    return (
        f"{formats.plural(known.comparisons, 'comparaison')} avec les autres quartiers, taux de fausses découvertes "
        "tenu à 5\u202f% (Benjamini et Hochberg)\u00a0; intervalles de l’écart à 95\u202f%."
    )


def _days(delay: Delay) -> str:
    if math.isnan(delay.median):
        return formats.NOT_OBSERVED
    return "non atteint" if math.isinf(delay.median) else formats.plural(delay.median, "jour")


def _days_interval(returned: Delays) -> str:
    delay = returned.median
    if math.isnan(delay.median):
        return ""
    n = f"n\u00a0=\u00a0{formats.plural(returned.n, 'relais', 'relais')}"
    if math.isinf(delay.median):
        return f"la moitié n’a pas eu de retour, {n}"
    return f"de {formats.interval(delay.low, delay.high, 0)} jours, {n}"


def _hours_source(known: Sheet) -> str:
    if not known.here.hours:
        return ""
    return "dont une part tirée de l’horaire prévu" if known.here.timetable_hours else "export de présence"
