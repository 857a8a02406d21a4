"""Hypotheses of the declared avoided cost: `costs.toml` of the territory's folder, and scenarios made from them.

Every problem is told in French with the file, the key, what was expected and what was found.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from dashboard.indicators.declared_costs import ATTRIBUTION, DISPLACEMENT, INSURER, PROBABILITY, REIMBURSED, Pert
from pipelines.settings import SettingsError, settings

FILE = "costs.toml"
LANDLORD, CITY, FIRE_SERVICE, BY_GROUND = "bailleur", "ville", "SDIS", "domanialite"
PAYERS = (LANDLORD, CITY, FIRE_SERVICE, INSURER)
SHARED = (PROBABILITY, ATTRIBUTION, DISPLACEMENT, REIMBURSED)
SERVICE = ("heures", "horaire")
MONTHS_A_YEAR = 12


@dataclass(frozen=True)
class Hypothesis:
    """A stated range, where it comes from and when; `is_share`: between 0 and 1, else euros or hours."""

    key: str
    label: str
    values: Pert
    source: str
    date: date
    is_share: bool = False


@dataclass(frozen=True)
class Damage:
    """A kind of damage: its unit price, the codes of `degat_constate` that mean it, and who pays."""

    price: Hypothesis
    codes: tuple[str, ...]
    part: float
    payer: str


@dataclass(frozen=True)
class Situations:
    """What counts as a situation with a risk of damage."""

    motifs: tuple[str, ...]
    outcomes: tuple[str, ...]
    source: str
    date: date


@dataclass(frozen=True)
class Index:
    """A price index by month: what brings costs to constant euros."""

    name: str
    source: str
    date: date
    values: Mapping[date, float]


@dataclass(frozen=True)
class ServiceValue:
    """Mediations that count as replaced, and what each would have cost: hours × price of an hour."""

    registers: tuple[str, ...]
    outcomes: tuple[str, ...]
    hours: Hypothesis
    hourly_cost: Hypothesis


@dataclass(frozen=True)
class ServiceCost:
    """What services of this kind cost a year elsewhere, euros."""

    low: float
    high: float
    source: str


@dataclass(frozen=True)
class Costs:
    """Everything that `costs.toml` states; what is optional may be None."""

    situations: Situations
    shared: Mapping[str, Hypothesis]
    damages: tuple[Damage, ...]
    service_value: ServiceValue | None
    service_cost: ServiceCost | None
    agreement: tuple[str, ...]
    index: Index | None

    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """All that a reader can change, in the order of the page."""
        value = self.service_value
        last = () if value is None else (value.hours, value.hourly_cost)
        return (*self.shared.values(), *(damage.price for damage in self.damages), *last)


def costs(folder: Path | None = None) -> Costs | None:
    """Hypotheses of the territory being shown; None when it has no `costs.toml`.

    Raises SettingsError when the file can't be understood.
    """
    file = (folder or settings().territory) / FILE
    try:
        stamp = file.stat().st_mtime_ns
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(f"{file}\u00a0: fichier illisible ({error.strerror}).") from None
    return _read(file, stamp)


def costs_or_why(territory: str) -> tuple[Costs | None, str]:
    """Hypotheses of the territory being shown, else why there are none, in French."""
    try:
        found = costs()
    except SettingsError as error:
        return None, str(error)
    if found is not None:
        return found, ""
    return None, (
        f"Le territoire «\u00a0{territory}\u00a0» n’a pas de fichier {FILE}\u00a0: aucune hypothèse n’est posée, et "
        "rien "
        "n’est supposé ici. Pour l’ajouter, copiez celui d’un autre territoire dans son dossier, puis revoyez chaque "
        "valeur, sa source et sa date."
    )


@lru_cache(maxsize=8)
def _read(file: Path, _stamp: int) -> Costs:
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}\u00a0: fichier TOML illisible ({error}).") from None
    table = Table(file.name, "", raw)
    found = Costs(
        situations=_situations(table.table("situations")),
        shared={key: _hypothesis(table.table("shared").table(key), key, is_share=True) for key in SHARED},
        damages=tuple(_damage(each) for each in table.tables("categories")),
        service_value=table.maybe("service_value", _service_value),
        service_cost=table.maybe("service_cost", _service_cost),
        agreement=table.maybe("measured", lambda each: each.words("agreement")) or (),
        index=table.maybe("index", _index),
    )
    keys = [each.key for each in found.hypotheses()]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise table.wrong("categories.code", "un code par catégorie, tous différents", twice)
    return found


class Table:
    """A table of a TOML file that knows where it is, for messages."""

    def __init__(self, file: str, path: str, raw: object) -> None:
        self._file, self.path = file, path
        if not isinstance(raw, dict):
            raise self.wrong("", "une table", raw)
        self._raw: dict[str, Any] = raw

    def wrong(self, key: str, expected: str, found: object) -> SettingsError:
        """The error to raise for a key."""
        where = ".".join(part for part in (self.path, key) if part) or "le fichier"
        shown = repr(found) if found is not None else "rien"
        return SettingsError(
            f"{self._file}\u00a0: {where}\u00a0; attendu\u00a0: {expected}\u00a0; reçu\u00a0: {shown[:80]}."
        )

    def keys(self) -> tuple[str, ...]:
        """Keys of the table."""
        return tuple(self._raw)

    def __contains__(self, key: str) -> bool:
        return key in self._raw

    def table(self, key: str) -> Table:
        """A table inside this one."""
        path = ".".join(part for part in (self.path, key) if part)
        return Table(self._file, path, self.get(key, "une table"))

    def tables(self, key: str) -> list[Table]:
        """An array of tables, at least one."""
        rows = self.get(key, "au moins une table [[...]]")
        if not isinstance(rows, list) or not rows:
            raise self.wrong(key, "au moins une table [[...]]", rows)
        return [Table(self._file, f"{key}[{position}]", row) for position, row in enumerate(rows, 1)]

    def maybe(self, key: str, read: Callable[[Table], Any]) -> Any:  # noqa: ANN401 - what `read` returns
        """What `read` makes of an optional table."""
        return read(self.table(key)) if key in self else None

    def get(self, key: str, expected: str) -> object:
        """A value that has to be there."""
        if key not in self._raw:
            raise self.wrong(key, expected, None)
        return self._raw[key]

    def text(self, key: str) -> str:
        """A text that is not blank."""
        value = self.get(key, "un texte")
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, "un texte", value)
        return value

    def words(self, key: str) -> tuple[str, ...]:
        """A list of texts, at least one."""
        value = self.get(key, "une liste de textes")
        if not isinstance(value, list) or not value or not all(isinstance(word, str) and word for word in value):
            raise self.wrong(key, "une liste de textes", value)
        return tuple(value)

    def day(self, key: str) -> date:
        """A date without a time."""
        value = self.get(key, "une date comme 2026-11-24")
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self.wrong(key, "une date comme 2026-11-24", value)
        return value

    def numbers(self, key: str, expected: str, *, size: int | None = None) -> list[float]:
        """A list of finite numbers of 0 or more, in number `size`."""
        value = self.get(key, expected)
        found = [amount(each) for each in value] if isinstance(value, list) else []
        kept = [each for each in found if each is not None]
        if not isinstance(value, list) or len(kept) < len(value) or (size is not None and len(kept) != size):
            raise self.wrong(key, expected, value)
        return kept

    def pert(self, key: str, *, is_share: bool) -> Pert:
        """Three numbers in order; at most 1 for a share."""
        top = " entre 0 et 1" if is_share else ""
        expected = f"trois nombres croissants [min, plus probable, max]{top}"
        low, mode, high = self.numbers(key, expected, size=3)
        if not low <= mode <= high or (is_share and high > 1):
            raise self.wrong(key, expected, self._raw[key])
        return Pert(low, mode, high)


def amount(value: object) -> float | None:
    """The value when it is a finite number of 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < float("inf") else None


