"""Text columns of one file → declared columns: the SQL that an export record means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from pipelines.records import Point, Record
from pipelines.schema import Column, is_ledger, slug
from pipelines.statements import literal, literals

NUMBER = r"(-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)"
PAST_FACTS = ("date_service", "horodatage", "date", "mois")
LABELS = ("id", "text", "month")  # kinds of the columns of a ledger where a total says its name
POINT_COLUMNS = ("longitude", "latitude")
TYPES = {
    "date": "date",
    "month": "date",
    "time": "time",
    "datetime": "timestamp",
    "integer": "integer",
    "number": "double",
    "codes": "varchar[]",
}
EXPECTED = {
    "date": "une date",
    "month": "un mois",
    "time": "une heure comme 21:40",
    "datetime": "une date et une heure",
    "integer": "un nombre entier",
    "number": "un nombre",
}
TOTAL = "ligne de total"
DETAIL = "une ligne de détail ; si c'est un nom, une autre écriture dans [values]"


@dataclass(frozen=True)
class Limits:
    """What a date may be, and the clock of the territory."""

    earliest: date
    latest: date
    timezone: str


@dataclass(frozen=True)
class Field:
    """One declared column: its name in the file, and the SQL of its text and value over the cleaned cells."""

    column: Column
    source: str
    text_sql: str
    value_sql: str

    @property
    def text(self) -> str:
        """Column of the view `mapped` that holds what was written."""
        return f"t_{self.column.name}"

    @property
    def value(self) -> str:
        """Column of the view `mapped` that holds what was understood."""
        return f"v_{self.column.name}"

    @property
    def unreadable(self) -> str:
        """SQL: something was written that could not be understood."""
        return f"({self.value} is null and {self.text} <> '')"


@dataclass(frozen=True)
class Problem:
    """A reason to reject a row: the SQL that sees it and, in French, where, what, what was expected, what came."""

    condition: str
    column_name: str
    reason: str
    expected: str
    received: str


class Mapping:
    """The SQL of one record over `raw_rows`."""

    def __init__(self, record: Record, limits: Limits) -> None:
        self.record = record
        self.limits = limits
        self._position = {source: n for n, source in enumerate(record.sources)}
        self.fields = [self._field(column) for column in record.declared().values()]

    def _field(self, column: Column) -> Field:
        sources = self.record.columns.get(column.name, ())
        text = self._text(column.name, sources)
        read = f"{'n' if column.additive else 't'}_{column.name}"
        return Field(column, " + ".join(sources) or column.name, text, self._value(column, read))

    def view(self, rows: str = "raw_rows") -> str:
        """SQL over `rows`: row, key, point, text ('' for nothing) and value of every field, and what is wrong.

        Each step names its results, so that none is written, planned or computed twice.
        """
        cells = ", ".join(f"clean(c{n}) as c{n}" for n in range(len(self.record.sources)))
        figures = [field for field in self.fields if field.column.additive]
        texts = ", ".join(
            [
                *(f"{field.text_sql} as {field.text}" for field in self.fields),
                *(f"ledger_number({field.text_sql}) as n_{field.column.name}" for field in figures),
            ]
        )
        values = ", ".join([*(f"{field.value_sql} as {field.value}" for field in self.fields), *self._zone()])
        x, y = self._point()
        return (
            f"with cells as (select row, key, {cells} from {rows}), "
            f"texts as (select *, {texts} from cells), "
            f"fields as (select * exclude (key), key as row_key, {values}, {x} as px, {y} as py from texts) "
            f"select *, {self._key()} as key, {self._problem()} as problem, {self._warned()} as warned from fields"
        )

    def _zone(self) -> Iterator[str]:
        """The slug of the neighbourhood, from the text: it is then computed once for each spelling."""
        for field in self.fields:
            if field.column.name == "quartier":
                yield f"slug({self._respelt('quartier', field.text)}) as zone_slug"

    def _cell(self, source: str) -> str:
        return f"c{self._position[source]}"

    def _text(self, name: str, sources: tuple[str, ...]) -> str:
        cells = [self._cell(source) for source in sources]
        given = f"trim(concat_ws(' ', {', '.join(cells)}))" if len(cells) > 1 else "".join(cells)
        constant = self.record.constants.get(name)
        if constant is None:
            return given
        return f"coalesce(nullif({given}, ''), {literal(constant)})" if given else literal(constant)

    def _value(self, column: Column, text: str) -> str:
        if column.kind not in ("code", "codes", "id", "text"):
            text = self._respelt(column.name, text)
        match column.kind:
            case "code":
                value = self._code(column, text)
            case "codes":
                code = self._respelt(column.name, "slug(part)")
                parts = f"list_transform(string_split({text}, {literal(self.record.separator)}), lambda part: {code})"
                value = f"case when {text} <> '' then list_filter({parts}, lambda part: part <> '') end"
            case "date" | "datetime":
                value = f"{self._moment(text)}::{TYPES[column.kind]}"
            case "month":
                value = f"date_trunc('month', {self._moment(text)})::date"
            case "time":
                custom = "".join(f"try_strptime({text}, {literal(form)})::time, " for form in self.record.times)
                value = f"coalesce({custom}parse_time({text}))"
            case "number":
                value = f"parse_number({text})"
                if column.amount and self.record.amounts.tax == "ttc":
                    value += f" / {1 + self.record.amounts.rate}"
            case "integer":
                value = f"parse_integer({text}, {column.low}, {column.high})"
            case _:
                value = self._renamed(column, text)
        return value

    def _code(self, column: Column, text: str) -> str:
        """The code under which a text is known; null when it is unknown, `''` when it is known to mean nothing."""
        known = {slug(code): code for code in column.values} | self.record.values.get(column.name, {})
        return f"map({literals(known)}, {literals(known.values())})[slug({text})]" if known else f"nullif({text}, '')"

    def _renamed(self, column: Column, text: str) -> str:
        return f"nullif({self._respelt(column.name, text)}, '')"

    def _respelt(self, name: str, text: str) -> str:
        known = self.record.values.get(name)
        return f"coalesce(map({literals(known)}, {literals(known.values())})[slug({text})], {text})" if known else text

    def _moment(self, text: str) -> str:
        """Formats after the first are tried only on what is written and not understood yet."""
        first, *others = self._moments(text)
        if not others:
            return first
        return f"coalesce({first}, case when {text} <> '' then coalesce({', '.join(others)}) end)"

    def _moments(self, text: str) -> Iterator[str]:
        zone = literal(self.limits.timezone)
        moved = self.record.timezone not in (None, self.limits.timezone)
        for form in self.record.dates:
            match form:
                case "iso" | "epoch":
                    yield f"plausible({form}_moment({text}, {zone}))"
                case "excel":
                    yield f"excel_moment({text})"
                case "fr":
                    yield f"plausible(french_moment({text}))"
                case _ if "%z" in form:
                    yield f"plausible(try_strptime({text}, {literal(form)}) at time zone {zone})"
                case _ if moved and _has_clock(form):
                    yield f"plausible(try_strptime({text}, {literal(form)})::timestamptz at time zone {zone})"
                case _:
                    yield f"plausible(try_strptime({text}, {literal(form)}))"

    def _clocks(self, text: str) -> str:
        """SQL: whether the moment that was understood has a time of day."""
        cases = []
        for form, moment in zip(self.record.dates, self._moments(text), strict=True):
            clock = {"iso": f"contains({text}, ':')", "epoch": "true", "fr": "false"}.get(form)
            if form == "excel":
                clock = f"{moment} <> date_trunc('day', {moment})"
            cases.append(f"when {moment} is not null then {clock or str(_has_clock(form)).lower()}")
        return f"case {' '.join(cases)} end"

    def columns(self) -> Iterator[tuple[str, str]]:
        """Names of the typed columns and their SQL over the view `mapped`.

        An identifier that is not the key of duplicates may not be unique: the row is then known by its file and line.
        """
        for field in self.fields:
            column = field.column
            if column.name == "id_intervention" and self.record.key != (column.name,):
                continue
            if column.kind == "code":
                fallback = "null" if column.fallback is None else literal(column.fallback)
                known = f"coalesce({field.value}, case when {field.text} <> '' then {fallback} end)"
                yield column.name, f"nullif({known}, '')"
            elif column.name not in POINT_COLUMNS:
                yield column.name, f"{field.value}::{TYPES.get(column.kind, 'varchar')}"
            if column.kind == "datetime":
                yield f"{column.name}_clock", self._clocks(field.text)
            if column.name == "quartier":
                yield "zone_slug", "zone_slug"

    def _key(self) -> str:
        if self.record.by_whole_row:
            return "row_key"
        known = {field.column.name: self._compared(field) for field in self.fields}
        parts = [f"{known[name]}::varchar" if name in known else "null" for name in self.record.key]
        joined = ", ".join(f"coalesce({part}, '')" for part in parts)
        return f"case when coalesce({', '.join(parts)}) is not null then md5_number(concat_ws(chr(31), {joined})) end"

    def _compared(self, field: Field) -> str:
        """SQL of what tells two rows apart: in a ledger, spellings of one name are the same name."""
        named = field.column.kind in ("id", "text") and is_ledger(self.record.table)
        return f"name_key({field.value})" if named else field.value

    def _point(self) -> tuple[str, str]:
        point = self.record.point
        if point is None or point.column is None:
            texts = self._point_texts()
            return (f"parse_number({texts[0]})", f"parse_number({texts[1]})") if texts else ("null", "null")
        return _one_column_point(point, self._cell(point.column))

    def _point_texts(self) -> tuple[str, ...]:
        """Columns of the texts that the point is read from."""
        if self.record.point is not None:
            return tuple(self._cell(source) for source in self.record.point.sources)
        texts = {field.column.name: field.text for field in self.fields}
        return tuple(texts[name] for name in POINT_COLUMNS) if all(n in texts for n in POINT_COLUMNS) else ()

    def problems(self) -> list[Problem]:
        """Reasons to reject a row, in the order they are looked for.

        Whether the whole row is blank reads every column, so it is asked only of rows without their first obligation.
        """
        moment = {"horodatage"} if "horodatage" in self.record.columns else set()
        obliged = [field for field in self.fields if field.column.required or field.column.name in moment]
        texts = [field.text for field in self.fields if field.column.name not in self.record.constants]
        found = []
        if obliged:
            blank = f"{obliged[0].text} = '' and concat({', '.join(texts)}) = ''"
            found.append(Problem(blank, "", "ligne vide", "une ligne remplie", "null::varchar"))
        found.extend(self._totals())
        for field in obliged:
            found.extend(self._required(field))
        return found

    def _totals(self) -> Iterator[Problem]:
        """A line of a ledger that sums others up: it says so in a name or a month, or has figures and nothing else."""
        written = [field for field in self.fields if field.column.name not in self.record.constants]
        figures = [field.text for field in written if field.column.additive]
        labels = [field for field in written if field.column.kind in LABELS] if figures else []
        for field in labels:
            label = field.text if field.column.kind == "month" else f"coalesce({field.value}, '')"
            yield Problem(f"is_total({label})", field.source, TOTAL, DETAIL, field.text)
        names = [field.text for field in labels if field.column.required]
        if names:
            alone = f"concat({', '.join(names)}) = '' and concat({', '.join(figures)}) <> ''"
            yield Problem(alone, "", TOTAL, DETAIL, "null::varchar")

    def _required(self, field: Field) -> Iterator[Problem]:
        dated = field.column.kind in ("date", "datetime", "month")
        expected = EXPECTED.get(field.column.kind, "une valeur")
        formats = f"{expected} ({', '.join(self.record.dates)})" if dated else expected
        absent = "date absente" if dated else "valeur obligatoire absente"
        unreadable = "date illisible" if dated else "valeur illisible"
        yield Problem(f"{field.text} = ''", field.source, absent, formats, "null::varchar")
        yield Problem(f"{field.value} is null", field.source, unreadable, formats, field.text)
        if field.column.name in PAST_FACTS:
            low, high = self.limits.earliest, self.limits.latest
            outside = f"{field.value}::date not between date '{low}' and date '{high}'"
            between = f"du {low:%d/%m/%Y} au {high:%d/%m/%Y}"
            yield Problem(outside, field.source, "date hors de la plage", between, field.text)

    def _problem(self) -> str:
        """SQL: rank from 1 of the first of `problems` that the row has, 0 when none."""
        cases = [f"when {problem.condition} then {n}" for n, problem in enumerate(self.problems(), start=1)]
        return f"(case {' '.join(cases)} else 0 end)::utinyint" if cases else "0::utinyint"

    def _warned(self) -> str:
        """SQL: one bit for each of `warnings` that the row has."""
        bits = [
            f"case when {condition} then {1 << n} else 0 end" for n, (_, _, condition) in enumerate(self.warnings())
        ]
        return f"({' + '.join(bits)})::ubigint" if bits else "0::ubigint"

    def warnings(self) -> Iterator[tuple[str, str, str]]:
        """Kind, source column and SQL condition of what is worth counting on the rows kept."""
        for field in self.fields:
            if field.column.kind == "code":
                yield "valeur_inconnue", field.source, field.unreadable
            elif not field.column.required and field.column.kind in EXPECTED and field.column.name not in POINT_COLUMNS:
                yield "valeur_illisible", field.source, field.unreadable
        yield from self._ledger_warnings()
        texts = self._point_texts()
        if texts:
            given = f"concat({', '.join(texts)}) <> ''"
            name = " + ".join(self.record.point.sources) if self.record.point else " + ".join(POINT_COLUMNS)
            yield "coordonnees_illisibles", name, f"((px is null or py is null) and {given})"

    def _ledger_warnings(self) -> Iterator[tuple[str, str, str]]:
        """What a reader of a ledger should know: names replaced, tax taken off, a refund counted as a repair."""
        figures = [field for field in self.fields if field.column.additive]
        for field in self.fields if figures else ():
            if field.column.kind in ("id", "text") and field.column.name in self.record.values:
                yield "ecriture_remplacee", field.source, f"coalesce({field.value} <> {field.text}, false)"
        for field in figures:
            if field.column.amount and self.record.amounts.tax == "ttc":
                yield "montant_ttc", field.source, f"{field.value} is not null"
        numbers = [field.value for field in figures if not field.column.amount]
        for field in (field for field in figures if field.column.amount and numbers):
            yield "signes_contraires", field.source, f"coalesce({field.value} < 0 and {numbers[0]} > 0, false)"


def _has_clock(form: str) -> bool:
    return re.search(r"%-?[HIXcs]", form) is not None


def _one_column_point(point: Point, text: str) -> tuple[str, str]:
    """The patterns forgive what exports add around the two numbers: brackets, quotes, SRID, altitude."""
    if point.format == "json":
        lon, lat = (
            rf"""(?:^|[^A-Za-z])(?i:{names})["']?\s*:\s*["']?{NUMBER}"""
            for names in ("lon|lng|long|longitude|x", "lat|latitude|y")
        )
        pair = rf"\[\s*{NUMBER}\s*,\s*{NUMBER}"
        x, y = (
            f"coalesce(nullif({_group(text, name, 1)}, ''), {_group(text, pair, n)})"
            for n, name in enumerate((lon, lat), start=1)
        )
    elif point.format == "wkt":
        pattern = rf"(?i:point)\s*(?i:zm|z|m)?\s*\(\s*{NUMBER}\s+{NUMBER}"
        x, y = (_group(text, pattern, n) for n in (1, 2))
    else:
        number = "[+]?(-?[0-9]+(?:[.,][0-9]+)?)"
        pattern = rf"^[\s(\[]*{number}(?:\s*;\s*|\s*,\s+|\s+|,){number}[\s)\]]*$"
        first, second = (f"replace({_group(text, pattern, n)}, ',', '.')" for n in (1, 2))
        x, y = (first, second) if point.format == "lon,lat" else (second, first)
    return f"try_cast(nullif({x}, '') as double)", f"try_cast(nullif({y}, '') as double)"


def _group(text: str, pattern: str, n: int) -> str:
    return f"regexp_extract({text}, {literal(pattern)}, {n})"
