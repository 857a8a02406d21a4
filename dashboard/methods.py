"""The texts of the methods page: one file a family, in an order that reads, titled by its first heading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TEXTS = Path(__file__).parent / "texts"
# In the order that reads; a text that is not named here comes after, under the name of its file.
TITLES = {
    "methodes_taux": "Taux, parts et comparaisons",
    "methodes_tendances": "Tendances",
    "methodes_points_chauds": "Points chauds",
    "methodes_validation": "Épreuve des cartes",
    "methodes_comparaisons": "Quartiers et lieux comparés",
    "methodes_densite": "Carte de densité",
    "methodes_dispositif": "Affirmations du dispositif",
    "methodes_couts_mesures": "Coûts évités, mesurés",
    "methodes_couts_declares": "Coûts évités, supposés",
    "methodes_secret": "Secret statistique",
}


@dataclass(frozen=True)
class Section:
    """One family of methods: its anchor in the page, its title, its text in Markdown."""

    anchor: str
    title: str
    text: str


def sections(folder: Path = TEXTS) -> tuple[Section, ...]:
    """Every `methodes_*.md` of a folder, those of TITLES first, the others by name."""
    order = list(TITLES)
    files = {file.stem: file for file in sorted(folder.glob("methodes_*.md"))}
    names = [*(name for name in order if name in files), *(name for name in files if name not in order)]
    return tuple(_section(name, files[name].read_text(encoding="utf-8").strip()) for name in names)


def contents(shown: Sequence[Section]) -> str:
    """Links to the sections, in Markdown."""
    return "\n".join(f"- [{section.title}](#{section.anchor})" for section in shown)


def _section(name: str, text: str) -> Section:
    """The first line is the title when it is a heading."""
    family = name.removeprefix("methodes_").replace("_", " ")
    title = TITLES.get(name, family[:1].upper() + family[1:])
    first, _, rest = text.partition("\n")
    if first.startswith("#"):
        title, text = first.lstrip("#").strip(), rest.strip()
    return Section(f"methode-{name.removeprefix('methodes_').replace('_', '-')}", title, text)
