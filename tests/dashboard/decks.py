"""Fictional decks for the tests of what renders them: figures, charts, tables, a picture, long and hostile texts."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from dashboard.access import Viewer
from dashboard.markup import Column
from dashboard.report.slides import MASKED, Cell, Chart, Deck, KeyFigure, Period, Picture, Series, Slide, Table

PERIOD = Period("2026-T2", date(2026, 4, 1), date(2026, 6, 30))
HOSTILE = (
    '#import "x.typ": * #panic()',
    '$x^2$ #eval("1") *gras* _italique_ `code` @ref <label> ] [ \\',
    "<script>alert(1)</script> & &amp; <a:t>",
    "=cmd|' /C calc'!A0",
    "https://exemple.invalid/piste.png",
    "\u202ealgam\u202c \x00\x07\ud800 漢字 🏘️ \ufffe",
    "Anticonstitutionnellement" * 6,
    "// commentaire /* bloc */ = Titre\n\n- liste\n+ numéro",
)
MONTHS = ("avr. 2026", "mai 2026", "juin 2026")
MOTIFS = (
    ("Attroupement nuisant", 142.0, 118.0),
    ("Occupation de hall", 97.0, 121.0),
    ("Bruit de voisinage", 88.0, 84.0),
    ("Conflit de voisinage", 41.0, 38.0),
    ("Rodéo, deux-roues", 36.0, 29.0),
    ("Dépôt d’encombrants", 27.0, 31.0),
    ("Personne isolée, en détresse", 18.0, None),
    ("Feu", None, None),
)
METHOD = (
    "Dénombrement des interventions dont la journée de service est dans la période. Une cellule de moins de "
    "11 enregistrements est masquée, ainsi que celles qui permettraient de la calculer."
)
SOURCE = "Registre des interventions de l’équipe de médiation, extraction du 02/07/2026."
NOTE = (
    "Du 01/04/2026 au 30/06/2026, n\u00a0=\u00a0449 interventions dont le motif est connu ; « masqué » : moins de 11."
)
GAPS = "masqué : moins de 11 interventions, ou nécessaire pour en protéger une autre"


FIGURES = (
    (
        "Demandes pour 100\u00a0h",
        "12,3",
        "demandes",
        "de 10,9 à 13,8",
        "n\u00a0=\u00a0312, en 2\u202f540\u00a0h",
        "−4\u202f% (de −18\u202f% à +12\u202f%)",
    ),
    (
        "Part des demandes",
        "38\u202f%",
        "des interventions",
        "de 35\u202f% à 42\u202f%",
        "n\u00a0=\u00a0821",
        "+3,2 points (de −1,0 à +7,4)",
    ),
    (
        "Suivi sous 7 jours",
        "81\u202f%",
        "des demandes",
        "de 76\u202f% à 85\u202f%",
        "n\u00a0=\u00a0312",
        "non concluant",
    ),
    ("Heures faites", "2\u202f540", "heures", "97\u202f% du prévu", "78 jours, dont 2 sans trace", "+1\u202f%"),
    (
        "Issues apaisées",
        "74\u202f%",
        "des issues connues",
        "de 70\u202f% à 78\u202f%",
        "n\u00a0=\u00a0455",
        "+1,1 point (de −5,1 à +7,3)",
    ),
    (
        "Retours des partenaires",
        "63\u202f%",
        "sous 30 jours",
        "de 52\u202f% à 73\u202f%",
        "n\u00a0=\u00a086 relais",
        MASKED,
    ),
    (
        "Alertes techniques",
        "54",
        "signalements",
        "délai médian : 9 jours",
        "portes, ascenseurs",
        "+12 (non concluant)",
    ),
    ("Journées documentées", "97\u202f%", "des journées", "", "76 sur 78", "+2 points"),
)


def figure(place: int) -> KeyFigure:
    """One of eight key figures."""
    return KeyFigure(*FIGURES[place % len(FIGURES)])


def number(value: float | None) -> Cell:
    """A cell of a count."""
    return (MASKED, None) if value is None else (f"{value:,.0f}".replace(",", "\u202f"), value)


def motif_chart(kind: str = "bars") -> Chart:
    """Two series with hidden values."""
    return Chart(
        kind,  # type: ignore[arg-type]
        "Interventions par motif",
        "interventions",
        tuple(name for name, _, _ in MOTIFS),
        (
            Series("2e trimestre 2026", tuple(now for _, now, _ in MOTIFS)),
            Series("2e trimestre 2025", tuple(before for _, _, before in MOTIFS)),
        ),
        "Barres des huit motifs : attroupement nuisant d’abord (142), occupation de hall ensuite (97).",
        gaps=GAPS,
    )


def month_chart() -> Chart:
    """A line with a gap."""
    names = tuple(
        f"{month} {year}" for year in (2025, 2026) for month in ("janv.", "févr.", "mars", "avr.", "mai", "juin")
    )
    values = (11.2, 12.9, 10.4, None, 13.1, 14.8, 12.2, 11.7, 12.4, 13.6, 15.1, 12.3)
    return Chart(
        "line",
        "Demandes pour 100\u00a0h de patrouille",
        "demandes pour 100\u00a0h",
        names,
        (Series("Territoire", values),),
        "Courbe de douze mois, de 10,4 à 15,1 ; avril 2025 n’est pas montré.",
        1,
        GAPS,
    )


def hour_chart() -> Chart:
    """Columns, one series."""
    names = ("14-17\u00a0h", "17-20\u00a0h", "20-22\u00a0h", "22-0\u00a0h", "0-2\u00a0h")
    return Chart(
        "columns",
        "Demandes selon l’heure",
        "demandes",
        names,
        (Series("Demandes", (48.0, 92.0, 121.0, 39.0, 12.0)),),
        "Colonnes de cinq tranches : le plus de demandes de 20 à 22 h (121).",
    )


def empty_chart() -> Chart:
    """Everything is hidden."""
    return Chart(
        "columns",
        "Publics rencontrés",
        "personnes",
        ("Jeunes", "Familles"),
        (Series("Publics", (None, None)),),
        "Aucune valeur ne peut être montrée.",
        gaps=GAPS,
    )


def zone_table() -> Table:
    """A small table with hidden cells."""
    columns = (
        Column("Quartier"),
        Column("Demandes", is_number=True),
        Column("Pour 100\u00a0h", is_number=True),
        Column("Un an avant", is_number=True),
    )
    rows = (
        (("Plaisance - Ferrière", "Plaisance - Ferrière"), number(188), ("14,1", 14.1), ("13,8", 13.8)),
        (("La Bugallière", "La Bugallière"), number(71), ("11,0", 11.0), ("9,7", 9.7)),
        (("Cholière", "Cholière"), number(53), ("10,4", 10.4), ("12,9", 12.9)),
        (("Hors périmètre", "Hors périmètre"), number(None), (MASKED, None), (MASKED, None)),
    )
    return Table(columns, rows, "Demandes par quartier", "demandes_quartiers")


def wide_table(rows: int = 8) -> Table:
    """A table of words and numbers, as long as asked."""
    columns = (
        Column("Lieu"),
        Column("Quartier"),
        Column("Motif principal"),
        Column("Ce trimestre", is_number=True),
        Column("Trimestre précédent", is_number=True),
        Column("Devenu"),
    )
    lines = tuple(
        (
            (f"Lieu n°\u00a0{place} (fictif)", place),
            ("Plaisance - Ferrière", ""),
            ("Occupation de hall", ""),
            number(40 - place if place < 28 else None),
            number(35.0),
            ("durable" if place % 3 else "en baisse", ""),
        )
        for place in range(1, rows + 1)
    )
    return Table(columns, lines, "Points chauds et ce qu’ils sont devenus", "points_chauds")


def picture(width: int = 900, height: int = 640) -> Picture:
    """A fictional map: bands of the colours of cividis, made without any library of images."""
    line = b"".join(bytes((40 + 200 * x // width, 60 + 150 * x // width, 110 - 60 * x // width)) for x in range(width))
    raw = b"".join(b"\x00" + line for _ in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")
    return Picture(png, width, height, "Carte fictive : la densité des demandes croît d’ouest en est.")


POINTS = (
    "Deux lieux durables depuis plus d’un an, près du centre commercial.",
    "Un point nouveau depuis mai, à surveiller.",
    "Le point de l’école n’est plus visible : aucune demande depuis mars.",
)


def slide(key: str, title: str, message: str, **content: Any) -> Slide:
    """A slide with the words that all of them share."""
    words: dict[str, Any] = {"note": NOTE, "method": METHOD, "source": SOURCE} | content
    return Slide(key=key, title=title, message=message, **words)


TITLES = {
    "chiffres": (
        "Chiffres clés",
        "Le service a répondu à 312 demandes, autant qu’un an avant : l’écart de 4\u202f% n’est pas concluant.",
    ),
    "activite": (
        "L’activité face à un an avant",
        "Les demandes pour 100\u00a0h ne diffèrent pas de celles d’un an avant.",
    ),
    "motifs": ("Pour quels motifs", "Les attroupements restent le premier motif ; l’occupation de hall recule."),
    "quand": ("Quand", "Quatre demandes sur dix arrivent entre 20 et 22\u00a0h."),
    "ou": ("Où", "La moitié des demandes vient de Plaisance - Ferrière."),
    "points": (
        "Les points chauds et ce qu’ils sont devenus",
        "Sur six points du trimestre précédent, quatre durent, un a disparu.",
    ),
    "demandes": ("Demandes et publics", "Les publics ne peuvent pas être montrés ce trimestre."),
    "partenaires": ("Partenaires et retours", "Deux relais sur trois ont reçu un retour sous 30 jours."),
    "alertes": ("Bailleurs et alertes techniques", "54 alertes techniques, rendues en 9 jours."),
    "couts": ("Coûts évités", "Le registre des réparations ne permet pas de conclure à une baisse."),
    "ecoles": ("Actions scolaires", "11 séances dans trois établissements."),
    "qualite": ("Qualité des données", "97\u202f% des journées sont documentées."),
    "methode": ("Méthode", "Ce que valent ces chiffres, et ce qu’ils ne disent pas."),
    "propositions": ("Propositions", "À écrire par le comité."),
}


def contents() -> dict[str, dict[str, Any]]:
    """What shows each topic: one of each sort."""
    figures = tuple(figure(place) for place in range(len(FIGURES)))
    days = replace(hour_chart(), title="Demandes selon le jour", categories=("mar.", "mer.", "jeu.", "ven.", "sam."))
    unseen = "Ce qui n’a pas été observé n’est jamais compté comme zéro : sans présence, rien n’est enregistré."
    return {
        "chiffres": {"figures": figures},
        "activite": {"figures": figures[:3], "charts": (month_chart(),)},
        "motifs": {"charts": (motif_chart(),)},
        "quand": {"charts": (hour_chart(), days)},
        "ou": {"picture": picture(), "tables": (zone_table(),)},
        "points": {"tables": (wide_table(),)},
        "demandes": {"charts": (empty_chart(), hour_chart())},
        "partenaires": {"charts": (motif_chart("columns"),)},
        "alertes": {"charts": (hour_chart(),), "points": POINTS},
        "couts": {"figures": figures[:2], "points": POINTS},
        "ecoles": {"tables": (zone_table(),), "points": POINTS},
        "qualite": {"figures": figures[:4]},
        "methode": {"points": (*POINTS, unseen)},
        "propositions": {"to_write": True, "points": POINTS[:2]},
    }


def slides() -> tuple[Slide, ...]:
    """Fourteen slides."""
    return tuple(slide(key, *TITLES[key], **content) for key, content in contents().items())


def deck(*shown: Slide, fictional: bool = True) -> Deck:
    """A deck of these slides, of the fourteen when none is given."""
    built = datetime(2026, 7, 2, 9, 30, tzinfo=UTC)
    return Deck(
        "Comité de pilotage de la médiation",
        "Orvault",
        Viewer("comite"),
        "Comité de pilotage",
        PERIOD,
        built,
        fictional,
        shown or slides(),
    )


def hostile_deck() -> Deck:
    """Every text is hostile, or very long."""
    text = " ".join(HOSTILE)
    long = "La médiation sociale de proximité, à l’écoute des habitants, agit\u00a0: " * 14
    columns = (Column(HOSTILE[0]), Column(HOSTILE[6], is_number=True))
    table = Table(columns, tuple(((bad, bad), (HOSTILE[6], None)) for bad in HOSTILE), text, "hostile")
    chart = Chart(
        "bars",
        text,
        HOSTILE[1],
        HOSTILE,
        (Series(HOSTILE[3], (1.0, 2.0, None, 4.0, 5.5, 6.0, 7.0, 8.0)), Series(HOSTILE[4], (None,) * 8)),
        text,
        1,
        text,
    )
    figures = tuple(KeyFigure(text, "1\u202f234\u202f567,5", bad, bad, long, text) for bad in HOSTILE)
    words = {"note": long, "method": text, "source": text}
    return deck(
        slide("hostile", text, long, figures=figures, **words),
        slide(
            "long",
            long,
            text,
            charts=(chart, replace(chart, kind="line"), replace(chart, kind="columns")),
            points=(text, long, *HOSTILE),
            **words,
        ),
        slide("tables", HOSTILE[1], HOSTILE[2], tables=(table, wide_table(40)), picture=picture(30, 400), **words),
        slide("ecrire", HOSTILE[5], "", to_write=True, charts=(chart,), **words),
    )
