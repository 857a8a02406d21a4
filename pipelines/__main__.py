"""The command line: `python -m pipelines demo | build | check FILE…`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from pipelines import summary
from pipelines.build import build, is_current
from pipelines.check import check_file
from pipelines.errors import OptimediaError
from pipelines.settings import Settings, settings

OUT, ERR = Console(), Console(stderr=True)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; exit code 0 when it did what was asked, 1 with a French message when it could not."""
    options = _parser().parse_args(arguments)
    where = settings(options.territory, options.raw, options.warehouse)
    try:
        return options.run(options, where)
    except (OptimediaError, OSError) as error:
        said = str(error)
        if isinstance(error, OSError):
            said = f"{error.filename2 or error.filename} : lecture ou écriture impossible ({error.strerror})."
        ERR.print(f"Erreur : {said}", style="bold red", markup=False, highlight=False, soft_wrap=True)
        if getattr(options, "report", None):
            with suppress(OSError):
                _write_report(Path(options.report), {"published": False, "error": said, "build": None, "files": []})
        return 1


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--territory", help="dossier du territoire")
    common.add_argument("--raw", help="dossier des exports")
    common.add_argument("--warehouse", help="fichier de l'entrepôt")
    parser = argparse.ArgumentParser(prog="python -m pipelines", description="Des exports à l'entrepôt d'Optimédia.")
    commands = parser.add_subparsers(required=True, metavar="demo | build | check")

    demo = commands.add_parser("demo", parents=[common], help="écrire des exports fictifs")
    demo.add_argument("--rows", type=_positive, help="nombre d'interventions (environ 4 000 par an)")
    demo.add_argument("--end", type=date.fromisoformat, default=date.today(), help="dernier jour (AAAA-MM-JJ)")
    demo.add_argument("--seed", type=int, default=2026, help="graine du tirage")
    demo.set_defaults(run=_demo)

    make = commands.add_parser("build", parents=[common], help="lire les exports, construire et publier l'entrepôt")
    make.add_argument("--report", help="écrire le bilan dans ce fichier JSON")
    make.add_argument("--if-needed", action="store_true", help="ne rien refaire si rien n'a changé")
    make.set_defaults(run=_build)

    check = commands.add_parser("check", parents=[common], help="dire ce qui arriverait à un fichier, sans rien écrire")
    check.add_argument("files", nargs="+", type=Path, metavar="FICHIER")
    check.set_defaults(run=_check)
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number <= 0:
        raise argparse.ArgumentTypeError(f"{text} ; attendu : un nombre positif")
    return number


def _demo(options: argparse.Namespace, where: Settings) -> int:
    from pipelines.demo import write_demo  # heavy, and a build does without

    where.raw.mkdir(parents=True, exist_ok=True)
    with _progress() as said:
        files = write_demo(where.raw, end=options.end, rows=options.rows, seed=options.seed, progress=said)
    OUT.print(f"{len(files)} fichiers de données fictives écrits dans {where.raw}", markup=False, highlight=False)
    return 0


def _build(options: argparse.Namespace, where: Settings) -> int:
    if options.if_needed and is_current(where):
        OUT.print(f"{where.warehouse.name} est à jour : rien à refaire.", markup=False, highlight=False)
        return 0
    with _progress() as said:
        built = build(where, progress=said)
    OUT.print(summary.files_table(built.files))
    for line in summary.notes(built):
        OUT.print(line, markup=False, highlight=False, soft_wrap=True)
    OUT.print(
        f"Publié : {where.warehouse} (construction {built.build_id})", markup=False, highlight=False, soft_wrap=True
    )
    if options.report:
        report = asdict(built)
        _write_report(Path(options.report), {"build": report.pop("build_id"), **report})
    return 0


def _check(options: argparse.Namespace, where: Settings) -> int:
    failed = 0
    for path in options.files:
        try:
            OUT.print(*summary.check_tables(check_file(path, where)), sep="\n")
        except OptimediaError as error:
            failed += 1
            ERR.print(f"Erreur : {error}", style="bold red", markup=False, highlight=False, soft_wrap=True)
    return 1 if failed else 0


def _write_report(path: Path, report: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, ensure_ascii=False, indent=2, default=str) + "\n", encoding="utf-8")


@contextmanager
def _progress() -> Iterator[Callable[[str, float], None]]:
    """A bar with the step under way, on the error stream so that outputs stay clean."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=ERR, transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda step, share: bar.update(task, description=step, completed=share)


if __name__ == "__main__":
    sys.exit(main())
