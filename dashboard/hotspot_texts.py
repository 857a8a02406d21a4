"""What the page of hotspots says: sentences, rows of tables, the list of where to go. French; no Streamlit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dashboard import formats, map_content
from dashboard.filters import Filters, bounds
from dashboard.hotspot_ages import LASTING, NEW, History, history
from dashboard.hotspot_cells import CellMap, Tested
from dashboard.hotspot_clock import Moment
from dashboard.hotspot_now import Answer, Band, conditions, main_motifs, motif_words, span
from dashboard.hotspot_places import Ranking, Spot, ranking
from dashboard.hotspot_scan import LONGEST, Scanned, Step
from dashboard.hotspot_story import Hour, Target, hours, motif_counts
from dashboard.hotspot_zones import Hours, presence, zones
from dashboard.indicators.hotspots import Basis
from dashboard.indicators.rates import Rate
from dashboard.indicators.validation import LEAST_EVENTS, Comparison
from dashboard.indicators.zones import service_order
from dashboard.markup import Column, element, text
from dashboard.warehouse import build_info

NONE = "aucun point chaud établi"
# One marker a state, beside its word.
MARKS = {NEW: "▲", LASTING: "●", "en recul": "▼", "intermittent": "◌"}
LISTED = 20
BY_RATE = "Comparés par heure de patrouille, parce que la présence diffère d’un quartier à l’autre."
BY_COUNT = "Comparés en nombre, parce que la présence connue est la même partout."
NO_PRESENCE = "Comparés en nombre, faute de présence connue\u00a0: un nombre dit aussi où l’équipe est allée."


def basis_words(basis: Basis) -> str:
    """What zones are compared by, and why."""
    if basis == "taux":
        return BY_RATE
    return NO_PRESENCE if build_info().presence_source == "aucune" else BY_COUNT


def when(moment: Moment, band: Band) -> str:
    """What hour and day the first screen speaks of."""
    day = f"{formats.weekday(moment.weekday)} {formats.day(moment.service_date)}"
    if moment.is_open is False and moment.starts is not None:
        opens = f"{moment.starts:%H}\u00a0h\u00a0{moment.starts:%M}".removesuffix("\u00a000")
        return f"Hors service. Prochain service\u00a0: {day} à {opens}. Ici, {span(band.hours)}."
    unknown = "" if moment.is_open else " (horaires du service inconnus)"
    return f"{day[0].upper()}{day[1:]}, {span(band.hours)}{unknown}."


def nowhere(chosen: Filters, answer: Answer) -> str:
    """When nothing is established at these hours."""
    if not answer.n:
        asked = f"{span(answer.asked.hours)} {formats.day_range(chosen.start, chosen.end)}"
        return (
            f"Aucune intervention connue {asked}\u00a0: rien ne dit où aller à ces heures. "
            "Les points chauds toutes heures confondues sont plus bas."
        )
    return (
        f"{NONE[0].upper()}{NONE[1:]} {span(answer.asked.hours)}\u00a0: {formats.plural(answer.n, 'intervention')} à "
        f"ces heures {formats.day_range(chosen.start, chosen.end)}, aucun écart que le hasard n’explique. "
        "Les points chauds toutes heures confondues sont plus bas."
    )


def under(chosen: Filters, answer: Answer) -> str:
    """What the list rests on."""
    return (
        f"{formats.plural(answer.n, 'intervention')} à ces heures {formats.day_range(chosen.start, chosen.end)}. "
        f"{formats.number(answer.compared)} comparaisons, corrigées ensemble (5\u202f% de fausses alertes au plus)."
        f"{planned(chosen)}"
    )


def planned(chosen: Filters) -> str:
    """How much of the patrol hours comes from the timetable; nothing when none does."""
    rows = presence(chosen).to_dict("records")
    total, timetable = (sum(float(row[name]) for row in rows) for name in ("hours", "timetable_hours"))
    if not timetable:
        return ""
    if timetable >= total:
        return " Heures de patrouille\u00a0: celles des horaires prévus, la présence n’étant pas relevée."
    if ranking(chosen).basis == "comptes":
        return f" Heures de patrouille\u00a0: {formats.percent(timetable / total, 1)} viennent des horaires prévus."
    return " Les jours dont la présence n’est connue que par les horaires prévus ne comptent pas dans les taux."


def go(chosen: Filters, answer: Answer) -> str:
    """The list of where to go, one zone a line. HTML."""
    return element("ol", "".join(_line(chosen, spot, when) for spot, when in answer.spots), "opt-go")


def _line(chosen: Filters, spot: Spot, when: Hours) -> str:
    words = motif_words(main_motifs(chosen, (spot.zone,), zones().cell_m, when.hours))
    age = history(chosen, (spot.zone,))
    where = element("strong", text(spot.name)) + element("span", text(spot.neighbourhood), "opt-go-where")
    told = ", ".join(part for part in (_since(age), f"établi sur {conditions(when)}") if part)
    return element(
        "li",
        element("p", where)
        + element("p", text(f"{words}. {how_much(spot)}"))
        + element("p", badge(age) + text(f" {told}"), "opt-go-age"),
    )


def how_much(spot: Spot) -> str:
    """What to expect in an hour of patrol, with its interval; the number seen where no hours are known."""
    if spot.hours:
        end = f"{_interval(spot.per_hour, 2)}, n\u00a0=\u00a0{formats.number(spot.observed)}"
        return f"{formats.number(spot.per_hour.value, 2)} par heure de patrouille ({end})"
    seen = formats.plural(spot.observed, "intervention")
    return f"{seen} pour {formats.number(spot.expected, 1)} attendues"


def _interval(rate: Rate, decimals: int) -> str:
    return formats.interval(rate.low, rate.high, decimals)


def badge(age: History | None) -> str:
    """The age of a hotspot: a mark and a word. HTML."""
    label = age.label if age else "ancienneté non établie"
    mark = element("i", MARKS.get(label, "○"), aria_hidden="true")
    css = {NEW: "is-new", "en recul": "is-fading"}.get(label, "is-lasting")
    return element("span", mark + text(label), f"opt-age {css}")


def _since(age: History | None) -> str:
    if age is None or age.since is None:
        return ""
    known = bounds()
    is_first = known is not None and (age.since - known.first).days < 31  # noqa: PLR2004 - the first month
    return f"depuis {formats.long_month(age.since)}{' au moins' if is_first else ''}"


def age_words(age: History | None) -> str:
    """« nouveau, depuis mai 2026 »."""
    label = age.label if age else "ancienneté non établie"
    since = _since(age)
    return f"{MARKS.get(label, '○')} {label}" + (f", {since}" if since else "")


def hour_words(found: Sequence[Hour]) -> str:
    """« 21 h – 1 h »: hours with more than the neighbourhood's hours lead to expect."""
    more = {hour.hour for hour in found if hour.is_more}
    if not found:
        return "non renseignées"
    if not more:
        return "celles du quartier"
    runs: list[list[int]] = []
    for hour in service_order([hour.hour for hour in found], map_content.territory().service_day_starts.hour):
        if hour in more and runs and (runs[-1][-1] + 1) % 24 == hour:
            runs[-1].append(hour)
        elif hour in more:
            runs.append([hour])
    return ", ".join(f"{run[0]}\u00a0h – {(run[-1] + 1) % 24}\u00a0h" for run in runs)


