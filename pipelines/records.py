"""Export records: one TOML file says how one kind of export is read. `docs/data.md` is their reference."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal
from zoneinfo import available_timezones

import duckdb
from pyproj import CRS
from pyproj.exceptions import CRSError

from pipelines.errors import SettingsError
from pipelines.schema import Column, is_ledger, slug, tables

PointFormat = Literal["lat,lon", "lon,lat", "json", "wkt"]
Repeated = Literal["last", "sum", "sum_all"]
Tax = Literal["ht", "ttc"]
REPEATED, TAXES = ("last", "sum", "sum_all"), ("ht", "ttc")
POINT_FORMATS = ("lat,lon", "lon,lat", "json", "wkt")
NAMED_DATES = ("iso", "epoch", "excel", "fr")
WHOLE_ROW = "row"
NEVER_READ = "commentaire"
KEYS = {
    *("files", "fictional_files", "table", "sheet", "key", "repeated", "dates", "times", "timezone", "separator"),
    "not_personal",
}
SECTIONS = {"columns", "constants", "values", "amounts", "point", "origin"}


@dataclass(frozen=True)
class Point:
    """Where a row's point is: two source columns, or one column of text in a stated format."""

    longitude: str | None = None
    latitude: str | None = None
    column: str | None = None
    format: PointFormat | None = None
    crs: str = "EPSG:4326"

    @property
    def sources(self) -> tuple[str, ...]:
        """The source columns it reads."""
        return tuple(name for name in (self.longitude, self.latitude, self.column) if name)


@dataclass(frozen=True)
class Amounts:
    """Whether amounts exclude tax (`ht`) or include it (`ttc`, at `rate`); `tax` None: the record does not say."""

    tax: Tax | None = None
    rate: float = 0.0


@dataclass(frozen=True)
class Record:
    """How one kind of export is read."""

    file: Path
    table: str
    files: tuple[str, ...]
    fictional_files: tuple[str, ...]
    sheet: str | None
    key: tuple[str, ...]
    dates: tuple[str, ...]
    times: tuple[str, ...]
    timezone: str | None
    separator: str
    not_personal: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    constants: dict[str, str]
    values: dict[str, dict[str, str]]
    point: Point | None
    origin: dict[str, str] = field(default_factory=dict)
    repeated: Repeated = "last"
    amounts: Amounts = Amounts()

    @property
    def name(self) -> str:
        """Its name in reports: the file's, without ending."""
        return self.file.stem

    @property
    def by_whole_row(self) -> bool:
        """Whether two rows are duplicates only when every column of the file is the same."""
        return self.key == (WHOLE_ROW,)

    @property
    def compares_rows(self) -> bool:
        """Whether every column of the file, declared or not, tells two rows apart."""
        return self.by_whole_row or self.repeated == "sum"

    @property
    def sources(self) -> tuple[str, ...]:
        """Source columns that it reads, each once, in the order of the record."""
        listed = [name for names in self.columns.values() for name in names]
        return tuple(dict.fromkeys([*listed, *(self.point.sources if self.point else ())]))

    @property
    def required_sources(self) -> tuple[str, ...]:
        """Source columns without which no row could be kept."""
        declared = tables()[self.table]
        return tuple(
            source for name, sources in self.columns.items() if declared[name].required for source in sources
        ) + tuple(self.columns.get("horodatage", ()))

    def declared(self) -> dict[str, Column]:
        """Declared columns that it fills, by a source column or a constant."""
        return {n: c for n, c in tables()[self.table].items() if n in self.columns or n in self.constants}

    def reads(self, file_name: str) -> bool:
        """Whether this record reads a file of that name."""
        return _matches(file_name, self.files)

    def is_fictional(self, file_name: str) -> bool:
        """Whether a file of that name holds fictional data."""
        return _matches(file_name, self.fictional_files)


def _matches(file_name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(file_name.lower(), pattern.lower()) for pattern in patterns)


def load_records(territory: Path) -> list[Record]:
    """Records of a territory's `exports/` folder, by name.

    Raises SettingsError, naming the file and the key, when one can't be understood, or when there is none.
    """
    files = sorted((territory / "exports").glob("*.toml"))
    if not files:
        raise SettingsError(f"{territory / 'exports'} : aucune fiche d'export (*.toml) dans ce dossier.")
    return [load_record(file) for file in files]


