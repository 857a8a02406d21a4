"""What a French reader sees, character by character, and what a spreadsheet is given to open."""

from __future__ import annotations

import csv
import io
import math
import re
import tomllib
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import formats
from dashboard.indicators.rates import Rate, RateRatio, ShareComparison, rate_ratio
from pipelines.settings import ROOT

relaxed = settings(deadline=None)  # no test measures time

NARROW, WIDE = "\u202f", "\u00a0"


def plain(text: str) -> str:
    """The text with ordinary spaces: for tests whose subject is the words."""
    return text.replace(NARROW, " ").replace(WIDE, " ")


# ---- numbers


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0, 0, "0"),
        (999, 0, "999"),
        (1234.5, 1, "1\u202f234,5"),
        (1234567, 0, "1\u202f234\u202f567"),
        (-1234.5, 1, "\u22121\u202f234,5"),
        (2.5, 0, "3"),
        (-2.5, 0, "\u22123"),
        (0.285, 2, "0,29"),
        (-0.2, 0, "0"),
        (-0.0, 1, "0,0"),
        (1e21, 0, "1" + "\u202f000" * 7),
        (5e-324, 1, "0,0"),
        (math.inf, 0, "∞"),
        (-math.inf, 0, "\u2212∞"),
        (np.int64(1200), 0, "1\u202f200"),
        (np.float32(0.5), 1, "0,5"),
        (Decimal("0.05"), 1, "0,1"),
    ],
)
def test_number(value: Any, decimals: int, text: str):
    assert formats.number(value, decimals) == text


@relaxed
@given(value=st.floats(allow_nan=False, allow_infinity=False), decimals=st.integers(0, 6))
def test_a_number_reads_back(value: float, decimals: int):
    text = formats.number(value, decimals)
    back = Decimal(text.replace(NARROW, "").replace("\u2212", "-").replace(",", "."))
    assert abs(back - Decimal(repr(value))) <= Decimal("0.5").scaleb(-decimals)


@pytest.mark.parametrize("missing", [None, math.nan, np.float64("nan"), pd.NA])
def test_what_has_no_value_is_said(missing: Any):
    shown = [formats.number(missing), formats.percent(missing), formats.euros(missing), formats.plural(missing, "fait")]
    assert shown == ["non observé"] * 4


def test_percent_and_euros():
    assert formats.percent(0.285) == "29\u202f%"
    assert formats.percent(0.4567, 1) == "45,7\u202f%"
    assert formats.percent(12.5) == "1\u202f250\u202f%"
    assert formats.euros(43000) == "43\u202f000\u00a0€"
    assert formats.euros(0.5, 2) == "0,50\u00a0€"


@pytest.mark.parametrize(
    ("n", "text"), [(0, "0 lieu"), (1, "1 lieu"), (1.5, "1,5 lieu"), (2, "2 lieux"), (12345, "12 345 lieux")]
)
def test_plural_starts_at_two(n: float, text: str):
    assert plain(formats.plural(n, "lieu", "lieux")) == text


def test_plural_adds_an_s_and_never_parts_from_its_number():
    assert formats.plural(3, "demande") == "3\u00a0demandes"


# ---- intervals and comparisons


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (12.34, 15.78, "12,3 à 15,8"),
        (12.34, math.inf, "au moins 12,3"),
        (-math.inf, 4, "au plus 4,0"),
        (0, math.inf, "indéterminé"),
        (math.nan, 3, "non observé"),
    ],
)
def test_interval(low: float, high: float, text: str):
    assert formats.interval(low, high) == text


def test_rate_and_share_come_with_their_interval():
    assert plain(formats.rate(Rate(12.34, 10.1, 14.8), "demandes pour 100 h")) == (
        "12,3 demandes pour 100 h (de 10,1 à 14,8)"
    )
    assert formats.rate(Rate(0, 0, 3.69)) == "0,0 (de 0,0 à 3,7)"
    assert formats.rate(Rate(math.nan, 0, math.inf), "demandes") == "non observé"
    assert plain(formats.share(Rate(0.42, 0.3801, 0.4599))) == "42 % (de 38 % à 46 %)"
    assert formats.share(Rate(math.nan, 0, 1)) == "non observé"


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (RateRatio(1.18, 0.97, 1.43, 0.1), "+18 % (de −3 % à +43 %)"),
        (RateRatio(1.0, 0.8, 1.25, 1.0), "0 % (de −20 % à +25 %)"),
        (RateRatio(12.5, 4, 60, 1e-9), "+1 150 % (de +300 % à +5 900 %)"),
        (RateRatio(0, 0, 0.45, 0.01), "−100 % (de −100 % à −55 %)"),
        (RateRatio(math.inf, 1.35, math.inf, 0.02), "depuis zéro (au moins +35 %)"),
        (RateRatio(math.nan, 0, math.inf, 1), "aucun cas des deux côtés"),
        (RateRatio(math.nan, 0, math.inf, math.nan), "non observé"),
        (rate_ratio(3, 0, 2, 10), "non observé"),
    ],
)
def test_ratio_change(ratio: RateRatio, text: str):
    assert plain(formats.ratio_change(ratio)) == text


