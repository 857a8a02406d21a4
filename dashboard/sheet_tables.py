"""Tables of a neighbourhood's sheet, in French: hours, motifs, places, funnels, and what each leaves out."""

from __future__ import annotations

import math
from collections.abc import Iterable

from dashboard import formats, sheet_hours
from dashboard.indicators.comparison import ALARM, LEAST_UNITS, Position
from dashboard.indicators.rates import RateRatio
from dashboard.markup import Column, plain
from dashboard.sheet_places import Plot
from dashboard.sheet_words import change, period, reading, rounded, value
from dashboard.sheets import Contrast, Sheet

SHOWN_PLACES = 6
SEPARATOR = "\u00a0; "
MARKS = "Barres\u00a0: ce quartier\u00a0; losanges\u00a0: les autres\u00a0; traits\u00a0: intervalle à 95\u202f%"
MOTIF_COLUMNS = [
    Column("Motif"),
    Column("Interventions", is_number=True),
    *(Column(name) for name in ("Part ici", "Part ailleurs", "Écart", "Lecture")),
]
PLACE_COLUMNS = [
    Column("Lieu"),
    Column("Interventions", is_number=True),
    *(Column(name) for name in ("Taux", "Motif principal", "Parmi tous les lieux")),
]
COMPARED = {
    "residences": "résidences comparées entre elles",
    "lieux": "lieux comparés entre eux",
    "quartiers": "quartiers comparés entre eux",
}
FUNNELS = {"residences": "Résidences", "lieux": "Lieux", "quartiers": "Quartiers"}
FEW_ZONES = "Avec {count}, un entonnoir des quartiers n’apprend rien\u00a0: les écarts sont dans le tableau des taux."


def motif_rows(contrasts: Iterable[Contrast]) -> list[list[object]]:
    """Rows of MOTIF_COLUMNS, cells as shown and as downloaded."""
    return [
        [
            formats.label("motif", one.code),
            (formats.number(one.count), one.count),
            (formats.share(one.here, 1), rounded(one.here.value)),
            (formats.share(one.others, 1), rounded(one.others.value)),
            (change(one), None if isinstance(one.change, RateRatio) else rounded(one.change.difference)),
            reading(one),
        ]
        for one in contrasts
    ]


def motif_note(known: Sheet) -> str:
    """What the motifs are a share of."""
    unknown = known.here.interventions - known.here.motif_known
    left = f"\u00a0; {formats.plural(unknown, 'intervention')} sans motif ne sont pas comptées" if unknown else ""
    count = formats.plural(known.here.motif_known, "intervention")
    read = f" {MARKS}." if known.here.motif_known else ""
    return f"{period(known, capital=True)}, n\u00a0=\u00a0{count} dont le motif est connu{left}.{read}"


def motif_summary(known: Sheet) -> str:
    """What a screen reader says of the motifs' chart."""
    top = known.motifs[0]
    return (
        f"Barres des motifs les plus fréquents\u00a0; le premier, {formats.label('motif', top.code)}, fait "
        f"{formats.share(top.here, 1)} des interventions ici, {formats.share(top.others, 1)} ailleurs."
    )


def hour_columns(known: Sheet) -> list[Column]:
    """Columns of the hours' table."""
    base = "Heures de patrouille" if known.is_presence_known else "Interventions, toutes heures"
    return [
        Column("Heure"),
        Column("Interventions", is_number=True),
        Column(base, is_number=True),
        *(Column(name) for name in ("Ici", "Autres quartiers", "Par rapport à l’attendu", "Lecture")),
    ]


def hour_rows(known: Sheet) -> list[list[object]]:
    """Rows of the hours' table, cells as shown and as downloaded."""
    return [
        [
            f"{one.code}\u00a0h",
            (formats.number(one.count), one.count),
            (formats.number(one.base, 1 if known.is_presence_known else 0), round(one.base, 2)),
            (value(one, one.here), rounded(one.here.value)),
            (value(one, one.others), rounded(one.others.value)),
            (change(one), rounded(one.change.ratio) if isinstance(one.change, RateRatio) else None),
            reading(one),
        ]
        for one in known.hour_contrasts
    ]


