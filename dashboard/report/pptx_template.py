"""The empty presentation: 16:9, two layouts with named placeholders, one theme. Everything is in points.

Layouts carry what every slide shares (colours, sizes, prompts), so that a slide added by hand looks like the others.
"""

from __future__ import annotations

import re
from dataclasses import replace
from xml.sax.saxutils import escape

from dashboard.charts import ACCENT, GREY, GRID, INK, SOFT
from dashboard.report.pptx_measure import Box
from dashboard.report.pptx_text import Native

WIDTH, HEIGHT, MARGIN = 960.0, 540.0, 42.0  # 13.33 × 7.5 inches
AMBER, AMBER_SOFT, CARD = "#7a4200", "#fdf0dc", "#eef4f5"
FONT = "Arial"
COVER, CONTENT, WRITING = "Page de titre", "Contenu", "À écrire"
EMU = 12700  # per point

# Index of each placeholder in the layouts, and where it is on them.
TITLE, SUBTITLE, MESSAGE, POINTS, ROOM, NOTE, BADGE, FOOT, NUMBER = 0, 1, 13, 14, 15, 16, 17, 11, 12
BODY_WIDTH = WIDTH - 2 * MARGIN
BADGE_BOX = Box(WIDTH - MARGIN - 164, 27, 164, 28)
TITLE_BOX = Box(MARGIN, 20, BODY_WIDTH - 176, 44)
MESSAGE_BOX = Box(MARGIN, 70, BODY_WIDTH, 56)
BODY_BOX = Box(MARGIN, 136, BODY_WIDTH, 328)
NOTE_BOX = Box(MARGIN, 470, BODY_WIDTH, 30)
FOOT_BOX = Box(MARGIN, 511, BODY_WIDTH - 90, 20)
NUMBER_BOX = Box(WIDTH - MARGIN - 80, 511, 80, 20)
COVER_TITLE, COVER_TEXT = Box(90, 150, 780, 96), Box(90, 268, 780, 150)
COVER_BADGE = Box(90, 96, 190, 34)

_NUMBER_FIELD = (
    '<a:fld id="{C1FF6DA9-008F-8B48-92A6-B652298478BF}" type="slidenum"><a:rPr lang="fr-FR"/><a:t>‹N°›</a:t></a:fld>'
)
_PROPERTIES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
    "<Application>Optimédia</Application></Properties>"
)
_NAMESPACES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)


def presentation() -> Native:
    """A presentation without a slide; its layouts are found by name with `layout`."""
    # python-pptx costs a fifth of a second: only who asks for a deck pays it.
    from pptx import Presentation as Open

    made: Native = Open()
    made.slide_width, made.slide_height = _emu(WIDTH), _emu(HEIGHT)
    kept = {"Title Slide": COVER, "Title Only": CONTENT, "Title and Content": WRITING}
    for known in list(made.slide_layouts):
        if known.name not in kept:
            made.slide_layouts.remove(known)
        else:
            known.name = kept[known.name]
            known._element.attrib.pop("type", None)
            _fill(known, _LAYOUTS[known.name])
    _fill(made.slide_master, _MASTER)
    _style(made)
    _drop_leftovers(made)
    return made


def layout(made: Native, name: str) -> Native:
    """The layout of that name."""
    return next(known for known in made.slide_layouts if known.name == name)


