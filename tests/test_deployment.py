"""What a server relies on: units, relay, scripts at work in a scratch folder, and the promises of SECURITY.md."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path
from types import ModuleType

import duckdb
import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from dashboard import access
from pipelines.settings import ROOT, load_territory
from tests.test_architecture import name_of

DEPLOY = ROOT / "deploy"
SCRIPTS = sorted(DEPLOY.glob("*.sh"))
UNITS = sorted(DEPLOY.glob("*.service"))
SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
ASSESSMENT = (ROOT / "docs" / "aipd.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
WALLS = {"NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes"}
WALLS |= {"CapabilityBoundingSet=", "RestrictNamespaces=yes", "SystemCallFilter=@system-service", "UMask=0077"}
debian = pytest.mark.skipif(sys.platform != "linux", reason="servers run Debian: the scripts use its commands")


def lines(file: str) -> list[str]:
    """Lines of a file of deploy/ that say something."""
    text = (DEPLOY / file).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in text if line.strip() and not line.strip().startswith("#")]


def named_tests(file: Path) -> set[str]:
    """Names of the tests of a file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_test_that_security_names_exists():
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", SECURITY)
    assert len(named) > 40
    missing = [f"{file}::{name}" for file, name in named if name not in named_tests(ROOT / file)]
    assert not missing


def test_every_threat_says_what_holds_it():
    rows = [line.split(" | ") for line in SECURITY.splitlines() if re.match(r"\| (?!threat|---)", line)]
    assert len(rows) > 25
    assert all(len(row) == 3 and "`tests/" in row[2] for row in rows), [row for row in rows if "`tests/" not in row[-1]]


def test_the_links_of_security_lead_somewhere_and_the_readme_names_it():
    for target in re.findall(r"\]\(([^)#\s]+)\)", SECURITY):
        assert target.startswith("https://") or (ROOT / target).exists(), target
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"]({name})" in readme for name in ("SECURITY.md", "docs/deployment.md", "docs/aipd.md"))


def test_files_that_the_guide_names_exist():
    named = set(re.findall(r"\b([\w-]+\.(?:sh|py|service|timer|conf|env))\b", GUIDE))
    known = {file.name for file in DEPLOY.iterdir()}
    assert {file.name for file in SCRIPTS} | {"probe.py", "nginx.conf", "optimedia.env"} <= named
    assert named - known <= {"journald.conf"}


def test_the_assessment_says_what_the_settings_do():
    territory = load_territory(ROOT / "config" / "orvault")
    assert f"**{territory.retention_months} mois**" in ASSESSMENT
    assert f"seuil {territory.thresholds['people']}" in ASSESSMENT
    assert f"{territory.thresholds['technical']} pour les faits techniques" in ASSESSMENT
    assert ASSESSMENT.count("À compléter par l’opérateur") > 25


@pytest.mark.parametrize("file", UNITS, ids=name_of)
def test_every_unit_has_its_walls(file: Path):
    said = lines(file.name)
    assert set(said) >= WALLS
    assert "User=optimedia" in said
    assert not [line for line in said if line.startswith(("ExecStart=+", "ExecStart=!", "AmbientCapabilities=C"))]


def test_the_dashboard_s_unit_keeps_its_walls():
    said = lines("optimedia.service")
    (start,) = [line for line in said if line.startswith("ExecStart=")]
    assert "--server.address 127.0.0.1 " in start
    assert "--server.enableAgentApi false" in start
    assert f"UnsetEnvironment={access.WITHOUT_LOGIN}" in said
    assert "ReadWritePaths=/var/lib/optimedia" in said
    (shut,) = [line for line in said if line.startswith("InaccessiblePaths=")]
    assert {"-/var/lib/optimedia/exports", "-/var/backups"} <= set(shut.split("=")[1].split())
    assert [line for line in said if line.startswith("MemoryMax=")]
    assert "Restart=always" in said


def test_what_reads_exports_has_no_network():
    for unit in ("optimedia-build.service", "optimedia-backup.service"):
        assert {"PrivateNetwork=yes", "IPAddressDeny=any", "RestrictAddressFamilies=AF_UNIX"} <= set(lines(unit))
        assert "/etc/optimedia/secrets.toml" in next(line for line in lines(unit) if line.startswith("Inaccessible"))


