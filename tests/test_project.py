"""What a newcomer relies on: the commands, the locked requirements, the links of the documentation."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from pipelines.settings import ROOT
from tests.test_architecture import name_of, python_files, strings, tops

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
OWN = {"app", "bench", "dashboard", "pipelines", "tests"}
# Reached through another package's interface, never imported by name; the reason stands beside it in the list.
THROUGH_OTHERS = {"pyarrow"}
# Imported for annotations alone, where the type checker runs.
TYPES_ONLY = {"typing-extensions"}


def normal(name: str) -> str:
    """Distribution name as PyPI compares them."""
    return re.sub(r"[-_.]+", "-", name).lower()


def direct(file: str) -> dict[str, str]:
    """Direct dependencies of a list, each with its line."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if line.strip() and not line.startswith(("#", "-"))]
    return {normal(re.split(r"[\[=<>!~;\s#]", line)[0]): line for line in wanted}


def locked(file: str) -> dict[str, list[str]]:
    """Entries of compiled requirements: name, then the whole entry of each version."""
    text = (ROOT / file).read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for entry in re.split(r"\n(?=[a-zA-Z0-9])", text.strip()):
        found.setdefault(normal(re.split(r"[\[=<>!~;\s]", entry)[0]), []).append(entry)
    return found


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_every_requirement_is_an_exact_version_with_hashes(name: str):
    entries = locked(f"{name}.txt")
    assert set(direct(f"{name}.in")) <= set(entries)
    for versions in entries.values():
        for entry in versions:
            assert re.match(r"[\w.\[\]-]+==[\w.]+ ", entry), entry.splitlines()[0]
            assert "--hash=sha256:" in entry, entry.splitlines()[0]


def test_development_adds_to_the_locked_requirements_and_changes_none():
    run, dev = locked("requirements.txt"), locked("requirements-dev.txt")
    versions = {name: [entry.split()[0] for entry in entries] for name, entries in run.items()}
    assert versions == {name: [entry.split()[0] for entry in dev[name]] for name in run}


def test_duckdb_is_the_last_version_with_extensions_as_wheels():
    assert direct("requirements.in")["duckdb"].startswith("duckdb==1.5.5")


def test_every_import_is_a_direct_dependency_and_each_earns_its_place():
    owners = packages_distributions()

    def needed(*parts: str) -> set[str]:
        third = {top for file in python_files(*parts) for top in tops(file)} - OWN - set(sys.stdlib_module_names)
        return {normal(name) for top in third for name in owners.get(top, [top])}

    run, dev = set(direct("requirements.in")), set(direct("requirements-dev.in"))
    named = {text for file in python_files("pipelines", "dashboard") for _, text in strings(file)}
    used = needed("app.py", "pipelines", "dashboard") - TYPES_ONLY
    assert used <= run, f"imported without being a direct dependency: {sorted(used - run)}"
    idle = {name for name in run - used - THROUGH_OTHERS if not any(name in text.lower() for text in named)}
    assert not idle, f"direct dependencies that nothing uses: {sorted(idle)}"
    assert needed("tests", "bench") <= run | dev
    assert all("#" in line for file in ("requirements.in", "requirements-dev.in") for line in direct(file).values())


def test_ci_runs_the_command_of_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    script = ROOT / ".ci" / "run"
    assert re.search(r"^exec make test\b", script.read_text(encoding="utf-8"), re.MULTILINE)
    assert script.stat().st_mode & 0o111
    for command in ("make run", "make test", "make bench"):
        assert command in readme


def test_documented_commands_exist():
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    for file in DOCUMENTS:
        for target in re.findall(r"`make ([a-z-]+)", file.read_text(encoding="utf-8")):
            assert target in targets, f"{name_of(file)}: make {target}"
        for module in re.findall(r"python -m ([a-z_.]+)", file.read_text(encoding="utf-8")):
            if module.split(".")[0] in OWN:
                path = ROOT / module.replace(".", "/")
                assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), f"{name_of(file)}: {module}"


@pytest.mark.parametrize("file", DOCUMENTS, ids=name_of)
def test_links_of_the_documentation_lead_somewhere(file: Path):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", file.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (file.parent / target).exists(), f"{name_of(file)}: {target}"


def test_exports_warehouses_and_secrets_stay_out_of_the_repository():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert {"data/raw/*", "*.duckdb", ".streamlit/secrets.toml", ".venv/"} <= set(ignored)


def test_streamlit_is_private_and_french_by_default():
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["server"]["address"] == "127.0.0.1"
    assert settings["client"]["toolbarMode"] == "minimal"


def test_the_changelog_tells_the_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    assert newest.group(1) == version