@pytest.mark.parametrize(
    ("comparison", "text"),
    [
        (ShareComparison(0.032, -0.01, 0.074, 0.1), "+3,2 points (de −1,0 à +7,4)"),
        (ShareComparison(-0.015, -0.03, 0.0, 0.05), "−1,5 point (de −3,0 à 0,0)"),
        (ShareComparison(0.0199, 0.001, 0.04, 0.04), "+2,0 points (de +0,1 à +4,0)"),
        (ShareComparison(math.nan, -1, 1, math.nan), "non observé"),
    ],
)
def test_share_change(comparison: ShareComparison, text: str):
    assert plain(formats.share_change(comparison)) == text


# ---- dates


def test_days_and_months():
    assert formats.day(date(2026, 11, 24)) == formats.day(datetime(2026, 11, 24, 23, 10)) == "24/11/2026"
    assert [formats.month(date(2026, m, 1)) for m in (2, 5, 8, 11)] == [
        "févr. 2026",
        "mai 2026",
        "août 2026",
        "nov. 2026",
    ]
    assert formats.long_month(date(2026, 12, 31)) == "décembre 2026"
    assert [shown(None) for shown in (formats.day, formats.month, formats.long_month)] == ["non renseigné"] * 3
    missing: Any = pd.NaT
    assert formats.day(missing) == "non renseigné"


def test_day_ranges():
    first, last = date(2026, 10, 1), date(2026, 11, 24)
    assert formats.day_range(first, last) == "du 01/10/2026 au 24/11/2026"
    assert formats.day_range(first, first) == "le 01/10/2026"
    assert formats.day_range(first, None) == "depuis le 01/10/2026"
    assert formats.day_range(None, last) == "jusqu’au 24/11/2026"
    assert formats.day_range(None, None) == "non renseigné"


def test_weeks_start_on_monday():
    assert [formats.weekday(day) for day in (1, 6, 7)] == ["lundi", "samedi", "dimanche"]
    assert [formats.weekday(day, short=True) for day in (1, 3, 7)] == ["lun.", "mer.", "dim."]
    for wrong in (0, 8):
        with pytest.raises(ValueError, match=str(wrong)):
            formats.weekday(wrong)


# ---- labels


def _schema_codes() -> dict[str, set[str]]:
    schema = tomllib.loads((ROOT / "pipelines" / "schema.toml").read_text(encoding="utf-8"))
    columns = [column for table in schema.values() for column in table["columns"].items()]
    return {name: set(column["values"]) for name, column in columns if "values" in column}


def _labels() -> dict[str, dict[str, str]]:
    return tomllib.loads((Path(formats.__file__).parent / "texts" / "labels.toml").read_text(encoding="utf-8"))


def test_every_code_of_the_schema_has_a_label_and_no_label_is_left_over():
    codes, labels = _schema_codes(), _labels()
    assert len(codes) >= 10
    assert {kind: set(labels[kind]) for kind in codes} == codes


def test_labels_are_readable():
    for label in (label for labels in _labels().values() for label in labels.values()):
        assert "_" not in label
        assert "'" not in label  # the typographic apostrophe is ’
        assert label[0].isupper() or label[0].isdigit()


def test_no_two_codes_of_a_column_look_the_same():
    labels = _labels()
    for kind in _schema_codes():
        assert len(set(labels[kind].values())) == len(labels[kind]), kind


