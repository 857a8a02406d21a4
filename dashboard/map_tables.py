"""The map's figures as text: tables to read, tables to download, and the sentence under each map. No Streamlit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date

import pandas as pd

from dashboard import formats, map_figures, map_geography
from dashboard.indicators.rates import Rate, rate_ratio, verdict
from dashboard.indicators.zones import Zone
from dashboard.map_figures import Figures, Panel, Peak
from dashboard.warehouse import build_info

RATE_HOURS = "Pour 100\u00a0h de patrouille (IC\u00a095\u202f%)"
RATE_INHABITANTS = "Pour 1\u202f000 habitants et par an (IC\u00a095\u202f%)"
RATE_YEAR = "Par an (IC\u00a095\u202f%)"
NO_POPULATION = "population inconnue"
# Columns that are not plain numbers.
TEXTS = frozenset({"Quartier", "Lieu le plus proche", RATE_HOURS, RATE_INHABITANTS, RATE_YEAR})


def per_hours(zone: Zone) -> str:
    """Rate per 100 patrol hours with its interval; « non observé » without presence."""
    return formats.rate(zone.per_hours)


def per_inhabitants(zone: Zone) -> str:
    """Rate per 1,000 inhabitants and per year with its interval."""
    return formats.rate(zone.per_inhabitants) if zone.population else NO_POPULATION


def count(zone: Zone, number: int) -> str:
    """A number of records; none where no patrol was is « non observé », not 0."""
    return formats.number(number if number or zone.is_observed else None)


def rate_of(zone: Zone, measure: str) -> Rate:
    """A neighbourhood's rate: per « heures », « habitants » or « annee »."""
    return {"heures": zone.per_hours, "habitants": zone.per_inhabitants, "annee": zone.per_year}[measure]


def measured(zone: Zone, measure: str, *, is_short: bool = False) -> str:
    """The same with its interval (unless short), or why there is none."""
    if is_short and not math.isnan(value := rate_of(zone, measure).value):
        return formats.number(value, 1)
    return per_inhabitants(zone) if measure == "habitants" else formats.rate(rate_of(zone, measure))


def hours(zone: Zone) -> str:
    """Patrol hours, « non observé » when there are none."""
    return f"{formats.number(zone.hours, 1)}\u00a0h" if zone.hours else formats.NOT_OBSERVED


def population(zone: Zone) -> str:
    """Inhabitants with their source and date."""
    if zone.population is None:
        return formats.NOT_GIVEN
    told = [part for part in (zone.population_source, _as_day(zone.population_date)) if part]
    return formats.number(zone.population) + (f" ({', '.join(told)})" if told else "")


def _as_day(text: str | None) -> str | None:
    """A date as people write it; another text (« RP 2021 ») as it is."""
    try:
        return f"au {formats.day(date.fromisoformat(text))}" if text else None
    except ValueError:
        return text


def zones_table(figures: Figures) -> pd.DataFrame:
    """One row per neighbourhood and one for all: the figures of the map, as text."""
    rows = [*figures.zones, *([figures.whole] if len(figures.zones) > 1 else [])]
    columns = {
        "Quartier": [zone.name for zone in rows],
        "Interventions": [count(zone, zone.interventions) for zone in rows],
        "Demandes": [count(zone, zone.requests) for zone in rows],
        "Avec un point": [count(zone, zone.located) for zone in rows],
    }
    if map_figures.per_hours():
        columns["Patrouille"] = [hours(zone) for zone in rows]
        columns[RATE_HOURS] = [per_hours(zone) for zone in rows]
    else:
        columns[RATE_YEAR] = [formats.rate(zone.per_year) for zone in rows]
    if map_geography.geography().is_population_known:
        columns[RATE_INHABITANTS] = [per_inhabitants(zone) for zone in rows]
    return pd.DataFrame(columns)


def zones_download(panels: Sequence[Panel]) -> pd.DataFrame:
    """The same figures as numbers, every panel after the other."""
    rows = []
    for panel in panels:
        figures = map_figures.figures(panel)
        rows += [
            {
                "Période": panel.title,
                "Quartier": zone.name,
                "Interventions": zone.interventions,
                "Demandes": zone.requests,
                "Interventions avec un point": zone.located,
                "Interventions des jours à présence connue": zone.observed,
                "Heures de patrouille": round(zone.hours, 2) if zone.hours else None,
                **_ends("pour 100 h", zone.per_hours),
                "Habitants": zone.population,
                "Source de la population": zone.population_source,
                "Date de la population": zone.population_date,
                **_ends("pour 1 000 habitants et par an", zone.per_inhabitants),
                **_ends("par an", zone.per_year),
            }
            for zone in figures.zones
        ]
    return _marked(pd.DataFrame(rows))