def test_the_relay_keeps_its_lines():
    said = " ".join(lines("nginx.conf"))
    for line in (
        "return 301 https://",
        "ssl_protocols TLSv1.2 TLSv1.3;",
        "Strict-Transport-Security",
        "frame-ancestors 'self'",
        "proxy_pass http://127.0.0.1:8501;",
        "proxy_set_header Upgrade $http_upgrade;",
        "proxy_set_header X-Forwarded-For $remote_addr;",
        "proxy_cookie_flags ~ secure;",
        "proxy_buffering off;",
        "^/_stcore/(metrics|script-health-check|agent)(/|$) { return 404; }",
    ):
        assert line in said, line
    (logged,) = re.findall(r"log_format optimedia '(.*?)';", said)
    assert not {"$remote_addr", "$request", "$args", "$request_uri"} & set(re.findall(r"\$\w+", logged))
    sources = set(re.findall(r"https://[\w.-]+", re.findall(r'Content-Security-Policy "(.*?)"', said)[0]))
    tiles = load_territory(ROOT / "config" / "orvault").tiles
    assert tiles is not None
    assert sources == {"https://" + tiles.split("/")[2]}


@debian
@pytest.mark.parametrize("file", SCRIPTS, ids=name_of)
def test_scripts_are_shell_and_stop_at_the_first_failure(file: Path):
    text = file.read_text(encoding="utf-8")
    assert text.startswith("#!/bin/sh\n")
    assert re.search(r"^set -eu\numask 0[27][27]$", text, re.MULTILINE)
    assert os.access(file, os.X_OK)
    subprocess.run(["sh", "-n", file], check=True)