def hour_note(known: Sheet) -> str:
    """What the hours' chart shows and leaves out."""
    unknown, outside = sheet_hours.left_out(known.about.id, known.chosen)
    if not known.hours:
        return f"{period(known, capital=True)}\u00a0: aucune heure n’est connue, il n’y a pas de profil par heure."
    what = (
        "interventions pour 100\u00a0h de patrouille" if known.is_presence_known else "part des interventions à l’heure"
    )
    counted = sum(cell.count for cell in known.hours)
    parts = [f"{period(known, capital=True)}, {what}, n\u00a0=\u00a0{formats.number(counted)}"]
    if unknown:
        parts.append(f"{formats.plural(unknown, 'intervention')} sans heure ne sont pas comptées")
    if outside:
        parts.append(f"{formats.plural(outside, 'intervention')} à une heure sans patrouille non plus")
    hatched = "\u00a0; hachures\u00a0: non observé" if known.is_presence_known else ""
    return f"{SEPARATOR.join(parts)}. {MARKS}{hatched}."


def hour_summary(known: Sheet) -> str:
    """What a screen reader says of the hours' chart."""
    seen = [one for one in known.hour_contrasts if not math.isnan(one.here.value)]
    if not seen:
        return "Profil par heure\u00a0: aucune heure observée ici."
    top = max(seen, key=lambda one: one.here.value)
    return (
        f"Profil par heure\u00a0: le plus haut à {top.code}\u00a0h, {value(top, top.here)}, "
        f"contre {value(top, top.others)}."
    )


def place_rows(known: Sheet) -> list[list[object]]:
    """Rows of PLACE_COLUMNS, the most cited first, without those where nothing happened."""
    return [
        [
            plain(place.name),
            (formats.number(place.interventions), place.interventions),
            (formats.rate(place.position.estimate, "", 1), rounded(place.position.estimate.value)),
            f"{formats.label('motif', place.motif)} ({formats.number(place.motif_count)})" if place.motif else "",
            standing(place.position),
        ]
        for place in known.places
        if place.interventions
    ]


def place_note(known: Sheet) -> str:
    """What the places' table counts, and what it leaves out."""
    if not known.about.places:
        return f"Aucun lieu n’est connu dans ce quartier\u00a0: ni tableau des lieux, ni récurrence. {few_zones(known)}"
    located = sum(place.interventions for place in known.places)
    silent = sum(not place.interventions for place in known.places)
    unit = (
        "pour 100\u00a0h de patrouille dans le quartier" if known.is_presence_known else "par an, sans heures connues"
    )
    parts = [f"{period(known, capital=True)}\u00a0; taux {unit}"]
    if known.here.interventions:
        share = formats.percent(located / known.here.interventions)
        parts.append(f"{share} des interventions du quartier ont un lieu connu")
    if silent:
        parts.append(f"{formats.plural(silent, 'lieu connu', 'lieux connus')} sans intervention")
    return f"{SEPARATOR.join(parts)}. {few_zones(known)}"


def standing(position: Position) -> str:
    """Where a unit stands in its funnel."""
    if math.isnan(position.p_value):
        return formats.NOT_OBSERVED
    if not position.side:
        return "dans les limites"
    limit = "99,8\u202f%" if position.beyond == ALARM else "95\u202f%"
    return f"{position.side} de la limite à {limit}, {'établi' if position.is_flagged else 'non concluant'}"


def funnel_columns(plot: Plot) -> list[Column]:
    """Columns of a funnel's table."""
    return [
        Column({"residences": "Résidence", "lieux": "Lieu", "quartiers": "Quartier"}[plot.kind]),
        Column("Dans"),
        *(Column(name, is_number=True) for name in ("Interventions", "Attendues")),
        Column("Taux"),
        Column("Position"),
    ]


def funnel_rows(plot: Plot) -> list[list[object]]:
    """Rows of a funnel's table: what is outside the limits first, then the highest rates."""
    pairs = zip(plot.units, plot.funnel.positions, strict=True)
    known = sorted(pairs, key=lambda pair: (-pair[1].is_flagged, -pair[1].beyond, -_rank(pair[1].estimate.value)))
    return [
        [
            plain(unit.name),
            plain(unit.zone),
            (formats.number(position.count), position.count),
            (formats.number(position.expected, 1), rounded(position.expected)),
            (formats.rate(position.estimate, "", 1), rounded(position.estimate.value)),
            standing(position),
        ]
        for unit, position in known
    ]