def placeholder(
    index: int, kind: str, name: str, box: Box, *, size: float, prompt: str, look: str = "", anchor: str = "t"
) -> str:
    """XML of a placeholder; `kind` is its type in the format, `look` a list of keywords (bold, amber, grey, …)."""
    colour = {"amber": AMBER, "grey": GREY, "accent": ACCENT, "white": "#ffffff"}
    ink = next((colour[word] for word in look.split() if word in colour), INK)
    bullet = '<a:buFont typeface="Arial"/><a:buChar char="•"/>' if "bullet" in look else "<a:buNone/>"
    align = "ctr" if "centre" in look else "r" if "right" in look else "l"
    fill = f"<a:solidFill>{_colour(AMBER_SOFT)}</a:solidFill>" if "filled" in look else ""
    frame = f'<a:ln w="12700"><a:solidFill>{_colour(SOFT)}</a:solidFill><a:prstDash val="dash"/></a:ln>'
    indent = 'marL="254000" indent="-254000"' if "bullet" in look else 'marL="0" indent="0"'
    margins = 101600 if "framed" in look else 0
    shrink = "<a:normAutofit/>" if "framed" in look else "<a:noAutofit/>"
    text = f'<a:r><a:rPr lang="fr-FR"/><a:t>{escape(prompt)}</a:t></a:r>'
    number = f' idx="{index}"' if index else ""
    content = prompt if prompt == _NUMBER_FIELD else text
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="{index + 20}" name="{escape(name)}"/><p:cNvSpPr>'
        f'<a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr><p:ph type="{kind}"{number}/></p:nvPr></p:nvSpPr>'
        f'<p:spPr>{_frame(box)}<a:prstGeom prst="rect"><a:avLst/></a:prstGeom>{fill}'
        f"{frame if 'framed' in look else ''}</p:spPr>"
        f'<p:txBody><a:bodyPr lIns="{margins}" tIns="{margins // 2}" rIns="{margins}" bIns="{margins // 2}" '
        f'anchor="{anchor}">{shrink}</a:bodyPr><a:lstStyle><a:lvl1pPr {indent} algn="{align}">'
        f'<a:spcBef><a:spcPts val="0"/></a:spcBef>{bullet}'
        f'<a:defRPr sz="{round(size * 100)}" b="{int("bold" in look)}"><a:solidFill>{_colour(ink)}</a:solidFill>'
        f'<a:latin typeface="{FONT}"/></a:defRPr></a:lvl1pPr></a:lstStyle>'
        f'<a:p>{content}<a:endParaRPr lang="fr-FR"/></a:p></p:txBody></p:sp>'
    )


def spread(shapes: str) -> str:
    """XML of a tree of shapes."""
    return f"<p:spTree {_NAMESPACES}>{shapes}</p:spTree>"


def foot(words: str = "Territoire, période, destinataire", left: float = MARGIN) -> str:
    """XML of the foot of a slide: whose figures, and its number."""
    box = replace(FOOT_BOX, x=left, width=FOOT_BOX.width - left + MARGIN)
    return placeholder(FOOT, "ftr", "Pied de page", box, size=12, prompt=words, look="grey") + placeholder(
        NUMBER, "sldNum", "Numéro de diapositive", NUMBER_BOX, size=12, prompt=_NUMBER_FIELD, look="grey right"
    )


def _rule(index: int, name: str, box: Box, colour: str) -> str:
    """XML of a coloured band: decoration, on layouts only, where no screen reader meets it."""
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="{index}" name="{name}"/><p:cNvSpPr/><p:nvPr userDrawn="1"/></p:nvSpPr><p:spPr>'
        f"{_frame(box)}"
        f'<a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:solidFill>{_colour(colour)}</a:solidFill><a:ln>'
        '<a:noFill/></a:ln></p:spPr><p:txBody><a:bodyPr/><a:lstStyle/><a:p><a:endParaRPr lang="fr-FR"/></a:p>'
        "</p:txBody></p:sp>"
    )


def _frame(box: Box) -> str:
    return (
        f'<a:xfrm><a:off x="{_emu(box.x)}" y="{_emu(box.y)}"/><a:ext cx="{_emu(box.width)}" cy="{_emu(box.height)}"/>'
        "</a:xfrm>"
    )


def _colour(colour: str) -> str:
    return f'<a:srgbClr val="{colour.lstrip("#")}"/>'


def _emu(points: float) -> int:
    return round(points * EMU)