def place_columns() -> list[Column]:
    """Columns of `place_rows`."""
    first = "Lieu" if zones().kind == "lieux" else "Carré"
    numbers = [Column(name, is_number=True) for name in ("Observé", "Attendu", "Rapport (IC\u00a095\u202f%)")]
    return [Column(first), Column("Quartier"), *numbers, *map(Column, ("Ancienneté", "Heures", "Motifs"))]


def place_rows(chosen: Filters, found: Ranking, targets: Iterable[Target]) -> list[list[object]]:
    """Zones whose excess is established, the surest first: as shown and, beside it, as downloaded."""
    return [
        [
            spot.name,
            spot.neighbourhood,
            (formats.number(spot.observed), spot.observed),
            (formats.number(spot.expected, 1), round(spot.expected, 2)),
            (f"{formats.number(spot.ratio.value, 1)} ({_interval(spot.ratio, 1)})", round(spot.ratio.value, 3)),
            age_words(history(chosen, (spot.zone,))),
            hour_words(hours(chosen, target)),
            target_motifs(chosen, target),
        ]
        for spot, target in zip(found.established, targets, strict=True)
    ]


def places_note(chosen: Filters, found: Ranking, located: tuple[int, int]) -> str:
    """What the ranked zones rest on."""
    n, total = located
    known = "lieu" if zones().kind == "lieux" else "point"
    return (
        f"{basis_words(found.basis)} {formats.number(found.compared)} {zones().nouns} comparés, "
        f"{formats.number(len(found.established))} établis à 5\u202f% de fausses alertes (Benjamini-Hochberg). "
        f"{formats.plural(n, 'intervention')} sur {formats.number(total)} avec un {known}.{planned(chosen)}"
    )


