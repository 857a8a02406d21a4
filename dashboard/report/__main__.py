"""The command line: `python -m dashboard.report --period 2026-T3 --audience comite --out DIR`."""

from __future__ import annotations

import argparse
import os
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from dashboard import audit, publication, publication_periods, warehouse
from dashboard.access import SUPERVISOR, Viewer, viewer_of
from dashboard.audit import AuditError
from dashboard.report import content, documents
from dashboard.report.periods import UnknownPeriod
from dashboard.report.slides import Comments, Deck, Period
from dashboard.warehouse import WarehouseError
from pipelines.settings import SettingsError

OUT, ERR = Console(), Console(stderr=True)
FAILED, MISUSED = 1, 2
STEPS = ("Publication des chiffres", "Diapositives", "Diaporama PPTX", "Livret PDF")


class Misused(Exception):  # noqa: N818 - a wrong option, told to who wrote it
    """An option that names nothing; the message is French and lists what there is."""


def main(arguments: list[str] | None = None) -> int:
    """Write the deck and the booklet of an audience; 0 when done, 2 when an option names nothing, 1 otherwise."""
    options = _parser().parse_args(arguments)
    for name, given in (("OPTIMEDIA_WAREHOUSE", options.warehouse), ("OPTIMEDIA_TERRITORY", options.territory)):
        if given:
            os.environ[name] = str(given)
    warehouse.publish_with(publication.tables)
    try:
        return _write(options)
    except (Misused, UnknownPeriod) as error:
        return _told(error, MISUSED)
    except (WarehouseError, SettingsError, AuditError) as error:
        return _told(error, FAILED)
    except OSError as error:
        return _told(
            f"{error.filename or options.out}\u00a0: lecture ou écriture impossible ({error.strerror}).", FAILED
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dashboard.report", description="Le diaporama et le livret du comité de pilotage."
    )
    parser.add_argument("--period", required=True, help="trimestre ou année publiés, comme 2026-T3 ou 2025")
    parser.add_argument("--audience", required=True, help="ville, comite ou bailleur:CODE")
    parser.add_argument("--out", required=True, type=Path, metavar="DOSSIER", help="où écrire les deux fichiers")
    parser.add_argument("--warehouse", type=Path, metavar="FICHIER", help="fichier de l'entrepôt")
    parser.add_argument("--territory", type=Path, metavar="DOSSIER", help="dossier du territoire")
    parser.add_argument("--comments", type=Path, metavar="FICHIER.toml", help="commentaires, par clé de diapositive")
    return parser


def _write(options: argparse.Namespace) -> int:
    audience = _audience(options.audience)
    comments = _comments(options.comments, audience) if options.comments else {}
    with _progress() as step, warehouse.acting(audience):
        step(STEPS[0])
        _known(options.period)
        warehouse.identity()  # reading as a partner publishes
        step(STEPS[1])
        deck = content.deck(options.period)
        options.out.mkdir(parents=True, exist_ok=True)
        for name, kind in zip(STEPS[2:], (documents.PPTX, documents.PDF), strict=True):
            step(name)
            _place(options.out, deck, kind, comments)
    for kind in documents.NAMES:
        OUT.print(f"Écrit\u00a0: {options.out / deck.file_name(kind)}", markup=False, highlight=False, soft_wrap=True)
    return 0


def _place(folder: Path, deck: Deck, kind: str, comments: Comments) -> None:
    """Write one file whole or not at all, once the audit trail has it."""
    content_made, target = documents.made(deck, kind, comments), folder / deck.file_name(kind)
    audit.record("export", target.name, f"{deck.period.label}, {deck.audience_label}", fictional=deck.fictional)
    temporary = target.with_suffix(f".{kind}.partiel")
    temporary.write_bytes(content_made)
    temporary.replace(target)


def _audience(code: str) -> Viewer:
    """The audience of a code. Raises Misused when it is none, or a landlord that the data do not name."""
    try:
        audience = viewer_of(code)
    except ValueError as error:
        raise Misused(f"{error}.") from None
    if not audience.is_partner:
        raise Misused(content.NOT_FOR_ALL)
    if audience.landlord is not None:
        known = publication.landlords()
        if audience.landlord not in known:
            listed = f"Bailleurs connus\u00a0: {', '.join(known)}." if known else "Aucun bailleur n’est connu."
            raise Misused(f"Le bailleur «\u00a0{audience.landlord}\u00a0» n’est pas dans les données. {listed}")
    return audience


def _known(code: str) -> None:
    """Raises UnknownPeriod before anything is published, which takes longer than to say so."""
    with warehouse.acting(SUPERVISOR):
        spans = tuple(Period(span.code, span.start, span.end) for span in publication_periods.spans())
    if code not in {period.code for period in spans}:
        raise UnknownPeriod(code, spans)


def _comments(file: Path, audience: Viewer) -> Comments:
    """Comments of a TOML file: `key of the slide = "text"`. Raises Misused when it is something else."""
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misused(f"{file}\u00a0: fichier TOML illisible ({error}).") from None
    known = content.keys(audience)
    for key, text in raw.items():
        if key not in known or not isinstance(text, str):
            raise Misused(
                f"{file}\u00a0: «\u00a0{key}\u00a0» ; attendu\u00a0: un texte pour une de ces clés, {', '.join(known)}."
            )
    return raw


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """A progress bar of the steps, on a terminal only."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=ERR, transient=True, disable=not ERR.is_terminal) as bar:
        task, started = bar.add_task("", total=len(STEPS)), 0

        def step(name: str) -> None:
            nonlocal started
            bar.update(task, description=name, completed=started)
            started += 1

        yield step


def _told(error: object, code: int) -> int:
    ERR.print(f"Erreur\u00a0: {error}", style="bold red", markup=False, highlight=False, soft_wrap=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
