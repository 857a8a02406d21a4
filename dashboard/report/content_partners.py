"""Slides of requests, partners, landlords and schools. Published figures in, slides out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard import formats
from dashboard.indicators import rates
from dashboard.indicators.rates import Rate
from dashboard.markup import Column, plain
from dashboard.report import content_activity as activity
from dashboard.report import content_keys
from dashboard.report import content_words as words
from dashboard.report.content_figures import (
    INITIATIVES,
    KNOWN,
    PROPERTY,
    REQUESTS,
    TERRITORY,
    TOTAL,
    Published,
)
from dashboard.report.content_words import LEVEL
from dashboard.report.slides import MASKED, Cell, Chart, KeyFigure, Period, Slide, Table

TEAM = "initiative_equipe"
TECHNICAL = ("panne_equipement", "degradation")


def requests(of: Published) -> Slide:
    """Who asks, and, for audiences that may see it, whom the team meets."""
    found, total = activity.summary(of).request_share, of.count(REQUESTS, "origine")
    is_hidden = of.is_hidden(activity.SHARE_KEYS)
    if is_hidden or not found.base:
        message = (
            "La part des demandes est masquée." if is_hidden else "Aucune origine n’est renseignée sur cette période."
        )
    else:
        change = words.compared(
            found,
            is_hidden=of.before is not None and of.is_hidden(activity.SHARE_KEYS, of.before),
            has_before=of.before is not None,
        )
        message = (
            f"Demandes\u00a0: {formats.share(found.estimate)} des interventions dont l’origine est connue. {change}."
        )
    publics = {} if of.is_landlord else words.labelled(of.parts("public"), "public")
    asked = {code: n for code, n in of.parts("origine").items() if code != TEAM}
    by_origin = words.labelled(asked, "origine")
    charts = [_bars("Demandes par origine", by_origin)] if by_origin else []
    if publics:
        charts.append(_bars("Publics rencontrés, quand ils sont renseignés", publics))
    title = "Demandes" if of.is_landlord else "Demandes et publics"
    return words.slide(
        of,
        "demandes",
        title,
        message,
        n="" if total is None else formats.plural(total, "demande"),
        said=[LEVEL],
        charts=charts,
        hidden=_hidden(by_origin) + _hidden(publics),
    )


def _hidden(counts: Mapping[str, float | None]) -> int:
    return sum(n is None for n in counts.values())


def _bars(title: str, counts: Mapping[str, float | None]) -> Chart:
    told = ", ".join(
        f"{label}\u00a0: {MASKED if n is None else formats.number(n)}" for label, n in words.ranked(counts)
    )
    return words.bars(title, "interventions", counts, f"{title}. {told}.")


def partners(of: Published) -> Slide:
    """Referrals by partner, how many were answered, and how soon."""
    known = of.family("relais")
    names = [code for code in known if "|" not in code and code != TOTAL]
    delays = {row["partner"]: row for row in of.rows("published_delays")}
    ordered = words.ranked({code: known[code] for code in names})
    rows = tuple(_partner_row(code, known, delays.get(code, {})) for code, n in ordered if n is None or n > 0)
    found = content_keys.returned(of)
    return words.slide(
        of,
        "partenaires",
        "Partenaires et retours",
        _partners_message(of, found, bool(rows)),
        n="" if found is None else formats.plural(found.sent, "relais publié", "relais publiés"),
        said=[LEVEL],
        tables=[Table(PARTNER_COLUMNS, rows, "Relais par partenaire", "publie_partenaires")] if rows else [],
    )


PARTNER_COLUMNS = (
    Column("Partenaire"),
    Column("Relais", is_number=True),
    Column("Part rendue", is_number=True),
    Column("Délai médian", is_number=True),
    Column("Rendus en 30 jours", is_number=True),
)


def _partner_row(code: str, known: Mapping[str, float | None], delay: Mapping[str, Any]) -> tuple[Cell, ...]:
    sent, done = known[code], known.get(f"{code}|rendu", 0.0)
    share = None if sent is None or done is None else rates.share(done, sent)
    return (
        words.text_cell(formats.label("partenaire", code)[:60]),
        words.count_cell(sent),
        words.share_cell(share),
        _delay_cell(delay.get("median_days"), delay),
        _within_cell(delay.get("returned_within_30"), delay),
    )


def _delay_cell(days: float | None, delay: Mapping[str, Any]) -> Cell:
    if delay.get("is_masked"):
        return MASKED, None
    return (formats.plural(days, "jour"), days) if days is not None else (words.NOT_KNOWN, None)


def _within_cell(share: float | None, delay: Mapping[str, Any]) -> Cell:
    if delay.get("is_masked"):
        return MASKED, None
    return (formats.percent(share), share) if share is not None else (words.NOT_KNOWN, None)


def _partners_message(of: Published, found: content_keys.Returned | None, has_rows: bool) -> str:
    if not has_rows:
        return "Aucun relais vers un partenaire n’est publié sur cette période."
    if found is None or not found.sent:
        return "La part des relais rendus est masquée\u00a0: aucun partenaire n’en a assez."
    among = (
        "" if found.is_whole else f" vers {formats.plural(found.partners, 'partenaire publié', 'partenaires publiés')}"
    )
    told = f"{formats.share(rates.share(found.done, found.sent))} des relais{among} ont eu un retour"
    before = content_keys.returned(of, of.before) if of.before else None
    if before is None or not before.sent or not (found.is_whole and before.is_whole):
        return f"{told}\u00a0; pas de comparaison possible avec un an avant."
    change = rates.share_comparison(found.done, found.sent, before.done, before.sent)
    return f"{told}\u00a0; {words.against(rates.verdict(change), formats.share_change(change))}."


def landlords(of: Published) -> Slide:
    """Technical alerts and what became of them, and technical facts by neighbourhood."""
    rows = [_alert_row("Territoire", of, TERRITORY)]
    if of.is_landlord and of.family("alerte", PROPERTY):
        rows.append(_alert_row("Votre patrimoine", of, PROPERTY))
    share = _alert_share(of, TERRITORY, of.period)
    return words.slide(
        of,
        "alertes",
        "Bailleurs et alertes techniques",
        _alerts_message(of, share),
        n=_alert_n(of),
        said=[LEVEL],
        tables=[
            *(
                [Table(ALERT_COLUMNS, tuple(rows), "Alertes transmises", "publie_alertes")]
                if of.family("alerte")
                else []
            ),
            *_technical(of),
        ],
    )


ALERT_COLUMNS = (
    Column("Alertes"),
    Column("Nombre", is_number=True),
    Column("Part faite", is_number=True),
    Column("Un an avant", is_number=True),
)


def _alert_n(of: Published) -> str:
    total = of.family("alerte").get(TOTAL)
    return "" if total is None else formats.plural(total, "alerte")


def _alert_row(label: str, of: Published, area: str) -> tuple[Cell, ...]:
    known = of.family("alerte", area)
    before = (words.NOT_KNOWN, None) if of.before is None else words.share_cell(_alert_share(of, area, of.before))
    return (
        words.text_cell(label),
        words.count_cell(known.get(TOTAL, 0.0)),
        words.share_cell(_alert_share(of, area, of.period)),
        before,
    )


def _alert_share(of: Published, area: str, period: Period) -> Rate | None:
    known = of.family("alerte", area, period)
    done, total = known.get("fait", 0.0), known.get(TOTAL, 0.0)
    return None if done is None or total is None else rates.share(done, total)


def _alerts_message(of: Published, share: Rate | None) -> str:
    known = of.family("alerte")
    if not known or known.get(TOTAL) == 0:
        return "Aucune alerte technique n’est publiée sur cette période."
    if share is None:
        return "La part des alertes techniques suivies d’effet est masquée."
    told = f"{formats.share(share)} des alertes techniques ont été suivies d’effet"
    before = of.family("alerte", period=of.before) if of.before else {}
    done, total = before.get("fait"), before.get(TOTAL)
    if done is None or not total:
        return f"{told}\u00a0; pas de comparaison possible avec un an avant."
    change = rates.share_comparison(known.get("fait") or 0, known[TOTAL] or 0, done, total)
    return f"{told}\u00a0; {words.against(rates.verdict(change), formats.share_change(change))}."


def _technical(of: Published) -> list[Table]:
    """Technical facts by neighbourhood: few numbers hide them, for they say nothing of people."""
    if not of.zones:
        return []
    columns = (
        Column("Faits techniques"),
        *(Column(formats.label("motif", code), is_number=True) for code in TECHNICAL),
    )
    areas = [(zone.name, zone.code) for zone in of.zones] + [("Territoire", TERRITORY)]
    if of.is_landlord and of.family("motif", PROPERTY):
        areas.append(("Votre patrimoine", PROPERTY))
    rows = tuple(
        (words.text_cell(name), *(words.count_cell(of.count(code, "motif", area)) for code in TECHNICAL))
        for name, area in areas
    )
    return [Table(columns, rows, "Faits techniques constatés", "publie_faits_techniques")]


def schools(of: Published) -> Slide:
    """School actions by theme; never for a landlord."""
    rows = of.rows("published_schools")
    # The whole is a row of its own where it is published.
    themes = [row for row in rows if row["theme"] != TOTAL]
    whole = next((row for row in rows if row["theme"] == TOTAL), None)
    ordered = sorted(
        themes, key=lambda row: (row["actions"] is None, -(row["actions"] or 0), str(row["theme"]).casefold())
    )
    table = Table(
        SCHOOL_COLUMNS,
        tuple(_school_row(row) for row in (*ordered, *([whole] if whole else []))),
        "Actions scolaires par thème",
        "publie_ecoles",
    )
    return words.slide(
        of,
        "ecoles",
        "Actions scolaires",
        _schools_message(themes, whole),
        said=["Une séance, une classe ou un groupe\u00a0; participants tels que déclarés"] if themes else [],
        tables=[table] if themes else [],
    )


SCHOOL_COLUMNS = (
    Column("Thème"),
    Column("Actions", is_number=True),
    Column("Séances", is_number=True),
    Column("Participants", is_number=True),
)


def _school_row(row: Mapping[str, Any]) -> tuple[Cell, ...]:
    name = "Ensemble" if row["theme"] == TOTAL else plain(row["theme"] or formats.NOT_GIVEN, 60)
    return words.text_cell(name), *(_published_cell(row, field) for field in ("actions", "sessions", "participants"))


def _published_cell(row: Mapping[str, Any], field: str) -> Cell:
    if row[field] is None:
        return (MASKED, None) if row["is_masked"] else (words.NOT_KNOWN, None)
    return words.count_cell(row[field])


def _schools_message(themes: list[dict[str, Any]], whole: Mapping[str, Any] | None) -> str:
    if not themes:
        return "Aucune action scolaire n’est publiée sur cette période."
    actions = whole["actions"] if whole else _sum(themes, "actions")
    people = whole["participants"] if whole else _sum(themes, "participants")
    told = (
        "Le nombre d’actions est masqué"
        if actions is None
        else formats.plural(actions, "action scolaire", "actions scolaires")
    )
    heard = "" if people is None else f", {formats.plural(people, 'participation')}"
    return f"{told}{heard}\u00a0; leur effet ne se mesure pas avec ces chiffres."


def _sum(rows: list[dict[str, Any]], field: str) -> float | None:
    values = [row[field] for row in rows]
    return None if None in values else sum(values)


def own_property(of: Published) -> Slide:
    """What happens around the landlord's own buildings, first."""
    known = of.family("motif", PROPERTY)
    n = of.count(area=PROPERTY)
    motifs = words.labelled(of.parts("motif", PROPERTY), "motif")
    return words.slide(
        of,
        "patrimoine",
        "Votre patrimoine",
        _property_message(of, n) if known else "Aucun chiffre de votre patrimoine n’est publié sur cette période.",
        n="" if n is None or not known else formats.plural(n, "intervention"),
        said=[LEVEL, *_part_of_territory(of)],
        figures=_property_figures(of) if known else [],
        charts=[_bars("Motifs, dans votre patrimoine", motifs)] if motifs else [],
        hidden=_hidden(motifs),
    )