def funnel_unit(plot: Plot, *, per_hours: bool) -> tuple[str, str]:
    """Unit of the rate, and of the exposure."""
    if plot.kind == "residences":
        per = "100\u00a0logements et 100\u00a0h" if per_hours else "100\u00a0logements et par an"
        return f"interventions pour {per}", f"logements × {'heures de patrouille' if per_hours else 'années'}"
    if per_hours:
        return "interventions pour 100\u00a0h", "heures de patrouille" + (
            " dans le quartier du lieu" if plot.kind == "lieux" else ""
        )
    return (
        ("interventions par an", "années")
        if plot.kind == "lieux"
        else (
            "interventions pour 1\u202f000 habitants et par an",
            "habitants × années",
        )
    )


def funnel_note(known: Sheet, plot: Plot) -> str:
    """What a funnel establishes, over how many comparisons, under which variation."""
    funnel = plot.funnel
    out = sum(position.is_flagged for position in funnel.positions)
    found = formats.plural(out, "écart établi", "écarts établis") if out else "aucun écart établi"
    spread = (
        "Le hasard seul suffit à expliquer leur dispersion\u00a0: limites de Poisson exactes."
        if funnel.between == 0
        else "Leurs taux diffèrent plus que le hasard ne le ferait (écart-type relatif "
        f"{formats.percent(math.sqrt(funnel.between))})\u00a0: les limites, binomiales négatives, en tiennent compte."
    )
    return (
        f"{period(known, capital=True)}. {formats.number(funnel.comparisons)} {COMPARED[plot.kind]}, {found} "
        f"au taux de fausses découvertes de 5\u202f%. {spread} Triangle\u00a0: hors de la limite à 95\u202f% (tirets) "
        "ou à 99,8\u202f% (trait plein)\u00a0; points pleins\u00a0: ce quartier."
    )


def funnels(known: Sheet) -> dict[str, str]:
    """The funnels to choose from: those with enough units to say something."""
    return {plot.kind: FUNNELS[plot.kind] for plot in known.plots}


def few_zones(known: Sheet) -> str:
    """Why there is no funnel of neighbourhoods, where there is none."""
    if any(plot.kind == "quartiers" for plot in known.plots):
        return ""
    if known.others + 1 >= LEAST_UNITS:
        return "Ni heures de patrouille, ni population\u00a0: les quartiers ne se comparent pas en taux."
    return FEW_ZONES.format(count=formats.plural(known.others + 1, "quartier"))


def _rank(value: float) -> float:
    return value if math.isfinite(value) else -1.0


def hours(known: Sheet) -> tuple[list[Column], list[list[object]], str, str]:
    """Columns, rows, title and file name of the hours' table."""
    return hour_columns(known), hour_rows(known), "Heure par heure", _file(known, "heures")


def motifs(known: Sheet) -> tuple[list[Column], list[list[object]], str, str]:
    """Columns, rows, title and file name of the motifs' table."""
    return MOTIF_COLUMNS, motif_rows(known.motifs), "Motifs, face aux autres quartiers", _file(known, "motifs")


def top_places(known: Sheet) -> tuple[list[Column], list[list[object]], str, str]:
    """Columns, rows and title of the most cited places, and what is said without any."""
    rows = [[cell[0] if isinstance(cell, tuple) else cell for cell in row] for row in place_rows(known)]
    return PLACE_COLUMNS, rows[:SHOWN_PLACES], "Lieux les plus cités", "Aucune intervention à un lieu connu."


def places(known: Sheet) -> tuple[list[Column], list[list[object]], str, str, str]:
    """Columns, rows, title, file name and label of the table of every place."""
    return PLACE_COLUMNS, place_rows(known), "Lieux", _file(known, "lieux"), "Voir tous les lieux"


def funnel(known: Sheet, plot: Plot) -> tuple[list[Column], list[list[object]], str, str]:
    """Columns, rows, title and file name of a funnel's table."""
    return funnel_columns(plot), funnel_rows(plot), FUNNELS[plot.kind], _file(known, f"entonnoir_{plot.kind}")


def plot(known: Sheet, kind: str) -> Plot:
    """The funnel chosen; the first one where this sheet does not have it."""
    return next((one for one in known.plots if one.kind == kind), known.plots[0])


def _file(known: Sheet, kind: str) -> str:
    name = "".join(letter if letter.isalnum() else "_" for letter in known.about.id)
    return f"{kind}_{name}_{known.chosen.start}_{known.chosen.end}"