def load_record(file: Path) -> Record:
    """Read one export record.

    Raises SettingsError, naming the file and the key, when it can't be understood.
    """
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
        return _record(file, raw)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} : fichier TOML illisible ({error}).") from None
    except KeyError as error:
        raise SettingsError(f"{file} : la clé {error} manque.") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise SettingsError(f"{file} : {error}.") from None


def _record(file: Path, raw: dict[str, Any]) -> Record:
    unknown = set(raw) - KEYS - SECTIONS
    if unknown:
        raise ValueError(f"clé inconnue : {', '.join(sorted(unknown))}")
    table = raw["table"]
    if table not in tables():
        raise ValueError(f'table = "{table}" ; attendu : {", ".join(tables())}')
    dates = _formats(raw.get("dates", ["iso", "%d/%m/%Y"]), "dates", NAMED_DATES)
    record = Record(
        file=file,
        table=table,
        files=_texts(raw["files"], "files"),
        fictional_files=_texts(raw["fictional_files"], "fictional_files") if "fictional_files" in raw else (),
        sheet=_text(raw.get("sheet"), "sheet"),
        key=_texts(raw["key"], "key"),
        dates=dates if "iso" in dates else (*dates, "iso"),  # what a spreadsheet's typed dates become
        times=_formats(raw["times"], "times") if "times" in raw else (),
        timezone=_text(raw.get("timezone"), "timezone"),
        separator=_text(raw.get("separator"), "separator") or "|",
        not_personal=tuple(map(slug, _texts(raw["not_personal"], "not_personal"))) if "not_personal" in raw else (),
        columns=_columns(table, _section(raw, "columns") if "columns" in raw else None),
        constants={name: str(value) for name, value in _section(raw, "constants").items()},
        values={name: _values(pairs, name) for name, pairs in _section(raw, "values").items()},
        point=_point(_section(raw, "point")) if "point" in raw else None,
        origin={name: str(value) for name, value in _section(raw, "origin").items()},
        repeated=raw.get("repeated", "last"),
        amounts=_amounts(_section(raw, "amounts")),
    )
    _check(record)
    return record


def _columns(table: str, raw: dict[str, Any] | None) -> dict[str, tuple[str, ...]]:
    """Without `[columns]`, the export has the canonical headers."""
    if raw is None:
        return {name: (name,) for name in tables()[table] if name != "horodatage"}
    columns = {name: _texts(sources, name) for name, sources in raw.items()}
    known: dict[str, str] = {}
    for source in dict.fromkeys(source for sources in columns.values() for source in sources):
        if slug(source) == NEVER_READ:
            raise ValueError(f"[columns] « {source} » : un commentaire libre n'est jamais lu")
        if known.setdefault(slug(source), source) != source:
            raise ValueError(f"[columns] « {known[slug(source)]} » et « {source} » sont un même nom de colonne")
    return columns


def _point(raw: dict[str, Any]) -> Point:
    unknown = set(raw) - {"longitude", "latitude", "column", "format", "crs"}
    if unknown:
        raise ValueError(f"[point] clé inconnue : {', '.join(sorted(unknown))}")
    for key in set(raw) - {"crs"}:
        _text(raw[key], f"[point] {key}")
    point = Point(**raw)
    two = point.longitude is not None and point.latitude is not None and point.column is None
    one = point.column is not None and point.format in POINT_FORMATS and not (point.longitude or point.latitude)
    if not (two or one):
        raise ValueError(f"[point] ; attendu : longitude et latitude, ou column et format ({', '.join(POINT_FORMATS)})")
    try:
        CRS.from_user_input(point.crs)
    except CRSError:
        raise ValueError(f'[point] crs = "{point.crs}" ; attendu : un code comme EPSG:2154') from None
    return point


def _amounts(raw: dict[str, Any]) -> Amounts:
    unknown = set(raw) - {"tax", "rate"}
    if unknown:
        raise ValueError(f"[amounts] clé inconnue : {', '.join(sorted(unknown))}")
    tax, rate = raw.get("tax"), raw.get("rate")
    if tax is not None and tax not in TAXES:
        raise ValueError(f'[amounts] tax = "{tax}" ; attendu : {" ou ".join(TAXES)}')
    if (tax == "ttc") != (rate is not None):
        raise ValueError('[amounts] rate ; attendu : un taux si tax = "ttc" et alors seulement, comme rate = 0.10')
    if rate is None:
        return Amounts(tax)
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate < 1:
        raise ValueError(f"[amounts] rate = {rate!r} ; attendu : un taux entre 0 et 1, comme 0.10 pour 10 %")
    return Amounts(tax, float(rate))


