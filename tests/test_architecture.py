"""The house rules of docs/architecture.md, held by reading the code."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import ROOT

PAGE_LINES, MODULE_LINES, FUNCTION_LINES = 60, 400, 50
PACKAGES = ("pipelines", "dashboard", "tests", "bench")
SHIPPED = ("app.py", *PACKAGES, "config", "data/geo", "docs", ".streamlit/config.toml", ".ci/run", ".gitignore")
SHIPPED += ("Makefile", "README.md", "CHANGELOG.md", "pyproject.toml", "requirements.in", "requirements-dev.in")
SHIPPED += ("SECURITY.md", "deploy")
STREAMLIT_MODULES = {"main", "access", "entrance", "warehouse", "filters", "components", "cost_widgets", "maps"}
STREAMLIT_MODULES |= {"report_widgets"}
ACTING = {"main", "entrance", "publication", "components", "report_widgets", "report/__main__"}
# Lower layers never import higher ones; within the last layer a module may use another.
LAYERS = ("app", "dashboard.main", "dashboard.pages", "dashboard")
PURE = {"numpy", "scipy", "pandas", "statsmodels", "numba", "dashboard"}
NAMESPACES = ("http://www.w3.org/", "http://schemas.openxmlformats.org/")
TEXT_SUFFIXES = {".py", ".sql", ".toml", ".md", ".css", ".js", ".html", ".in", ".txt", ".geojson", ".json", ".csv", ""}
TEXT_SUFFIXES |= {".sh", ".service", ".timer", ".conf", ".env"}


def files(*parts: str) -> list[Path]:
    """Files of the project that are, or are under, the given parts."""
    roots = [ROOT / part for part in parts]
    found = [file for root in roots for file in ([root] if root.is_file() else root.rglob("*"))]
    return sorted(file for file in found if file.is_file())


def python_files(*parts: str) -> list[Path]:
    """Python files of the project under the given parts."""
    found = [
        file for part in parts for file in ([ROOT / part] if part.endswith(".py") else (ROOT / part).rglob("*.py"))
    ]
    return sorted(file for file in found if file.exists())


def text_files() -> list[Path]:
    """Every text file that the project ships."""
    made = {"artifacts", "__pycache__"}
    return [file for file in files(*SHIPPED) if file.suffix in TEXT_SUFFIXES and not made & set(file.parts)]


def name_of(file: Path) -> str:
    """Where a file is, for messages."""
    return file.relative_to(ROOT).as_posix()


def module_of(file: Path) -> str:
    """Dotted name of a Python file."""
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def tree_of(file: Path) -> ast.Module:
    """Syntax tree of a file."""
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


@cache
def modules() -> frozenset[str]:
    """Dotted names of every module of the project."""
    return frozenset(module_of(file) for file in python_files("app.py", *PACKAGES))


def imports(file: Path) -> set[str]:
    """Dotted names that a file imports, wherever in it: modules of the project in full, `from a import b` as a.b."""
    found: set[str] = set()
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(file)}:{node.lineno}: relative import"
            full = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in modules() else str(node.module) for name in full}
    return found


def tops(file: Path) -> set[str]:
    """Top-level names that a file imports."""
    return {name.split(".")[0] for name in imports(file)}


def layer(module: str) -> int:
    """Place of a module in LAYERS, 0 at the top."""
    return next(place for place, name in enumerate(LAYERS) if module == name or module.startswith(f"{name}."))


def strings(file: Path) -> Iterator[tuple[int, str]]:
    """String constants of a file with their line, docstrings apart."""
    nodes = list(ast.walk(tree_of(file)))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    firsts = [node.body[0] for node in nodes if isinstance(node, documented) and ast.get_docstring(node)]
    docs = {id(first.value) for first in firsts if isinstance(first, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.lineno, node.value


def test_pipelines_never_import_the_dashboard():
    wrong = {name_of(file) for file in python_files("pipelines") if tops(file) & {"dashboard", "app", "tests", "bench"}}
    assert not wrong


def test_the_dashboard_takes_only_settings_from_the_pipelines():
    taken = {name for file in python_files("app.py", "dashboard") for name in imports(file)}
    assert {name for name in taken if name.split(".")[0] == "pipelines"} <= {"pipelines.settings"}
    assert not {name for name in taken if name.split(".")[0] in {"tests", "bench"}}


@pytest.mark.parametrize("file", python_files("app.py", "dashboard"), ids=name_of)
def test_layers_are_one_way(file: Path):
    here = layer(module_of(file))
    for name in imports(file):
        if name.split(".")[0] in {"app", "dashboard"} and name != "dashboard":
            assert layer(name) > here or here == len(LAYERS) - 1 == layer(name), f"{name_of(file)} imports {name}"
    if here == LAYERS.index("app"):
        assert imports(file) == {"dashboard.main"}


@pytest.mark.parametrize("file", python_files("pipelines", "dashboard"), ids=name_of)
def test_streamlit_and_duckdb_keep_to_their_modules(file: Path):
    parts = file.relative_to(ROOT).with_suffix("").parts
    if tops(file) & {"streamlit", "streamlit_folium"}:
        assert parts[0] == "dashboard", f"Streamlit in {name_of(file)}"
        assert parts[1] in STREAMLIT_MODULES | {"pages"}, f"Streamlit in {name_of(file)}"
    if "duckdb" in tops(file):
        assert parts[0] == "pipelines" or parts == ("dashboard", "warehouse"), f"DuckDB in {name_of(file)}"


def test_few_modules_act_for_another_reader():
    """Everything else reads as whoever is looking."""
    acting = {
        name_of(file).removeprefix("dashboard/").removesuffix(".py")
        for file in python_files("dashboard")
        for node in ast.walk(tree_of(file))
        if (isinstance(node, ast.Attribute) and node.attr == "acting")
        or (isinstance(node, ast.alias) and node.name == "acting")
    }
    assert acting <= ACTING, f"unexpected: {sorted(acting - ACTING)}"


@pytest.mark.parametrize("file", python_files("dashboard/indicators"), ids=name_of)
def test_indicators_are_pure(file: Path):
    outside = tops(file) - set(sys.stdlib_module_names)
    assert outside <= PURE, f"{name_of(file)} imports {sorted(outside - PURE)}"
    own = {name for name in imports(file) if name.startswith("dashboard")}
    assert all(name.startswith("dashboard.indicators") for name in own), f"{name_of(file)} imports {sorted(own)}"
    assert not tops(file) & {"io", "os", "pathlib", "socket", "sqlite3", "subprocess", "urllib"}, name_of(file)
    assert not [node for node in ast.walk(tree_of(file)) if isinstance(node, ast.Name) and node.id == "open"]


def test_modules_do_not_import_each_other_in_a_circle():
    graph = {module_of(file): imports(file) & modules() for file in python_files("app.py", "pipelines", "dashboard")}
    done: set[str] = set()

    def follow(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path, module))
        if module not in done:
            for needed in sorted(graph.get(module, ())):
                follow(needed, (*path, module))
            done.add(module)

    for module in graph:
        follow(module, ())


def test_pages_and_modules_fit_their_lines():
    for file in python_files("app.py", *PACKAGES):
        lines = len(file.read_text(encoding="utf-8").splitlines())
        limit = PAGE_LINES if file.parent == ROOT / "dashboard" / "pages" else MODULE_LINES
        assert lines <= limit, f"{name_of(file)}: {lines} lines, {limit} at most"


def test_functions_fit_a_screen():
    too_long = [
        f"{name_of(file)}:{node.lineno} {node.name}"
        for file in python_files("app.py", *PACKAGES)
        for node in ast.walk(tree_of(file))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (node.end_lineno or node.lineno) - node.lineno + 1 > FUNCTION_LINES
    ]
    assert not too_long, f"over {FUNCTION_LINES} lines: {too_long}"


def test_nothing_catches_everything():
    wrong = [
        f"{name_of(file)}:{node.lineno}"
        for file in python_files("app.py", *PACKAGES)
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
    ]
    assert not wrong


def test_no_file_names_a_machine_or_a_secret():
    machine = re.compile(r"/(?:work|root|home|Users)/\w")
    key = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{30,}|\bsk-[\w-]{20,}")
    given = re.compile(r"(?i)(?:password|passwd|secret|api_?key|token)\s*=\s*[\"'][^\"'\s{}<$]{6,}[\"']")
    wrong = [
        f"{name_of(file)}:{number}: {line.strip()[:80]}"
        for file in text_files()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if machine.search(line) or key.search(line) or (given.search(line) and ROOT / "tests" not in file.parents)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_outside_address_is_shipped_to_the_browser():
    """Tiles are a setting of the territory; nothing else may make a page leave this machine."""
    address = re.compile(r"(?:https?:)?//[\w.-]+\.\w{2,}[^\s\"')]*")
    wrong = []
    for file in (ROOT / "dashboard").rglob("*"):
        if file.suffix in {".css", ".js", ".html", ".svg"}:
            texts = enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        elif file.suffix == ".py":
            texts = strings(file)
        else:
            continue
        found = [(line, match) for line, text in texts for match in address.findall(text)]
        wrong += [f"{name_of(file)}:{line}: {match}" for line, match in found if not match.startswith(NAMESPACES)]
    assert not wrong, "\n".join(wrong)


def test_nothing_of_one_territory_is_in_the_code():
    names = re.compile(r"\b(orvault|plaisance|bugall?i[eè]re|choli[eè]re|nantes|paris)\b", re.IGNORECASE)
    # The folder that the settings fall back on, and the example of a time zone in messages.
    general = re.compile(r"config/orvault|Europe/Paris")
    wrong = [
        f"{name_of(file)}:{line}: {text[:60]}"
        for file in python_files("app.py", "pipelines", "dashboard")
        for line, text in strings(file)
        if names.search(general.sub("", text))
    ]
    assert not wrong, "\n".join(wrong)


def test_every_query_is_used_and_sql_lives_in_files():
    asked = {text for file in python_files("dashboard") for _, text in strings(file)}
    files = {file.stem for file in (ROOT / "dashboard" / "queries").glob("*.sql")}
    assert files, "no query found"
    assert files <= asked, f"queries that nothing asks: {sorted(files - asked)}"
    sql = re.compile(r"\bselect\b[\s\S]+\bfrom\b", re.IGNORECASE)
    written = [
        f"{name_of(file)}:{line}"
        for file in python_files("dashboard")
        for line, text in strings(file)
        if sql.search(text)
    ]
    assert not written, f"SQL outside dashboard/queries: {written}"


def dictionary() -> dict[str, dict[str, str]]:
    """Tables and columns of docs/data.md with their types."""
    text = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    section = re.split(r"^## ", text, flags=re.MULTILINE)
    warehouse = next(part for part in section if part.startswith("The warehouse"))
    tables: dict[str, dict[str, str]] = {}
    for block in re.split(r"^### ", warehouse, flags=re.MULTILINE)[1:]:
        rows = [[cell.strip() for cell in row.split("|")[1:4]] for row in block.splitlines() if row.startswith("|")]
        columns = [row for row in rows if row[0] != "column" and not set(row[0]) <= {"-"}]
        tables[block.split()[0]] = {name.strip(): row[1] for row in columns for name in row[0].split(",")}
    return tables


def test_the_dictionary_is_the_warehouse(demo_warehouse: Path):
    with duckdb.connect(str(demo_warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select table_name, column_name, data_type from information_schema.columns where table_schema = 'main'"
        ).fetchall()
    built: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        built.setdefault(table, {})[column] = kind
    assert built == dictionary()