def test_known_and_unknown_codes():
    assert formats.label("motif", "rodeo_deux_roues") == "Rodéo, deux-roues"
    assert formats.label("motif", "depot_encombrants") == "Dépôt d’encombrants"
    assert formats.label("motif", "nid_de_poule") == "Nid de poule"
    assert formats.label("registre", "") == formats.label("registre", None) == "non renseigné"
    assert formats.label("motif", "_") == "_"
    with pytest.raises(KeyError):
        formats.label("couleur", "bleu")


# ---- downloads


@pytest.mark.parametrize(
    "formula",
    [
        "=cmd()",
        "+1+cmd|' /C calc'!A0",
        "-2+3+cmd",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "＝1+1",
        "-",
        "=",
        "+33 6x",
    ],
)
def test_formulas_become_text(formula: str):
    assert formats.csv_safe(formula) == "'" + formula


@pytest.mark.parametrize(
    "harmless", ["", "Hall", "-3,5", "+12", "-1\u202f234,50", "-3\u202f%", "−4", "a=b", "12-14", "1 200 €"]
)
def test_numbers_and_words_are_left_alone(harmless: str):
    assert formats.csv_safe(harmless) == harmless


@relaxed
@given(st.text())
def test_no_text_starts_as_a_formula(text: str):
    safe = formats.csv_safe(text)
    assert safe.removeprefix("'") == text or safe == text
    assert safe.lstrip()[:1] not in {"=", "@", "＝", "＠"}
    if safe[:1] in {"+", "-"}:
        assert re.fullmatch(r"[+-][\d \u00a0\u202f.,%€]+", safe)


def read_back(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_table_of_every_kind_of_column():
    frame = pd.DataFrame(
        {
            "Jour": [date(2026, 11, 24), None],
            "Début": pd.to_datetime(["2026-11-24 14:15", None]),
            "Semaine du": pd.to_datetime(["2026-11-23", None]),
            "Demandes pour 100 h": [1234.5, math.nan],
            "n": pd.array([-12, None], dtype="Int64"),
            "Demande": [True, False],
            "Connu": pd.array([True, None], dtype="boolean"),
            "Motif": pd.Categorical(["Tag", None]),
            "Partenaires": [["CCAS", "=Police"], []],
            "Coût": [Decimal("12.50"), None],
            "Lieu": ['Hall ; "A"', "=cmd()"],
        }
    )
    header, first, second = read_back(formats.table_csv(frame))
    assert header == list(frame.columns)
    written = '24/11/2026|24/11/2026 14:15|23/11/2026|1234,5|-12|oui|oui|Tag|CCAS, \'=Police|12,50|Hall ; "A"'
    assert first == written.split("|")
    assert second == ["", "", "", "", "", "non", "", "", "", "", "'=cmd()"]


def test_a_header_cannot_be_a_formula_and_names_may_repeat():
    frame = pd.DataFrame([[1, "x"]], columns=["=cmd()", "=cmd()"])
    assert read_back(formats.table_csv(frame)) == [["'=cmd()", "'=cmd()"], ["1", "x"]]


def test_no_text_starts_a_cell_whatever_separator_the_spreadsheet_expects():
    for text in ("a,=1", "a;=1", "a\t=1", 'a"\r\n=1', "a,=1;=2\t=3"):
        content = formats.table_csv(pd.DataFrame({"Texte": [text]})).decode("utf-8-sig")
        for separator in ",;\t":
            assert list(csv.reader(io.StringIO(content, newline=""), delimiter=separator))[1:] == [[text]]


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame({"Motif": pd.Series([], dtype="str"), "n": []})])
def test_an_empty_table_is_its_headers(frame: pd.DataFrame):
    assert [row for row in read_back(formats.table_csv(frame)) if row] == (
        [list(frame.columns)] if len(frame.columns) else []
    )


def test_the_index_is_left_out_and_the_frame_untouched():
    frame = pd.DataFrame({"Lieu": ["=1", "b"]}, index=[7, 7])
    assert read_back(formats.table_csv(frame)) == [["Lieu"], ["'=1"], ["b"]]
    assert frame["Lieu"].tolist() == ["=1", "b"]


def test_a_time_with_seconds_keeps_them():
    frame = pd.DataFrame(
        {"Lu": [datetime(2026, 1, 2, 3, 4, 5)], "Zone": [pd.Timestamp("2026-01-02 03:00", tz="Europe/Paris")]}
    )
    assert read_back(formats.table_csv(frame))[1] == ["02/01/2026 03:04:05", "02/01/2026 03:00"]