@pytest.fixture(scope="module")
def probe() -> ModuleType:
    """deploy/probe.py, which is no module of the product."""
    spec = importlib.util.spec_from_file_location("probe", DEPLOY / "probe.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def element(kind: str, body: str = "") -> ForwardMsg:
    """A message that draws one element."""
    message = ForwardMsg()
    drawn = getattr(message.delta.new_element, kind)
    drawn.SetInParent()
    if body:
        drawn.body = body
    return message


def test_a_visitor_is_told_from_a_reader(probe: ModuleType):
    door = [element("html", "<style>p {}</style>"), element("html", f"<h1>{probe.DOOR}</h1>"), element("button")]
    assert probe.shown(door) == []
    assert probe.shown([*door, element("html", "<p>12 interventions</p>")]) == ["html"]
    assert probe.shown([*door, element("plotly_chart")]) == ["plotly_chart"]
    assert probe.shown([element("html", "<style></style>")]) == ["no refusal"]
    assert list(probe.words(door[1])) == [f"<h1>{probe.DOOR}</h1>"]
    assert probe.DOOR in (ROOT / "dashboard" / "entrance.py").read_text(encoding="utf-8")


class Machine:
    """A scratch server: the folders of docs/deployment.md, and a Python for the version in use."""

    def __init__(self, root: Path) -> None:
        self.code, self.data, self.settings = root / "code", root / "data", root / "settings"
        self.backups, self.tools, self.cache = root / "backups", root / "tools", root / "cache"
        for folder in (self.data / "exports", self.settings, self.backups, self.tools, self.cache):
            folder.mkdir(parents=True)
        (self.settings / "secrets.toml").write_text("[auth]\n", encoding="utf-8")
        (self.settings / "optimedia.env").write_text(
            f"OPTIMEDIA_RAW={self.data / 'exports'}\nOPTIMEDIA_WAREHOUSE={self.data / 'optimedia.duckdb'}\n", "utf-8"
        )

    def script(self, file: Path, text: str) -> None:
        """An executable shell script."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        file.chmod(0o755)

    def release(self, tag: str, python: str) -> None:
        """A version whose interpreter is a script."""
        self.script(self.code / "releases" / tag / ".venv" / "bin" / "python", python)

    def run(self, name: str, *arguments: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
        """One of the scripts, with this machine's folders and stand-ins."""
        where = {"CODE": self.code, "DATA": self.data, "SETTINGS": self.settings}
        where |= {"BACKUPS": self.backups, "CACHE": self.cache, "START": "true", "STOP": "true"}
        path = {"PATH": f"{self.tools}{os.pathsep}{os.environ['PATH']}"}
        return subprocess.run(
            [DEPLOY / name, *arguments],
            env=os.environ | {key: str(value) for key, value in where.items()} | path | env,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A scratch server without any version."""
    return Machine(tmp_path)


@pytest.fixture
def backed_up(machine: Machine, demo_raw: Path) -> tuple[Machine, Path]:
    """A scratch server with some exports and a trail, and its backup."""
    for name in ("fictif_lieux.csv", "fictif_evenements.csv"):
        shutil.copy(demo_raw / name, machine.data / "exports" / name)
    shutil.copy(min(demo_raw.glob("fictif_interventions_2*.csv")), machine.data / "exports")
    shutil.copytree(ROOT / "config" / "orvault", machine.settings / "territory")
    machine.release("v1", f'exec "{sys.executable}" "$@"')
    (machine.code / "releases" / "v1" / "pipelines").symlink_to(ROOT / "pipelines")
    (machine.code / "current").symlink_to("releases/v1")
    old = machine.backups / "optimedia-20200101T000000Z.tar.gz"
    old.touch()
    os.utime(old, (0, 0))
    with closing(sqlite3.connect(machine.data / "optimedia.journal.sqlite", isolation_level=None)) as trail:
        trail.execute("pragma journal_mode = wal")
        trail.execute("create table entries (what)")
        trail.execute("insert into entries values ('carte')")
        done = machine.run("backup.sh")  # while the trail is open, as it is in use
    assert done.returncode == 0, done.stderr
    return machine, Path(done.stdout.strip())


@debian
def test_what_is_backed_up_is_restored(backed_up: tuple[Machine, Path], tmp_path: Path):
    machine, archive = backed_up
    assert list(machine.backups.iterdir()) == [archive], "older archives and work folders are gone"
    assert archive.stat().st_mode & 0o077 == 0
    with tarfile.open(archive) as packed:
        names = {Path(*Path(name).parts[1:]).as_posix() for name in packed.getnames()}
    assert {"territory/access.toml", "optimedia.env", "exports/fictif_lieux.csv", "release.txt"} <= names
    assert not [name for name in names if "secret" in name or name.endswith(".duckdb")]
    done = machine.run("restore.sh", archive, tmp_path / "restored")
    assert done.returncode == 0, done.stderr
    assert "entries 1 rows" in done.stdout
    with duckdb.connect(str(tmp_path / "restored" / "optimedia.duckdb"), read_only=True) as built:
        assert built.execute("select count(*) > 0 from interventions").fetchone() == (True,)
    again = machine.run("restore.sh", archive, tmp_path / "restored")
    assert again.returncode == 1, "a folder in use is never written over"


@debian
def test_a_backup_that_was_touched_is_refused(backed_up: tuple[Machine, Path], tmp_path: Path):
    machine, archive = backed_up
    (tmp_path / "open").mkdir()
    subprocess.run(["tar", "-xzf", archive, "-C", tmp_path / "open"], check=True)
    (folder,) = (tmp_path / "open").iterdir()
    (folder / "territory" / "access.toml").write_text("[people]\n", encoding="utf-8")
    with tarfile.open(tmp_path / "touched.tar.gz", "w:gz") as packed:
        packed.add(folder, folder.name)
    done = machine.run("restore.sh", tmp_path / "touched.tar.gz", tmp_path / "restored")
    assert done.returncode == 1
    assert "access.toml" in done.stdout
    assert not (tmp_path / "restored" / "optimedia.duckdb").exists()


@debian
@pytest.mark.parametrize(
    ("build", "health", "probed", "said"),
    [
        (0, "ok", 0, "In use: v2"),
        (1, "ok", 0, ""),
        (0, "no", 0, "does not start"),
        (0, "ok", 1, "not signed in"),
    ],
)
def test_a_version_is_probed_before_it_is_put_in_use(machine: Machine, build: int, health: str, probed: int, said: str):
    """With stand-ins for Python, curl and the change of account: what the script decides, and in which order."""
    python = f"""case "$*" in
        *pipelines*) touch "{machine.data}/next.duckdb"; exit {build} ;;
        *probe.py*) exit {probed} ;;
        *) touch "{machine.data}/next.serving"; exec /bin/sleep 60 ;;
    esac"""
    machine.release("v1", python)
    machine.release("v2", python)
    (machine.code / "current").symlink_to("releases/v1")
    serving = f'"{machine.data}/next.serving" -o -e "{machine.data}/optimedia.duckdb"'
    machine.script(machine.tools / "curl", f"until [ -e {serving} ]; do /bin/sleep 0.02; done; echo {health}")
    machine.script(machine.tools / "sleep", "true")
    machine.script(machine.tools / "setpriv", 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"')
    done = machine.run("switch.sh", "v2")
    changed = said.startswith("In use")
    assert (done.returncode == 0) is changed, done.stderr
    assert said in done.stdout + done.stderr
    assert (machine.code / "current").readlink() == Path("releases", "v2" if changed else "v1")
    assert (machine.data / "optimedia.duckdb").exists() is changed
    assert not list(machine.data.glob("next.*"))
