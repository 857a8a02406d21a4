"""The one door to the warehouse: parameters, the memory of results, a new file, and everything that can be missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from dashboard import warehouse
from dashboard.warehouse import WarehouseError, build_info, query
from tests.dashboard.warehouses import BUILD, write


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A warehouse that the settings point at."""
    path = write(tmp_path / "optimedia.duckdb", build=[BUILD])
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(path))
    return path


@pytest.fixture
def queries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of queries of the test's own."""
    folder = tmp_path / "queries"
    folder.mkdir()
    monkeypatch.setattr(warehouse, "QUERIES", folder)
    warehouse._sql.cache_clear()
    yield folder
    warehouse._sql.cache_clear()


def ask(folder: Path, sql: str, **params: object) -> pd.DataFrame:
    """Result of a query written for the test."""
    warehouse._sql.cache_clear()
    (folder / "asked.sql").write_text(sql, encoding="utf-8")
    return query("asked", **params)


def test_the_build_is_read_with_its_types(file: Path):
    build = build_info()
    assert build.build_id == "essai"
    assert build.built_at == datetime(2025, 12, 31, 5, 12)
    assert build.today == date(2025, 12, 31)
    assert type(build.today) is date
    assert build.generalised_before is None
    assert build.fictional is True


@pytest.mark.parametrize(
    "name", ["l'entrepôt «été».duckdb", "a;b--c.duckdb", 'guillemet".duckdb', "100%.duckdb", "?x=1"]
)
def test_any_file_name_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    folder = tmp_path / "d'ici"
    folder.mkdir()
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(write(folder / name, build=[BUILD | {"build_id": name}])))
    assert build_info().build_id == name


def test_parameters_are_bound_by_name_and_the_others_ignored(file: Path, queries: Path):
    sql = "select $texts::varchar[] as texts, $day::date as day, $flag::boolean as flag"
    hostile = "'); drop table build; --"
    row = ask(queries, sql, texts=(hostile,), day=date(2025, 1, 2), flag=None, unknown=object()).iloc[0]
    assert list(row["texts"]) == [hostile]
    assert row["day"] == pd.Timestamp(2025, 1, 2)
    assert pd.isna(row["flag"])


def test_a_missing_parameter_is_an_error(file: Path, queries: Path):
    with pytest.raises(duckdb.InvalidInputException, match="day"):
        ask(queries, "select $day::date as day")


def test_a_result_is_the_callers_own(file: Path):
    first = query("build")
    first.loc[0, "title"] = "changé"
    first["more"] = 1
    again = query("build")
    assert again.loc[0, "title"] == BUILD["title"]
    assert "more" not in again


def test_the_same_question_is_answered_from_memory(file: Path, queries: Path, monkeypatch: pytest.MonkeyPatch):
    ran: list[dict[str, object]] = []
    real = warehouse._run
    monkeypatch.setattr(warehouse, "_run", lambda *given: ran.append(given[2]) or real(*given))
    sql = "select $a::int as a, $many::varchar[] as many"
    for params in ({"a": 1, "many": ["x"]}, {"a": 1, "many": ("x",), "other": 3}, {"a": 2, "many": ["x"]}):
        ask(queries, sql, **params)
    assert ran == [{"a": 1, "many": ["x"]}, {"a": 2, "many": ["x"]}]


def test_a_new_file_is_seen_and_its_answers_are_new(file: Path, tmp_path: Path):
    assert build_info().build_id == "essai"
    before = warehouse.identity()
    os.replace(write(tmp_path / "next", build=[BUILD | {"build_id": "suivant"}]), file)  # noqa: PTH105 - as publish does
    assert build_info().build_id == "suivant"
    assert warehouse.identity() != before


def test_a_cursor_at_work_outlives_the_file_it_reads(file: Path, tmp_path: Path):
    cursor = warehouse._STORE.current()[1].cursor()
    cursor.execute("select build_id from w.build, range(100000)")
    os.replace(write(tmp_path / "next", build=[BUILD | {"build_id": "suivant"}]), file)  # noqa: PTH105 - as publish does
    assert build_info().build_id == "suivant"
    assert {row[0] for row in cursor.fetchall()} == {"essai"}


def test_nothing_can_be_written_and_no_other_file_read(file: Path, tmp_path: Path):
    other = tmp_path / "other.csv"
    other.write_text("a\n1\n")
    cursor = warehouse._STORE.current()[1].cursor()
    for sql in (
        "delete from w.build",
        f"select * from read_csv('{other}')",
        f"copy (select 1) to '{tmp_path / 'out.csv'}'",
        f"attach '{tmp_path / 'more.duckdb'}' as more",
        "set enable_external_access = true",
        "install spatial",
    ):
        with pytest.raises(duckdb.Error):
            cursor.execute(sql)
    assert build_info().build_id == "essai"


def test_a_missing_warehouse_says_where_it_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "absent.duckdb"
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(path))
    with pytest.raises(WarehouseError, match=r"absent\.duckdb"):
        build_info()
    write(path, build=[BUILD])
    assert build_info().build_id == "essai"


@pytest.mark.parametrize("content", [b"", b"not a warehouse", b"\0" * 8192])
def test_a_file_that_is_no_warehouse_is_said_to_be_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
):
    path = tmp_path / "other.duckdb"
    path.write_bytes(content)
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(path))
    with pytest.raises(WarehouseError):
        build_info()


def test_another_version_of_the_warehouse_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "old.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table build (build_id varchar)")
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(path))
    with pytest.raises(WarehouseError, match="version"):
        build_info()


def test_results_stay_within_their_bytes_the_oldest_leaving_first():
    frame = pd.DataFrame({"number": range(1000)})
    size = int(frame.memory_usage(deep=True).sum())
    results = warehouse._Results(3 * size)
    for name in "abc":
        results.put(name, frame)
    assert results.get("a") is frame
    results.put("d", frame)
    assert results.get("b") is None
    assert all(results.get(name) is frame for name in "acd")
    results.put("huge", pd.concat([frame] * 4))
    assert results.get("huge") is None
    assert results._bytes == 3 * size