def target_motifs(chosen: Filters, target: Target) -> str:
    """Its first motifs in words."""
    return motif_words(motif_counts(chosen, target))


SECTOR_COLUMNS = [
    Column("Secteur"),
    Column("Carrés", is_number=True),
    Column("Interventions", is_number=True),
    Column("z maximal de Gi*", is_number=True),
    Column("Heures"),
    Column("Motifs"),
]


def sector_rows(chosen: Filters, found: CellMap, targets: Sequence[Target]) -> list[list[object]]:
    """Groups of significant squares."""
    by_zone = {cell.zone: cell for cell in found.cells}
    rows: list[list[object]] = []
    for target in targets:
        cells = [by_zone[zone] for zone in target.zones]
        cases, top = sum(cell.cases for cell in cells), max(cell.z for cell in cells)
        rows.append(
            [
                target.name,
                (formats.number(len(cells)), len(cells)),
                (formats.number(cases), cases),
                (formats.number(top, 1), round(top, 3)),
                hour_words(hours(chosen, target)),
                target_motifs(chosen, target),
            ]
        )
    return rows


def cells_note(found: CellMap | None) -> str:
    """What the significant squares rest on."""
    if found is None:
        return "Aucune intervention n’a de position\u00a0: pas de carrés."
    side = formats.number(found.cell_m)
    compared = f"{formats.number(found.compared)} carrés de {side}\u00a0m comparés avec leurs voisins (Gi*)"
    counted = formats.plural(found.n, "intervention localisée", "interventions localisées")
    kept = f"{formats.plural(len(found.cells), 'carré significatif', 'carrés significatifs')}"
    shown = kept if found.cells else NONE
    return f"{compared}, {counted}\u00a0: {shown}. {basis_words(found.basis)}"


CLUSTER_COLUMNS = [
    Column("Foyer"),
    Column("Dates"),
    Column("Observé", is_number=True),
    Column("Attendu", is_number=True),
    Column("p", is_number=True),
    Column("Ancienneté"),
    Column("Heures"),
    Column("Motifs"),
]


def cluster_rows(chosen: Filters, found: Scanned, targets: Sequence[Target]) -> list[list[object]]:
    """Significant clusters, the strongest first."""
    return [
        [
            target.name.split(" (", 1)[1].rsplit(", ", 1)[0],
            formats.day_range(cluster.start, cluster.end),
            (formats.number(cluster.observed), cluster.observed),
            (formats.number(cluster.expected, 1), round(cluster.expected, 2)),
            (formats.number(cluster.p, 3), cluster.p),
            age_words(history(chosen, cluster.zones)),
            hour_words(hours(chosen, target)),
            target_motifs(chosen, target),
        ]
        for cluster, target in zip(found.clusters, targets, strict=True)
    ]


