"""Places and interventions: read, placed and written once, straight into the warehouse being built."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import pandas as pd

from pipelines.errors import SettingsError
from pipelines.geo import Frame, outlines, place_points
from pipelines.mapping import Limits
from pipelines.schema import slug
from pipelines.settings import Territory
from pipelines.stage import SourceFile, open_file, settle
from pipelines.statements import fetch, statement

LOCATION_WARNINGS = (
    "coordonnees_permutees",
    "coordonnees_inutilisables",
    "hors_perimetre",
    "lieu_inconnu",
    "quartier_inconnu",
)
DELETED_SHARE = 0.1  # over it, the table is written again without its duplicates rather than marked


@dataclass(frozen=True)
class Arrival:
    """What places the rows of this build: the territory's frame, the limits of dates, and the retention."""

    frame: Frame
    limits: Limits
    generalised_before: date


def prepare_arrivals(con: duckdb.DuckDBPyConnection, territory: Territory, frame: Frame) -> None:
    """Create the empty tables, and `zone_names`: every spelling known of a neighbourhood.

    Raises SettingsError when an alias leads to no neighbourhood.
    """
    aliases = {slug(name): target for name, target in territory.neighbourhoods.aliases.items()}
    spellings: dict[str, str] = {}
    if frame.zones is not None:
        known = outlines(frame.zones)
        ids = list(known["neighbourhood_id"])
        astray = [target for target in aliases.values() if target not in ids]
        if astray:
            raise SettingsError(f"[neighbourhoods.aliases] « {astray[0]} » ; attendu : {', '.join(ids)}.")
        spellings = {slug(i): i for i in ids} | {slug(n): i for n, i in zip(known["name"], ids, strict=True)}
        con.register("outlines_found", known)
        con.execute(statement("marts/neighbourhoods"))
        con.unregister("outlines_found")
    spellings |= aliases
    names = pd.DataFrame({"slug": list(spellings), "neighbourhood_id": list(spellings.values())}, dtype=str)
    con.register("names_found", names)
    con.execute("create table zone_names as from names_found")
    con.unregister("names_found")
    con.execute(f"create or replace temp macro named_by_exports() as {str(frame.zones is None).lower()}")
    con.execute(statement("staging/arrivals"))


def arrive(con: duckdb.DuckDBPyConnection, file: SourceFile, arrival: Arrival) -> None:
    """Write the file read last, of places or interventions, into the warehouse.

    Raises PersonalDataError, before anything is written.
    """
    mapping = open_file(con, file, arrival.limits)
    _place(con, file, arrival.frame)
    if file.record.table == "lieux":
        con.execute(statement("marts/places"), {"file_id": file.file_id})
        settle(con, file, mapping, "w.places")
        return
    learn_names(con, "declared")
    parameters = {"file_id": file.file_id, "generalised_before": arrival.generalised_before}
    con.execute(statement("staging/placed"))
    con.execute(statement("marts/interventions"), parameters)
    settle(con, file, mapping, "w.interventions", LOCATION_WARNINGS)


def _place(con: duckdb.DuckDBPyConnection, file: SourceFile, frame: Frame) -> None:
    """Table `file_points`: every distinct point of the file, placed once."""
    written = con.execute(statement("staging/written_points")).fetchnumpy()
    placed = place_points(written["px"], written["py"], file.crs, frame)
    con.register("points_found", placed)
    con.execute(statement("staging/file_points"))
    con.unregister("points_found")


def learn_names(con: duckdb.DuckDBPyConnection, relation: str) -> None:
    """Without outlines, zones are the names that exports give: note how `relation` spells them."""
    con.execute(statement("staging/spellings").format(relation=relation))


def finish_arrivals(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Take duplicates and helper columns out of `places` or `interventions`, and count what each file loaded."""
    con.execute(statement("staging/duplicates").format(source=f"w.{table}"))
    same = "t.file_id = d.file_id and t.row = d.row"
    rows, doubles = fetch(
        con, f"select count(*), count(d.row) from w.{table} as t left join dropped_rows as d on {same}"
    )
    if doubles > DELETED_SHARE * rows:
        con.execute(f"create table w.kept as select t.* from w.{table} as t anti join dropped_rows as d on {same}")
        con.execute(f"drop table w.{table}")
        con.execute(f"alter table w.kept rename to {table}")
    elif doubles:
        con.execute(f"delete from w.{table} as t using dropped_rows as d where {same}")
    con.execute(f"insert into arrived select file_id, count(*) from w.{table} group by file_id")
    for helper in ("row", "key", "warned") if table == "interventions" else ("row", "key", "warned", "file_id"):
        con.execute(f"alter table w.{table} drop column {helper}")
