"""The command line, as its users run it: what it says, what it writes, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import __main__ as cli
from tests.pipelines.exports import SHORT, SHORT_HEADER, TERRITORY, World, csv_text

ROWS = [
    ["i1", "2026-01-05", "21:40", "P", "a"],
    ["i2", "hier", "21:40", "P", "b"],
    ["i1", "2026-01-05", "21h50", "P", "c"],
    ["i3", "2026-01-06", "tard", "P", "d"],
]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A small territory with one export."""
    made = World(tmp_path, TERRITORY, interventions=SHORT)
    made.export("interventions.csv", csv_text([*SHORT_HEADER, "commentaire"], [[*row, "privé"] for row in ROWS]))
    return made


@pytest.fixture
def run(world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on that territory: exit code, output and errors."""
    for console in (cli.OUT, cli.ERR):
        monkeypatch.setattr(console, "width", 200)

    def running(command: str, *arguments: str | Path) -> tuple[int, str, str]:
        where = ["--territory", world.where.territory, "--raw", world.where.raw, "--warehouse", world.where.warehouse]
        code = cli.main([command, *map(str, [*where, *arguments])])
        said = capsys.readouterr()
        return code, said.out, said.err

    return running


def test_build_publishes_and_says_what_became_of_every_row(world: World, run: Run):
    code, out, _ = run("build")
    assert code == 0
    assert world.where.warehouse.exists()
    line = next(line for line in out.splitlines() if "interventions.csv" in line)
    assert [cell.strip() for cell in line.split("│")[1:-1]] == [
        "interventions.csv",
        "4",
        "2",
        "1",
        "1",
        "date illisible : 1",
    ]
    assert "Publié : " in out
    assert "colonne_non_declaree : 1" in out
    assert "valeur_illisible : 1" in out


def test_the_report_holds_the_ledger_by_file(world: World, run: Run):
    report = world.folder / "rapports" / "bilan.json"
    code, out, _ = run("build", "--report", report)
    written = json.loads(report.read_text(encoding="utf-8"))
    (file,) = written["files"]
    assert code == 0
    assert written["published"] is True
    assert written["build"] in out
    assert world.query("select build_id from build") == [(written["build"],)]
    expected = {
        "name": "interventions.csv",
        "record": "interventions",
        "rows_read": 4,
        "loaded": 2,
        "duplicates": 1,
        "rejected": 1,
        "reasons": {"date illisible": 1},
    }
    assert {key: file[key] for key in expected} == expected
    assert file["warnings"] == {"colonne_non_declaree": 1, "valeur_illisible": 1}
    assert file["undeclared"] == ["commentaire"]
    assert len(file["sha256"]) == 64


def test_a_failure_is_one_french_line_a_report_and_an_exit_code(world: World, run: Run):
    world.export("interventions 2.csv", b"")
    report = world.folder / "bilan.json"
    code, _, errors = run("build", "--report", report)
    assert code == 1
    assert errors.strip() == "Erreur : interventions 2.csv : le fichier est vide. Refaites l'export."
    assert json.loads(report.read_text(encoding="utf-8")) == {
        "published": False,
        "error": "interventions 2.csv : le fichier est vide. Refaites l'export.",
        "build": None,
        "files": [],
    }
    assert not world.where.warehouse.exists()


def test_brackets_in_names_are_not_markup(world: World, run: Run):
    world.export("interventions [red].csv", csv_text(SHORT_HEADER, [["i9", "[bold]x", "", "P", ""]]))
    code, out, _ = run("build")
    assert code == 0
    assert "interventions [red].csv" in out
    _, out, _ = run("check", world.where.raw / "interventions [red].csv")
    assert "[bold]x" in out


def test_if_needed_does_nothing_twice(world: World, run: Run):
    run("build", "--if-needed")
    (before,) = world.query("select build_id from build")
    code, out, _ = run("build", "--if-needed")
    assert code == 0
    assert "est à jour : rien à refaire" in out
    assert world.query("select build_id from build") == [before]
    world.export("interventions 2.csv", csv_text(SHORT_HEADER, ROWS))
    run("build", "--if-needed")
    assert world.query("select build_id from build") != [before]


def test_check_says_column_by_column_and_writes_nothing(world: World, run: Run):
    before = {file: file.stat().st_mtime_ns for file in world.folder.rglob("*")}
    code, out, _ = run("check", world.where.raw / "interventions.csv")
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if line.startswith("│")]
    assert code == 0
    assert ["date", "date_service", "4", "3", "hier"] in cells
    assert ["heure", "heure_debut", "4", "3", "tard"] in cells
    assert ["commentaire", "non déclarée : jamais lue", "", "", ""] in cells
    assert "fiche « interventions », table interventions, 4 lignes lues" in out
    assert "1 lignes seraient rejetées" in out or "1 ligne serait rejetée" in out
    assert "date illisible (date), dès la ligne 3" in out
    assert {file: file.stat().st_mtime_ns for file in world.folder.rglob("*")} == before


def test_check_goes_through_every_file_and_fails_when_one_does(world: World, run: Run):
    empty = world.export("interventions 2.csv", b"")
    code, out, errors = run("check", empty, world.where.raw / "interventions.csv", world.folder / "absent.csv")
    assert code == 1
    assert "4 lignes lues" in out
    assert "interventions 2.csv : le fichier est vide" in errors
    assert "absent.csv : " in errors


def test_check_stops_on_personal_data_as_the_build_would(world: World, run: Run):
    file = world.export(
        "interventions 2.csv", csv_text(SHORT_HEADER, [["i9", "2026-01-05", "", "P", "06 12 34 56 78"]])
    )
    code, out, errors = run("check", file)
    assert code == 1
    assert "ligne 2, colonne « note »" in errors
    assert "06 12" not in out + errors


def test_a_territory_that_is_not_there_and_an_empty_folder_are_said(world: World, run: Run):
    code, _, errors = run("build", "--territory", world.folder / "nulle part")
    assert (code, "Territoire introuvable" in errors) == (1, True)
    code, _, errors = run("build", "--raw", world.folder / "vide")
    assert (code, "aucun export à lire" in errors) == (1, True)
    assert "python -m pipelines demo" in errors


@pytest.mark.parametrize("option", ["--warehouse", "--report"])
def test_a_path_that_can_t_be_written_is_said(world: World, run: Run, option: str):
    for path in (world.where.raw / "interventions.csv" / "x", world.where.raw):
        code, _, errors = run("build", option, path)
        assert code == 1
        assert errors.strip().startswith(f"Erreur : {world.where.raw}")
        assert "\n" not in errors.strip()
        assert "lecture ou écriture impossible" in errors


@pytest.mark.parametrize("arguments", [[], ["publish"], ["check"], ["demo", "--rows", "0"], ["demo", "--rows", "x"]])
def test_what_is_no_command_ends_with_two(arguments: list[str]):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2


def test_demo_writes_exports_that_build(world: World, run: Run, run_pipelines):
    raw = world.folder / "demo"
    code, out, _ = run("demo", "--raw", raw, "--rows", "300")
    assert (code, "fichiers de données fictives écrits" in out) == (0, True)
    done = run_pipelines("build", "--raw", raw, "--warehouse", world.where.warehouse)
    assert done.returncode == 0, done.stdout + done.stderr
    assert world.query("select fictional, count(*) over () from build") == [(True, 1)]
