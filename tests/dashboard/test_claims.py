"""The claims' page: figures recomputed row by row, what is missing said, no claim without its limits."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dashboard import claims, filters
from dashboard.cards import Card
from dashboard.claim_cards import CORRECTED
from dashboard.filters import Filters
from dashboard.indicators.activity import Comparison
from dashboard.indicators.rates import rate, share
from tests.dashboard.test_synthesis import table
from tests.dashboard.test_texts import BREAKABLE
from tests.dashboard.warehouses import BUILD, HOSTILE, two_years, write

APPEASED = ("apaise", "accord", "evite")
BLOCKS = ("attentes", "usage", "presence", "partenaires", "veille", "tranquillite", "missions")


@cache
def rows_of(warehouse: Path, name: str) -> list[dict[str, Any]]:
    """Rows of a table, read once."""
    return table(warehouse, name)


@pytest.fixture
def demo(demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[dict[str, Any]]]:
    """The fictional warehouse made the current one; `demo(table)` are its rows."""
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(demo_warehouse))
    return lambda name: rows_of(demo_warehouse, name)


def chosen(period: str = "12mois", **given: Any) -> Filters:
    """A choice on the current warehouse."""
    known = filters.bounds()
    assert known is not None
    return replace(filters.choose(period, known), **given)


def page(choice: Filters) -> claims.Page:
    """The page of a choice that has data."""
    found = claims.page(choice)
    assert found is not None
    return found


def block(found: claims.Page, name: str) -> dict[str, Card]:
    """Cards of a block by the start of their title."""
    return {card.title: card for card in found.claims[BLOCKS.index(name)].cards}


def plain(*texts: str) -> str:
    """Texts with ordinary spaces."""
    return re.sub(r"\s+", " ", " ".join(texts))


def card(found: claims.Page, name: str, start: str) -> str:
    """What a card says, by the start of its title."""
    (shown,) = (shown for title, shown in block(found, name).items() if plain(title).startswith(start))
    compared = shown.comparison if isinstance(shown.comparison, str) else shown.comparison.verdict
    return plain(shown.value, shown.unit, shown.uncertainty, shown.made_of, *shown.notes, compared)


def fr(value: float, decimals: int = 0) -> str:
    """A number as French writes it, with ordinary spaces."""
    return f"{value:,.{decimals}f}".replace(",", " ").replace(".", ",")


@pytest.mark.parametrize("zones", [(), ("choliere",)])
def test_the_follow_up_of_requests_recomputed_row_by_row(demo, zones: tuple[str, ...]):
    choice = chosen(neighbourhoods=zones)
    rows = demo("interventions")
    last = max(row["service_date"] for row in demo("service_days"))
    days: dict[tuple[str, str], set[date]] = {}
    for row in rows:
        if row["place_id"] and row["motif"]:
            days.setdefault((row["place_id"], row["motif"]), set()).add(row["service_date"])

    def is_within(day: date | None, start: date) -> bool:
        return day is not None and 0 <= (day - start).days <= 7

    def is_again(row: dict[str, Any]) -> bool:
        seen = days.get((row["place_id"], row["motif"]), set()) if row["place_id"] and row["motif"] else set()
        return any(row["service_date"] + timedelta(days=later) in seen for later in range(1, 8))

    asked = [
        row
        for row in rows
        if row["is_request"]
        and choice.start <= row["service_date"] <= min(choice.end, last - timedelta(days=7))
        and (not zones or row["neighbourhood_id"] in zones)
    ]
    parts = [
        (
            is_within(row["referred_on"], row["service_date"]),
            is_within(row["returned_on"], row["service_date"]),
            is_again(row),
        )
        for row in asked
    ]
    followed = sum(any(part) for part in parts)
    settled = sum(not any(part) and row["outcome"] in APPEASED for row, part in zip(asked, parts, strict=True))
    shown = card(page(choice), "attentes", "Demandes avec une suite")
    assert f"n = {fr(followed)} suivies sur {fr(len(asked))} demandes" in shown
    counts = [sum(part[position] for part in parts) for position in range(3)]
    assert (
        f"Dont {fr(counts[0])} relayées à un partenaire, {fr(counts[1])} avec sa réponse, {fr(counts[2])} revues"
        in shown
    )
    assert f"{fr(settled)} autres ont été apaisées sur place" in shown


def test_places_and_passages_recomputed(demo):
    choice = chosen("mois", neighbourhoods=("bugalliere",))
    places = {row["place_id"] for row in demo("places") if row["neighbourhood_id"] == "bugalliere"}
    visits = {
        (row["place_id"], row["service_date"])
        for row in demo("interventions")
        if row["place_id"] in places and choice.start <= row["service_date"] <= choice.end
    }
    seen = {place for place, _ in visits}
    found = page(choice)
    assert f"n = {len(seen)} sur {len(places)} lieux" in card(found, "attentes", "Lieux connus")
    months = len(places) * ((choice.end - choice.start).days + 1) / 365.25 * 12
    expected = rate(len(visits), months)
    shown = card(found, "presence", "Passages")
    assert shown.startswith(f"{fr(expected.value, 1)} par lieu et par mois, au moins")
    assert f"n = {len(visits)} passages" in shown
    (listed,) = found.claims[0].tables[0].rows
    assert [cell[1] for cell in listed[1:3]] == [len(places), len(seen)]  # type: ignore[index]


def test_requests_of_residents_by_inhabitant_leave_out_what_is_in_no_neighbourhood(demo):
    choice = chosen("tout")
    asked = [
        row
        for row in demo("interventions")
        if row["origin"] in ("habitant_telephone", "habitant_terrain")
        and choice.start <= row["service_date"] <= choice.end
    ]
    inside = [row for row in asked if row["neighbourhood_id"] != "hors_perimetre"]
    inhabitants = sum(row["population"] for row in demo("neighbourhoods"))
    days = (choice.end - choice.start).days + 1
    found, expected = page(choice), rate(len(inside), inhabitants * days / 365.25, 1000)
    shown = card(found, "usage", "Demandes des habitants, par habitant")
    assert len(inside) < len(asked)
    assert shown.startswith(f"{fr(expected.value, 1)} pour 1 000 habitants et par an")
    assert f"{fr(expected.low, 1)} à {fr(expected.high, 1)}" in shown
    assert f"n = {fr(len(inside))} demandes" in shown
    called = sum(row["origin"] == "habitant_telephone" for row in asked)
    assert f"n = {fr(called)} par téléphone sur {fr(len(asked))} demandes" in card(found, "usage", "Habitants : part")
    listed = {row[0]: row[1][1] for row in found.claims[1].tables[0].rows}  # type: ignore[index]
    assert sum(listed.values()) == len(inside)


def test_referrals_recomputed_and_each_intervention_counted_once(demo):
    choice = chosen()
    relayed = [
        row for row in demo("interventions") if row["partners"] and choice.start <= row["service_date"] <= choice.end
    ]
    done = sum(row["referral_outcome"] == "fait" for row in relayed)
    found = page(choice)
    expected = share(done, len(relayed))
    shown = card(found, "partenaires", "Relais suivis")
    assert f"n = {fr(done)} retours faits sur {fr(len(relayed))} relais" in shown
    assert shown.startswith(f"{fr(100 * expected.value, 1)} %")
    by_partner = {str(row[0]): row[1][1] for row in found.claims[3].tables[0].rows}  # type: ignore[index]
    assert by_partner["Police municipale"] == sum("police_municipale" in row["partners"] for row in relayed)
    assert sum(by_partner.values()) == sum(len(set(row["partners"])) for row in relayed) > len(relayed)
    delays = [(row["returned_on"] - row["referred_on"]).days for row in relayed if row["returned_on"]]
    waiting = sum(row["returned_on"] is None and (choice.end - row["referred_on"]).days < 14 for row in relayed)
    low, high = (sum(delay <= 14 for delay in delays) / (len(relayed) - gone) for gone in (0, waiting))
    value = float(card(found, "partenaires", "Retour du partenaire").split(" %")[0].replace(",", ".")) / 100
    assert low - 0.001 <= value <= high + 0.001


def test_hours_of_the_week_recomputed(demo):
    choice = chosen()
    spent: dict[tuple[int, int], float] = {}
    weekdays = {row["service_date"]: row["weekday"] for row in demo("service_days")}
    for row in demo("presence"):
        if row["source"] == "presence" and choice.start <= row["service_date"] <= choice.end:
            cell = (weekdays[row["service_date"]], row["hour"])
            spent[cell] = spent.get(cell, 0) + row["hours"]
    sources = {row["service_date"]: row["presence_source"] for row in demo("service_days")}
    asked = [
        (row["weekday"], row["hour"])
        for row in demo("interventions")
        if row["is_request"]
        and choice.start <= row["service_date"] <= choice.end
        and sources[row["service_date"]] == "presence"
    ]
    reached, kept = 0.0, set()
    for level in sorted(set(spent.values()), reverse=True):
        kept |= {cell for cell, hours in spent.items() if hours == level}
        reached = sum(spent[cell] for cell in kept)
        if reached >= sum(spent.values()) / 2:
            break
    shown = card(page(choice), "attentes", "Demandes aux heures")
    assert f"n = {fr(sum(cell in kept for cell in asked))} à ces heures sur {fr(len(asked))} demandes" in shown
    assert f"Référence : {fr(100 * reached / sum(spent.values()), 1)} %" in shown


def test_school_actions_and_ledgers_recomputed(demo):
    choice = chosen()
    held = [row for row in demo("school_actions") if choice.start <= row["held_on"] <= choice.end]
    found = page(choice)
    assert f"n = {len(held)} actions" in card(found, "missions", "Actions auprès")
    people = sum(row["participants"] for row in held)
    assert card(found, "missions", "Participants").startswith(f"{fr(people)} participants")
    themes = found.claims[-1].tables[1].rows
    assert sum(row[2][1] for row in themes) == len(held)  # type: ignore[index]
    ledger = {(row["landlord_code"], row["comparison_group"]) for row in demo("landlord_repairs")}
    assert len(found.claims[5].tables[0].rows) == len(ledger)


def test_comparisons_are_counted_and_judged_together(demo):
    found = page(chosen())
    compared = [shown for claim in found.claims for shown in claim.cards if isinstance(shown.comparison, Comparison)]
    tested = [shown for shown in compared if hasattr(shown.comparison.change, "p_value")]  # type: ignore[union-attr]
    assert len(tested) >= 15
    assert found.note.startswith(f"{len(tested)}\u00a0comparaisons")
    for shown in tested:
        assert isinstance(shown.comparison, Comparison)
        alone = shown.comparison.change.p_value < 0.05  # type: ignore[union-attr]
        established = shown.comparison.verdict in ("hausse", "baisse")
        assert alone or not established
        assert (CORRECTED in shown.notes) == (alone and not established)


def test_a_planted_change_of_the_fictional_exports_is_not_invented_here(demo):
    """Staffing rose, rates did not: over the last year against the one before, no rate may be said to have moved."""
    for shown in (block(page(chosen()), name) for name in ("usage", "presence", "partenaires")):
        verdicts = {card.comparison.verdict for card in shown.values() if isinstance(card.comparison, Comparison)}
        assert not verdicts & {"hausse", "baisse"}


@pytest.mark.parametrize("period", ["tout", "mois"])
def test_no_comparison_is_made_up(demo, period: str):
    found = page(chosen(period, previous_start=None, previous_end=None))
    assert not [shown for claim in found.claims for shown in claim.cards if isinstance(shown.comparison, Comparison)]
    assert found.note == "Aucune comparaison avec un an avant n’est possible pour ce choix."


def test_the_service_is_judged_whole(demo):
    choice = chosen(registers=("veille_technique",), motifs=("tag",), origin="demandes")
    assert claims.page(choice) is claims.page(chosen())
    assert "registre, motif, demandes ou initiatives" in claims.scope_note(choice)
    assert claims.scope_note(chosen(neighbourhoods=("choliere",))) == ""


def test_without_presence_or_hours_rates_are_not_observed_and_counts_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(
        "OPTIMEDIA_WAREHOUSE", str(two_years(tmp_path / "w.duckdb", presence="aucune", hour_known=False))
    )
    found = page(chosen("annee"))
    for name, start, count in (
        ("partenaires", "Demandes des partenaires", "n = 261 demandes"),
        ("missions", "Gestion des conflits", "n = 418 interventions"),
    ):
        shown = card(found, name, start)
        assert shown.startswith("non observé")
        assert count in shown
        assert "Aucune heure de patrouille connue" in shown
    for start in ("Demandes à distance", "Demandes aux heures", "Lieux connus"):
        assert card(found, "attentes", start).startswith("non observé")
    for name, start in (
        ("attentes", "Demandes avec une suite"),
        ("partenaires", "Interventions relayées"),
        ("missions", "Actions auprès"),
    ):
        assert card(found, name, start).startswith("non renseigné")
        assert "Ce n’est pas zéro." in card(found, name, start)
    assert card(found, "missions", "Participants").startswith("non renseigné")
    assert not found.claims[0].pictures


def test_a_timetable_says_nothing_of_the_best_covered_hours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(two_years(tmp_path / "w.duckdb", presence="horaires")))
    shown = page(chosen("annee"))
    assert "on ne sait pas quelles heures" in card(shown, "attentes", "Demandes aux heures")
    assert "Dont 2 610 h tirées de l’horaire prévu" in card(shown, "partenaires", "Demandes des partenaires")


def test_a_population_that_is_unknown_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    day = {"service_date": date(2025, 3, 4), "neighbourhood_id": "nord", "origin": "habitant_telephone"}
    counts = {"is_request": True, "interventions": 6, "appeased": 0, "outcome_known": 0}
    warehouse = write(
        tmp_path / "w.duckdb",
        build=[BUILD],
        neighbourhoods=[{"neighbourhood_id": zone, "name": zone} for zone in ("nord", "sud")],
        activity_daily=[day | counts],
        service_days=[{"service_date": date(2025, 3, 4), "weekday": 2, "season": "hiver", "interventions": 6}],
    )
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(warehouse))
    found = page(chosen("tout"))
    shown = card(found, "usage", "Demandes des habitants, par habitant")
    assert shown.startswith("non observé")
    assert "Aucune population connue" in shown
    assert [row[2][0] for row in found.claims[1].tables[0].rows] == ["non renseigné"] * 2  # type: ignore[index]


def test_few_referrals_have_no_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    referred = {"service_date": date(2025, 3, 4), "referred_on": date(2025, 3, 4), "register": "veille_technique"}
    many = [("bailleur", "A", 5), ("mairie", None, 4)]
    rows = [
        referred
        | {"intervention_id": f"{partner}{number}", "partners": [partner, partner], "landlord_code": code}
        | {"neighbourhood_id": "nord", "referral_outcome": "fait", "returned_on": date(2025, 3, 4 + number)}
        for partner, code, count in many
        for number in range(count)
    ]
    days = [{"service_date": date(2025, 3, 4), "weekday": 2, "season": "hiver", "interventions": 9}]
    warehouse = write(tmp_path / "w.duckdb", build=[BUILD], interventions=rows, service_days=days)
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(warehouse))
    found = page(chosen("tout"))
    landlord, town = found.claims[3].tables[0].rows
    assert (landlord[1], town[1]) == (("5", 5), ("4", 4)), "a partner named twice counts once"
    assert (landlord[3], town[3]) == (("100\u202f%", 1.0), ("trop peu", None))
    assert str(landlord[6]).startswith("2\u00a0jours")
    assert town[6] == "trop peu"
    assert [row[0] for row in found.claims[4].tables[0].rows] == ["A"]


def test_dates_that_contradict_each_other_are_left_out_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    base = {"service_date": date(2025, 3, 4), "neighbourhood_id": "nord", "partners": ["mairie"]}
    given = [
        {"referred_on": date(2025, 3, 4), "returned_on": date(2025, 3, 6), "referral_outcome": "fait"},
        {"referred_on": date(2025, 3, 4), "returned_on": date(2025, 3, 1), "referral_outcome": "fait"},
        {"referred_on": date(2025, 3, 4), "referral_outcome": "fait"},
        {"referral_outcome": "non_recu"},
        {"referred_on": date(2025, 3, 4), "referral_outcome": "non_recu"},
    ]
    rows = [base | row | {"intervention_id": str(number)} for number, row in enumerate(given)]
    days = [
        {"service_date": date(2025, 3, 4) + timedelta(days=day), "weekday": 2, "season": "hiver", "interventions": 0}
        for day in range(40)
    ]
    warehouse = write(tmp_path / "w.duckdb", build=[BUILD], interventions=rows, service_days=days)
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(warehouse))
    shown = card(page(chosen("tout")), "partenaires", "Retour du partenaire")
    assert shown.startswith("50,0 % en 14 jours au plus")
    assert "n = 2 relais datés, 1 retour à ce jour" in shown
    assert "Sans compter 3 relais sans dates utilisables." in shown


def test_names_of_an_export_are_harmless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPTIMEDIA_WAREHOUSE", str(two_years(tmp_path / "w.duckdb", text=HOSTILE)))
    from dashboard import claim_cards

    for claim in page(chosen("annee")).claims:
        html = claim_cards.grid(claim.cards) + claim_cards.notes(claim) + claim_cards.limits(claim)
        assert "<img" not in html
        assert "onerror" not in claim_cards.formulas(claim)


def test_every_claim_has_its_limits_and_all_but_watching_need_a_survey(demo):
    found = page(chosen())
    assert [claim.words.anchor for claim in found.claims] == list(BLOCKS)
    for claim in found.claims:
        assert claim.cards
        assert len(claim.words.says) >= 2
        assert len(claim.words.cannot) >= 2
        assert bool(claim.words.survey) == claim.words.needs.startswith("Oui")
    assert [claim.words.anchor for claim in found.claims if not claim.words.survey] == ["veille"]
    assert len(found.overview.rows) == 6


def test_the_words_are_typeset():
    text = claims.TEXTS.read_text(encoding="utf-8")
    said = "\n".join(re.findall(r'"(.*)"', text))
    assert not BREAKABLE.findall(said)
    assert "'" not in said


def test_every_figure_that_was_observed_says_its_arithmetic(demo):
    for claim in page(chosen()).claims:
        for shown in claim.cards:
            assert shown.formula or shown.title == "Fraîcheur des données", shown.title
            assert shown.period.startswith("du "), shown.title