def scan_note(found: Scanned, step: Step) -> str:
    """What the scan looked at, and what its p-values rest on."""
    radius = formats.number(found.radius_m)
    drawn = f"{formats.number(found.permutations)} tirages au hasard"
    if found.permutations < found.asked:
        drawn += f" sur {formats.number(found.asked)} (arrêt dès que la réponse était certaine)"
    noun = f"{formats.number(found.zones)} {zones().nouns}"
    head = (
        f"{formats.day_range(found.first, found.last)[:1].upper()}{formats.day_range(found.first, found.last)[1:]}, "
        f"quelle que soit la période choisie\u00a0: {formats.plural(found.cases, 'intervention')}, {noun}, cercles de "
        f"{radius}\u00a0m au plus, fenêtres de 1 à {LONGEST[step]} {step}. "
        + (f"{drawn}, toutes fenêtres comparées à la fois." if found.permutations else "Aucun rassemblement à tester.")
    )
    if found.clusters or found.below is None:
        return head
    return f"{head} Le plus fort rassemblement a p\u00a0=\u00a0{formats.number(found.below.p, 2)}\u00a0: {NONE}."


TESTED_COLUMNS = [
    Column("Trimestre testé"),
    Column("Interventions", is_number=True),
    Column("Carrés signalés", is_number=True),
    Column("Touchées (IC\u00a095\u202f%)", is_number=True),
    Column("PAI (IC\u00a095\u202f%)", is_number=True),
    Column("PEI", is_number=True),
    Column("Contre l’année d’avant"),
    Column("Contre le hasard"),
]


def tested_rows(found: Sequence[Tested]) -> list[list[object]]:
    """Each quarter's map on the next quarter, the latest first."""
    return [_tested_row(one) for one in reversed(found)]


def _tested_row(one: Tested) -> list[object]:
    quarter, dates = one.quarter, formats.day_range(one.start, one.end)
    head: list[object] = [dates, (formats.number(quarter.events), quarter.events)]
    head.append((formats.number(quarter.flagged), quarter.flagged))
    if quarter.score is None:
        return [*head, ("aucun carré signalé", None), ("", None), ("", None), "rien à évaluer", "rien à évaluer"]
    score = quarter.score
    return [
        *head,
        (formats.share(score.hit_rate), score.hit_rate.value),
        (f"{formats.number(score.pai.value, 1)} ({_interval(score.pai, 1)})", score.pai.value),
        (formats.number(score.pei.value, 2), score.pei.value),
        _against(quarter.last_year),
        _against(quarter.uniform),
    ]


def _against(compared: Comparison) -> str:
    if compared.outcome == "non observé":
        return "pas d’année avant"
    return f"{compared.outcome} ({formats.percent(compared.naive)})"


def tested_sentence(found: Sequence[Tested]) -> str:
    """How last quarter's map did, in a sentence."""
    if not found:
        return (
            "Pas encore deux trimestres de données localisées\u00a0: la carte ne peut pas encore être mise à l’épreuve."
        )
    last = found[-1]
    score, dates = last.quarter.score, formats.day_range(last.start, last.end)
    if score is None:
        return f"La carte du trimestre d’avant ne signalait aucun carré\u00a0: rien à évaluer {dates}."
    if not score.events:
        return f"Aucune intervention localisée {dates}\u00a0: la carte ne peut pas être évaluée."
    part = formats.percent(score.extent_share, 0)
    start = (
        f"La carte du trimestre d’avant signalait {part} {_whole(found)}\u00a0; {formats.share(score.hit_rate)} des "
        f"{formats.number(score.events)} interventions localisées {dates} y sont tombées, soit "
        f"{formats.number(score.pai.value, 1)} fois plus qu’au hasard (PAI, {_interval(score.pai, 1)})."
    )
    return " ".join((start, *_verdicts(last)))


def _whole(found: Sequence[Tested]) -> str:
    return "de ce qui est patrouillé" if found[-1].is_rate else "de la surface"


def _verdicts(last: Tested) -> list[str]:
    quarter = last.quarter
    if quarter.events < LEAST_EVENTS:
        return [f"Moins de {LEAST_EVENTS} interventions\u00a0: non concluant."]
    words = {"mieux": "C’est mieux que", "moins bien": "C’est moins bien que", "non concluant": "Non concluant contre"}
    said = []
    if quarter.uniform.outcome in words:
        said.append(f"{words[quarter.uniform.outcome]} le hasard.")
    if quarter.last_year.outcome in words:
        naive = formats.percent(quarter.last_year.naive)
        said.append(
            f"{words[quarter.last_year.outcome]} le simple compte de l’année d’avant sur autant de carrés ({naive})."
        )
    return said