def _check(record: Record) -> None:
    """Names must be declared and codes accepted: a slip in a record must not lose data silently."""
    declared = tables()[record.table]
    named = [*record.columns, *record.constants, *record.values, *(() if record.by_whole_row else record.key)]
    for name in named:
        if name not in declared:
            raise ValueError(f"colonne non déclarée « {name} » ; la table {record.table} a : {', '.join(declared)}")
    for name, pairs in record.values.items():
        accepted = declared[name].values
        for code in pairs.values() if accepted else ():
            if code and code not in accepted:
                raise ValueError(f'[values.{name}] « {code} » ; attendu : {", ".join(accepted)} ou ""')
    dated = [name for name, column in declared.items() if column.required]
    filled = {*record.columns, *record.constants} | ({"date_service"} if "horodatage" in record.columns else set())
    missing = [name for name in dated if name not in filled]
    if missing:
        raise ValueError(f"[columns] colonne obligatoire sans source : {', '.join(missing)}")
    unfilled = [] if record.by_whole_row else [n for n in record.key if n not in {*record.columns, *record.constants}]
    if unfilled:
        raise ValueError(f"key : {', '.join(unfilled)} n'a pas de source ; aucun doublon ne serait trouvé")
    _check_ledger(record)
    for name, text in record.constants.items():
        accepted = {slug(code) for code in declared[name].values} | set(record.values.get(name, {}))
        if declared[name].values and slug(text) not in accepted:
            raise ValueError(f"[constants] {name} = « {text} » ; attendu : {', '.join(declared[name].values)}")
    if record.timezone is not None and record.timezone not in available_timezones() - {"localtime"}:
        raise ValueError(f'timezone = "{record.timezone}" ; attendu : un fuseau de la base IANA, comme UTC')


def _check_ledger(record: Record) -> None:
    if record.repeated not in REPEATED:
        raise ValueError(f'repeated = "{record.repeated}" ; attendu : {", ".join(REPEATED)}')
    if record.repeated != "last" and not is_ledger(record.table):
        raise ValueError(
            f'repeated = "{record.repeated}" : les lignes de la table {record.table} ne s\'additionnent pas'
        )
    if record.repeated != "last" and record.by_whole_row:
        raise ValueError(f'repeated = "{record.repeated}" ; attendu : une clé (key) de colonnes déclarées')
    for name, pairs in record.values.items():
        if tables()[record.table][name].additive and pairs.get("", "") != "":
            raise ValueError(f"[values.{name}] : une case vide ou « - » reste inconnue, ce n'est pas « {pairs['']} »")
    if record.amounts.tax and not any(column.amount for column in tables()[record.table].values()):
        raise ValueError(f"[amounts] : la table {record.table} n'a pas de montant")


def _section(raw: dict[str, Any], key: str) -> dict[str, Any]:
    section = raw.get(key, {})
    if not isinstance(section, dict):
        raise TypeError(f"[{key}] = {section!r} ; attendu : une section, des lignes nom = valeur")
    return section


def _values(pairs: object, name: str) -> dict[str, str]:
    if not isinstance(pairs, dict) or not all(isinstance(code, str | int | float) for code in pairs.values()):
        raise TypeError(f'[values.{name}] ; attendu : des lignes "valeur du fichier" = "code"')
    return {slug(written): str(code) for written, code in pairs.items()}


def _formats(value: object, key: str, named: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Formats that the engine understands; one without `%` reads no date at all."""
    forms = _texts(value, key)
    with duckdb.connect(":memory:") as engine:
        for form in forms:
            try:
                understood = form in named or ("%" in form and engine.execute("select try_strptime('', ?)", [form]))
            except duckdb.Error:
                understood = False
            if not understood:
                raise ValueError(
                    f"{key} : « {form} » ; attendu : {', '.join((*named, 'un format comme %d/%m/%Y %H:%M'))}"
                )
    return forms


def _text(value: object, key: str) -> str | None:
    if not isinstance(value, str | None) or value == "":
        raise TypeError(f"{key} = {value!r} ; attendu : un texte")
    return value


def _texts(value: object, key: str) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not values or not all(isinstance(item, str) and item for item in values):
        raise TypeError(f"{key} = {value!r} ; attendu : un texte ou une liste de textes")
    return tuple(values)