def _property_message(of: Published, n: float | None) -> str:
    if n is None:
        return f"Le nombre d’interventions dans votre patrimoine est masqué\u00a0: {words.why_hidden()}."
    told = f"{formats.plural(n, 'intervention')} dans votre patrimoine"
    before = of.count(area=PROPERTY, period=of.before) if of.before else None
    if of.before is None or before is None or not of.family("motif", PROPERTY, of.before):
        return f"{told}\u00a0; pas de comparaison possible avec un an avant."
    change = rates.rate_ratio(n, of.days(), before, of.days(of.before))
    return f"{told}\u00a0; {words.against(rates.verdict(change), formats.ratio_change(change))}."


def _part_of_territory(of: Published) -> list[str]:
    own, whole = of.count(area=PROPERTY), of.count()
    if not own or not whole or own > whole:
        return []
    return [f"Votre patrimoine\u00a0: {words.brief(formats.share(rates.share(own, whole)))} du territoire"]


def _property_figures(of: Published) -> list[KeyFigure]:
    requests, made = of.count(REQUESTS, "origine", PROPERTY), of.count(INITIATIVES, "origine", PROPERTY)
    asked = None if requests is None or made is None else (requests, requests + made)
    appeased, known = of.count("apaise", "issue", PROPERTY), of.count(KNOWN, "issue", PROPERTY)
    calmed = None if appeased is None or known is None else (appeased, known)
    alerts = of.family("alerte", PROPERTY)
    done, total = alerts.get("fait", 0.0), alerts.get(TOTAL, 0.0)
    followed = None if done is None or total is None else (done, total)
    return [
        _figure("Part des demandes", asked, "demandes"),
        _figure("Situations apaisées", calmed, "apaisées"),
        _figure("Alertes suivies", followed, "faites"),
    ]


def _figure(title: str, pair: tuple[float, float] | None, noun: str) -> KeyFigure:
    if pair is None:
        return KeyFigure(title, MASKED, "", "", "", "")
    if not pair[1]:
        return KeyFigure(title, formats.NOT_OBSERVED, "", "", "rien à compter", "")
    found = rates.share(*pair)
    return KeyFigure(
        title=title,
        value=formats.percent(found.value),
        unit="",
        uncertainty="",
        made_of=f"{formats.number(pair[0])} {noun} sur {formats.number(pair[1])} "
        f"({formats.percent(found.low)} à {formats.percent(found.high)})",
        comparison="",
    )