def _ends(unit: str, rate: Rate) -> dict[str, float | None]:
    known = not math.isnan(rate.value)
    names = (f"Taux {unit}", f"Taux {unit}, borne basse", f"Taux {unit}, borne haute")
    ends = (rate.value, rate.low, rate.high)
    return {name: round(end, 3) if known else None for name, end in zip(names, ends, strict=True)}


def _marked(frame: pd.DataFrame) -> pd.DataFrame:
    """A download says that its data are fictional."""
    return frame.assign(Avertissement="Données fictives") if build_info().fictional else frame


def peaks_table(peaks: Sequence[Peak], names: dict[str, str], bandwidth_m: float) -> pd.DataFrame:
    """Summits of the density, highest first, numbered as on the map."""
    columns = {
        "Sommet": [str(rank) for rank, _ in enumerate(peaks, 1)],
        "Densité": [density(peak.value) for peak in peaks],
        f"Interventions à moins de {bandwidth_m:.0f}\u00a0m": [formats.number(peak.near) for peak in peaks],
    }
    if map_geography.geography().outlines:
        columns["Quartier"] = [names.get(peak.zone or "", formats.NOT_GIVEN) for peak in peaks]
    if any(peak.place for peak in peaks):
        columns["Lieu le plus proche"] = [peak.place or "aucun lieu connu" for peak in peaks]
    return pd.DataFrame(columns)