def _badge(box: Box) -> str:
    look = "bold amber centre filled"
    prompt = "Données fictives"
    return placeholder(BADGE, "body", "Nature des données", box, size=16, prompt=prompt, look=look, anchor="ctr")


def _title(kind: str, box: Box, size: float, look: str, anchor: str) -> str:
    return placeholder(TITLE, kind, "Titre", box, size=size, prompt="Titre", look=look, anchor=anchor)


_BAND = _rule(90, "Bandeau", Box(0, 0, WIDTH, 9), ACCENT) + _rule(91, "Filet", Box(MARGIN, 506, BODY_WIDTH, 0.75), GRID)
_SHARED = (
    _title("title", TITLE_BOX, 30, "bold accent", "ctr")
    + placeholder(MESSAGE, "body", "Message", MESSAGE_BOX, size=22, prompt="Ce que dit la diapositive, en une phrase")
    + _badge(BADGE_BOX)
    + placeholder(POINTS, "body", "Points", BODY_BOX, size=20, prompt="Points à retenir", look="bullet")
)
_NOTE = placeholder(NOTE, "body", "Note", NOTE_BOX, size=14, prompt="Période, effectif, unité", look="grey", anchor="b")
_MASTER = (
    _BAND
    + _title("title", TITLE_BOX, 30, "bold accent", "ctr")
    + placeholder(1, "body", "Texte", BODY_BOX, size=20, prompt="Texte", look="bullet")
    + foot()
)
_LAYOUTS = {
    COVER: _rule(92, "Fond", Box(0, 0, 36, HEIGHT), ACCENT)
    + _title("ctrTitle", COVER_TITLE, 44, "bold accent", "b")
    + placeholder(SUBTITLE, "subTitle", "Sous-titre", COVER_TEXT, size=24, prompt="Période, destinataire, date")
    + _badge(COVER_BADGE)
    + foot(left=COVER_TITLE.x),
    CONTENT: _SHARED + _NOTE + foot(),
    WRITING: _SHARED
    + placeholder(
        ROOM, "body", "Propositions", BODY_BOX, size=20, prompt="Cliquez ici pour écrire", look="bullet framed"
    )
    + _NOTE
    + foot(),
}


def _fill(holder: Native, shapes: str) -> None:
    """Put the shapes in place of those of a layout or of the master."""
    from pptx.oxml import parse_xml

    tree = holder.shapes._spTree
    for shape in list(tree)[2:]:
        tree.remove(shape)
    for shape in parse_xml(spread(shapes)):
        tree.append(shape)


def _style(made: Native) -> None:
    """One font and the product's colours in the theme; the master's band only where a layout asks for it."""
    from pptx.opc.constants import RELATIONSHIP_TYPE

    layout(made, COVER)._element.set("showMasterSp", "0")
    theme = made.slide_master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    text = theme.blob.decode("utf-8")
    text = re.sub(r'(<a:(?:major|minor)Font>\s*<a:latin typeface=")[^"]*', rf"\g<1>{FONT}", text)
    for name, colour in zip(("dk2", "accent1", "accent2", "accent3"), (ACCENT, ACCENT, SOFT, AMBER), strict=True):
        text = re.sub(rf"<a:{name}>.*?</a:{name}>", f"<a:{name}>{_colour(colour)}</a:{name}>", text, flags=re.DOTALL)
    theme._blob = text.encode("utf-8")


def _drop_leftovers(made: Native) -> None:
    """The library's own sample says that it is 4:3 and made elsewhere, and keeps a picture and a printer's settings."""
    from pptx.oxml.ns import qn

    made.part._element.find(qn("p:sldSz")).attrib.pop("type", None)
    for rels in (made.part.package._rels, made.part.rels):
        for key, relation in list(rels.items()):
            if relation.reltype.endswith(("/thumbnail", "/printerSettings")):
                rels.pop(key)
            elif relation.reltype.endswith("/extended-properties"):
                relation.target_part._blob = _PROPERTIES.encode("utf-8")
