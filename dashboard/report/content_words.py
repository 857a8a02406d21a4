"""What every slide shares: cells, notes, sources and the words of a comparison. Values in, French text out."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from dashboard import cards, clock, formats, map_content
from dashboard.indicators import rates
from dashboard.indicators.activity import Comparison, Figure
from dashboard.indicators.rates import Rate, Verdict
from dashboard.markup import plain
from dashboard.report.content_figures import Published
from dashboard.report.slides import MASKED, Cell, Chart, KeyFigure, Period, Picture, Series, Slide, Table

METHODS = Path(__file__).parent.parent / "texts" / "comite_methodes.toml"
NOT_KNOWN = "–"
GAPS = "masqué\u00a0: petit effectif, ou chiffre dont on en déduirait un"
LEVEL = "Intervalles à 95\u202f%"
MOST_BARS, MOST_NAMED = 10, 6
# Families of counts that a slide is made of, for what is said of how they were counted; « » is about all of them.
FAMILIES = {
    "chiffres_cles": ("", "origine", "issue"),
    "activite": ("", "origine", "issue"),
    "motifs": ("",),
    "quand": ("",),
    "ou": ("",),
    "demandes": ("origine", "public"),
}


def slide(
    of: Published,
    key: str,
    title: str,
    message: str,
    *,
    n: str = "",
    said: Sequence[str] = (),
    figures: Sequence[KeyFigure] = (),
    points: Sequence[str] = (),
    charts: Sequence[Chart] = (),
    tables: Sequence[Table] = (),
    picture: Picture | None = None,
    to_write: bool = False,
    hidden: int = 0,
) -> Slide:
    """A slide whose note says the period, n, what the figures are, and how many are hidden and why.

    `hidden`: those that no figure, table or gap of a chart shows.
    """
    parts = [_sentence(of.period.label), f"n\u00a0=\u00a0{n}" if n else "", *said, *_counted(of, key)]
    hidden += hidden_count(figures, charts, tables)
    if hidden:
        parts.append(f"{formats.plural(hidden, 'chiffre masqué', 'chiffres masqués')} ({why_hidden()})")
    return Slide(
        key=key,
        title=title,
        message=message,
        note=". ".join(part.rstrip(".") for part in parts if part) + ".",
        method=_methods()[key.partition("@")[0]],
        source=source(of),
        figures=tuple(figures),
        points=tuple(points),
        charts=tuple(charts),
        tables=tuple(tables),
        picture=picture,
        to_write=to_write,
    )


def _counted(of: Published, key: str) -> list[str]:
    families = FAMILIES.get(key.partition("@")[0], ())
    return [row["note"] for row in of.rows("published_notes") if (row["family"] or "") in families]


def hidden_count(figures: Iterable[KeyFigure], charts: Iterable[Chart], tables: Iterable[Table]) -> int:
    """How many figures of a slide are hidden; a chart and a table that show the same are counted once."""
    in_cards = sum(figure.value == MASKED for figure in figures)
    in_tables = sum(cell[0] == MASKED for table in tables for row in table.rows for cell in row)
    in_charts = sum(
        value is None for chart in charts if chart.gaps == GAPS for one in chart.series for value in one.values
    )
    return in_cards + max(in_tables, in_charts)


def why_hidden() -> str:
    """Why a figure is hidden, with the thresholds of the territory."""
    known, partners = map_content.territory(), ("ville", "bailleur", "comite")
    people, technical = (known.threshold(kind, *partners) for kind in ("people", "technical"))
    return f"moins de {people}, ou de {technical} faits techniques, ou pour en protéger un autre"


def source(of: Published) -> str:
    """Where the figures come from."""
    built = clock.local(of.build.built_at)
    fiction = " Données fictives." if of.build.fictional else ""
    return (
        f"{of.build.title} ({of.build.territory})\u00a0: relevés du service, chiffres publiés par période entière et "
        f"protégés, entrepôt construit le {formats.day(built)}.{fiction}"
    )


def count_cell(n: float | None) -> Cell:
    """A count in a table."""
    return (MASKED, None) if n is None else (formats.number(n), int(n))


def shown_count(n: float | None) -> str:
    """A count in a sentence."""
    return MASKED if n is None else formats.number(n)


def rate_cell(rate: Rate | None, decimals: int = 1) -> Cell:
    """A rate and its interval in a table; None is hidden."""
    if rate is None:
        return MASKED, None
    return brief(formats.rate(rate, decimals=decimals)), None if math.isnan(rate.value) else round(rate.value, 4)


def share_cell(share: Rate | None, decimals: int = 0) -> Cell:
    """A share and its interval in a table; None is hidden."""
    if share is None:
        return MASKED, None
    shown = NOT_KNOWN if math.isnan(share.value) else brief(formats.share(share, decimals))
    return shown, None if math.isnan(share.value) else round(share.value, 4)


def share_figure(
    title: str, done: float, whole: float, noun: str = "", *, none: str = "rien de renseigné", comparison: str = ""
) -> KeyFigure:
    """A share as a key figure: « 467 apaisées sur 867 » under it; `none` is said where there is nothing to share."""
    if not whole:
        return KeyFigure(title, formats.NOT_OBSERVED, "", "", none, "")
    found = rates.share(int(done), int(whole))
    return KeyFigure(
        title=title,
        value=formats.percent(found.value),
        unit="",
        uncertainty=f"Intervalle\u00a0: {formats.percent(found.low)} à {formats.percent(found.high)}",
        made_of=" ".join(part for part in (formats.number(done), noun, "sur", formats.number(whole)) if part),
        comparison=comparison,
    )


def interventions(n: float | None) -> str:
    """The n of a slide about interventions; empty when it is hidden."""
    return "" if n is None else formats.plural(n, "intervention")


def text_cell(text: str) -> Cell:
    """Words in a table."""
    return text, text


def verdict_text(verdict: Verdict, inconclusive: str = "pas de différence établie") -> str:
    """« ▲ hausse », « ≈ pas de différence établie »."""
    return f"{cards.SIGNS[verdict]} {inconclusive if verdict == 'pas de différence établie' else verdict}"


def compared(figure: Figure, *, is_hidden: bool = False, has_before: bool = True) -> str:
    """A figure against the same period a year before, in one line, or why it is not compared."""
    if not has_before:
        return "Pas de comparaison\u00a0: un an avant n’est pas publié"
    if is_hidden:
        return "Pas de comparaison\u00a0: chiffre d’un an avant masqué"
    if not isinstance(figure.comparison, Comparison):
        return cards.WHY_NOT[figure.comparison].rstrip(".")
    return f"{_sentence(verdict_text(figure.comparison.verdict))}\u00a0: {flat(cards.change_text(figure.comparison))}"


def brief(estimate: str) -> str:
    """An estimate and its interval in the room of a cell: « 42 % (38 % à 46 %) »."""
    return estimate.replace("(de ", "(")


def flat(change: str) -> str:
    """A change and its interval without brackets: « −1 %, de −9 % à +8 % »."""
    return change.replace(" (", ", ").replace(")", "")


def against(verdict: Verdict, change: str) -> str:
    """A verdict on a year before, as the end of a sentence."""
    if verdict == "pas de différence établie":
        return f"pas de différence établie avec un an avant ({flat(change)})"
    return f"{verdict} par rapport à un an avant ({flat(change)})"


def at(period: Period) -> str:
    """« au 3e trimestre 2026 », « en 2025 »."""
    return f"en {period.code}" if period.is_year else f"au {period.label}"


def ranked(counts: Mapping[str, float | None]) -> list[tuple[str, float | None]]:
    """Labels by decreasing count; hidden ones last, in alphabetical order: their place tells nothing."""
    return sorted(counts.items(), key=lambda pair: (pair[1] is None, -(pair[1] or 0), pair[0].casefold()))


def bars(title: str, unit: str, counts: Mapping[str, float | None], alternative: str) -> Chart:
    """Bars of the ten largest counts, longest first; hidden ones are named under them, in alphabetical order."""
    shown = [(label, n) for label, n in ranked(counts) if n][:MOST_BARS]
    hidden = [label for label, n in ranked(counts) if n is None]
    return Chart(
        kind="bars",
        title=title,
        unit=unit,
        categories=tuple(label for label, _ in shown),
        series=(Series(unit, tuple(n for _, n in shown)),),
        alternative=alternative,
        gaps=f"{MASKED}\u00a0: {listed(hidden, MOST_NAMED)}" if hidden else "",
    )


def labelled(counts: Mapping[str, float | None], kind: str) -> dict[str, float | None]:
    """Counts under the French labels of their codes, unknown ones left out."""
    known = {code: n for code, n in counts.items() if code not in ("inconnu", "inconnue")}
    return {plain(formats.label(kind, code), 60): n for code, n in known.items()}


def listed(names: Sequence[str], most: int = 3) -> str:
    """« A, B et C »; beyond `most`, how many others."""
    if len(names) > most:
        return f"{', '.join(names[:most])} et {formats.plural(len(names) - most, 'autre')}"
    return " et ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _sentence(text: str) -> str:
    """The text with a capital; a leading sign is kept."""
    head, _, rest = text.partition(" ")
    if rest and not head[:1].isalnum():
        return f"{head} {rest[:1].upper()}{rest[1:]}"
    return text[:1].upper() + text[1:]


@cache
def _methods() -> dict[str, str]:
    texts = tomllib.loads(METHODS.read_text(encoding="utf-8"))
    return {key: " ".join(text.split("\n")).strip() for key, text in texts.items()}