def _hypothesis(table: Table, key: str, *, is_share: bool = False) -> Hypothesis:
    return Hypothesis(
        key=key,
        label=table.text("label"),
        values=table.pert("values", is_share=is_share),
        source=table.text("source"),
        date=table.day("date"),
        is_share=is_share,
    )


def _situations(table: Table) -> Situations:
    return Situations(table.words("motifs"), table.words("outcomes"), table.text("source"), table.day("date"))


def _damage(table: Table) -> Damage:
    payer, known = table.text("payer"), (*PAYERS, BY_GROUND)
    if payer not in known:
        raise table.wrong("payer", " ou ".join(known), payer)
    stated = table.get("part", "") if "part" in table else 1
    part = amount(stated)
    if part is None or part > 1:
        raise table.wrong("part", "une part entre 0 et 1", stated)
    code = table.text("code")
    if not code.isidentifier() or code in (*SHARED, *SERVICE):
        raise table.wrong("code", "un code en lettres, chiffres et _", code)
    return Damage(_hypothesis(table, code), table.words("damage"), part, payer)


def _service_value(table: Table) -> ServiceValue:
    return ServiceValue(
        registers=table.words("registers"),
        outcomes=table.words("outcomes"),
        hours=_hypothesis(table.table("hours"), SERVICE[0]),
        hourly_cost=_hypothesis(table.table("hourly_cost"), SERVICE[1]),
    )


def _service_cost(table: Table) -> ServiceCost:
    low, high = table.numbers("order_of_magnitude", "deux montants [de, à]", size=2)
    if low > high:
        raise table.wrong("order_of_magnitude", "deux montants [de, à], le plus petit d’abord", [low, high])
    return ServiceCost(low, high, table.text("source"))


def _index(table: Table) -> Index:
    values: dict[date, float] = {}
    years = table.table("values")
    for year in years.keys():  # noqa: SIM118 - a Table is not a mapping
        if not (year.isascii() and year.isdigit() and date.min.year <= int(year) <= date.max.year):
            raise years.wrong(year, "une année comme 2025", year)
        months = years.numbers(year, "au plus douze nombres, un par mois depuis janvier")
        if len(months) > MONTHS_A_YEAR or not all(months):
            raise years.wrong(year, "au plus douze nombres plus grands que 0", months)
        values |= {date(int(year), number, 1): value for number, value in enumerate(months, 1)}
    return Index(table.text("name"), table.text("source"), table.day("date"), values)