def places_table(places: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """Places by number of interventions."""
    return pd.DataFrame(
        {
            "Lieu": places["name"].fillna(places["place_id"]),
            "Quartier": places["neighbourhood_id"].map(lambda zone: names.get(zone, formats.NOT_GIVEN)),
            "Interventions": places["interventions"],
            "Demandes": places["requests"],
        }
    )


def places_download(panels: Sequence[Panel], names: dict[str, str]) -> pd.DataFrame:
    """Every place of every panel."""
    frames = [places_table(map_figures.places(panel), names).assign(Période=panel.title) for panel in panels]
    return _marked(pd.concat(frames, ignore_index=True))


def details_table(zone_id: str, panels: Sequence[Panel]) -> pd.DataFrame:
    """One neighbourhood: a row a figure, a column a map."""
    table = {"Chiffre": ["Interventions (n)", "dont demandes", "dont placées sur la carte", *_exposed()]}
    for panel in panels:
        table[panel.name] = _details(_zone(zone_id, panel), len(table["Chiffre"]))
    return pd.DataFrame(table)


def _exposed() -> list[str]:
    names = ["dont jours de présence connue", "Patrouille", RATE_HOURS] if map_figures.per_hours() else [RATE_YEAR]
    return [*names, RATE_INHABITANTS] if map_geography.geography().is_population_known else names


def _zone(zone_id: str, panel: Panel) -> Zone | None:
    return next((zone for zone in map_figures.figures(panel).zones if zone.id == zone_id), None)


def _details(zone: Zone | None, rows: int) -> list[str]:
    if zone is None:
        return ["hors du choix de quartiers"] + [""] * (rows - 1)
    counts = [count(zone, number) for number in (zone.interventions, zone.requests, zone.located)]
    if map_figures.per_hours():
        counts += [count(zone, zone.observed), hours(zone), per_hours(zone)]
    else:
        counts.append(formats.rate(zone.per_year))
    return [*counts, per_inhabitants(zone)][:rows]


def details_sources(zone_id: str, panels: Sequence[Panel]) -> str:
    """Where a neighbourhood's hours and inhabitants come from."""
    zone = next((zone for panel in panels if (zone := _zone(zone_id, panel))), None)
    hours_from = "\u00a0; ".join(dict.fromkeys(exposure(map_figures.figures(panel)) for panel in panels))
    told = f"Ensemble\u00a0: {hours_from}." if map_figures.per_hours() else ""
    is_known = zone and map_geography.geography().is_population_known
    return f"{told} Habitants\u00a0: {population(zone)}.".strip() if zone and is_known else told


def comparison(zone_id: str, panels: Sequence[Panel]) -> str:
    """Last map against the first: exact ratio of rates per patrol hour, and what it allows to say."""
    first, last = (_zone(zone_id, panel) for panel in (panels[0], panels[-1]))
    if first is None or last is None or not map_figures.per_hours():
        return ""
    after, before = panels[-1].name.lower(), panels[0].name.lower()
    about = f"Pour 100\u00a0h de patrouille, «\u00a0{after}\u00a0» par rapport à «\u00a0{before}\u00a0»\u00a0: "
    if len({map_figures.sources(map_figures.figures(panel)) for panel in panels}) > 1:
        return f"{about}pas de comparaison, les heures n’ont pas la même source."
    if not (first.hours and last.hours):
        return about + formats.NOT_OBSERVED
    ratio = rate_ratio(last.observed, last.hours, first.observed, first.hours)
    return f"{about}{verdict(ratio)}, {formats.ratio_change(ratio)}."


def tip(zone: Zone) -> list[str]:
    """What hovering over a neighbourhood says."""
    is_nought = not (zone.interventions or zone.is_observed)
    counted = [zone.name, formats.plural(None if is_nought else zone.interventions, "intervention")]
    if not map_figures.per_hours():
        return [*counted, f"Par an\u00a0: {formats.rate(zone.per_year)}"]
    return [*counted, f"Patrouille\u00a0: {hours(zone)}", f"Pour 100\u00a0h\u00a0: {per_hours(zone)}"]


def unknown(found: Iterable[Zone], measure: str) -> str | None:
    """What hatched neighbourhoods lack; None when every rate is known."""
    hatched = [zone for zone in found if math.isnan(rate_of(zone, measure).value)]
    return " ou ".join(sorted({measured(zone, measure) for zone in hatched})) or None


def density(value: float) -> str:
    """A density with about three significant figures."""
    return formats.number(value, 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3)  # noqa: PLR2004


def unit() -> str:
    """Unit of the density of this build."""
    return "par hectare et pour 100 h de patrouille" if map_figures.per_hours() else "par hectare et par an"


def density_statement(figures: Figures, n: int, bandwidth_m: float) -> str:
    """Under a density: its n, its hours, its bandwidth, and what it leaves out."""
    base = f"n = {formats.number(n)}\u00a0; {exposure(figures)}\u00a0; lissage de {bandwidth_m:.0f}\u00a0m. "
    told = f"Placées au centre d’un carré de 100\u00a0m, car anciennes\u00a0: {formats.number(figures.coarse)}. "
    return base + (told if figures.coarse else "") + left_out(figures, n)


def rates_statement(figures: Figures) -> str:
    """Under rates: their n, their hours, and the interventions that belong to no neighbourhood."""
    outside = f"\u00a0; {formats.number(figures.outside)} hors périmètre, en plus" if figures.outside else ""
    return f"n = {formats.number(figures.whole.interventions)}{outside}\u00a0; {exposure(figures)}."


def places_statement(figures: Figures, places: pd.DataFrame, shown: int) -> str:
    """Under places: their n, and the interventions that no circle shows."""
    counted = sum(places["interventions"].tolist())
    others = figures.whole.interventions + figures.outside - counted
    if not counted:
        return f"Absentes de la carte\u00a0: {formats.number(others)} sans lieu connu." if others > 0 else ""
    told = f"n = {formats.number(counted)} dans {formats.plural(len(places), 'lieu', 'lieux')}."
    if len(places) > shown:
        told += f" Les {formats.number(shown)} plus cités sont dessinés."
    return told + (f" Absentes de la carte\u00a0: {formats.number(others)} sans lieu connu." if others > 0 else "")


def exposure(figures: Figures) -> str:
    """Patrol hours or days that a panel's rates divide by, and where they come from."""
    if not map_figures.per_hours():
        return formats.plural(figures.days, "jour couvert", "jours couverts") + ", présence inconnue"
    if not figures.whole.hours:
        return "aucune heure de patrouille connue"
    planned = f"{formats.number(figures.timetable_hours, 1)}\u00a0h"
    source = {
        frozenset({"presence"}): "export de présence",
        frozenset({"horaires"}): "horaires du service, présence réelle inconnue",
    }.get(map_figures.sources(figures), f"dont {planned} d’après les horaires, faute de présence connue")
    return f"{hours(figures.whole)} de patrouille ({source})"


def _not_counted() -> str:
    """Why an intervention with a point is in no density."""
    if not map_figures.per_hours():
        return "loin de toutes les autres"
    unknown_days = "de jours sans présence connue"
    return unknown_days if map_geography.geography().outlines else f"{unknown_days} ou loin de toutes les autres"


def left_out(figures: Figures, n: int | None = None) -> str:
    """What a map can't show, said rather than filled in."""
    whole = figures.whole
    kinds = [
        (whole.interventions - whole.located, "sans point, connues par leur quartier seul"),
        (figures.outside, "hors périmètre"),
        (figures.hour_unknown, "sans heure connue"),
        (whole.located - n if n is not None else 0, _not_counted()),
    ]
    told = [f"{formats.number(count)} {kind}" for count, kind in kinds if count > 0]
    return f"Absentes de la carte\u00a0: {', '.join(told)}." if told else ""
