"""The publication of the fictional exports: every published figure is true, and no small one can be bounded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from dashboard import publication
from dashboard.access import SUPERVISOR, Viewer
from dashboard.warehouse import acting
from tests.dashboard.attacks import (
    APART,
    SHARING,
    TECHNICAL,
    Key,
    Tables,
    city,
    everything,
    figures,
    sums_of_landlord,
    threshold,
)

LANDLORDS = ("BAIL-A", "BAIL-C")  # the one with most records, and the one with fewest
COUNTED = """
with records as (
    select *, year(service_date) || '-T' || quarter(service_date) as quarter,
        case when hour in (14, 15, 16) then '14-17' when hour in (17, 18, 19) then '17-20'
             when hour in (20, 21, 22) then '20-23' when hour in (23, 0, 1) then '23-2' else 'inconnue' end as band
    from interventions
), kept as (
    select * from records
    where not (neighbourhood_id = 'hors_perimetre' and list_contains($outside, quarter))
        and ($landlord is null or landlord_code = $landlord)
)
select 'motif' as family, quarter, neighbourhood_id as area, coalesce(motif, 'inconnu') as category, count(*) as n
from kept group by all
union all
select 'origine', quarter, neighbourhood_id,
    coalesce(origin, if(list_contains($merged, quarter), 'initiative_equipe', 'inconnue')), count(*)
from kept group by all
union all
select 'issue', quarter, neighbourhood_id, case when outcome in ('apaise', 'accord', 'evite') then 'apaise'
    when outcome is null or outcome = 'non_observe' then 'inconnue' else 'autre' end, count(*)
from kept group by all
union all
select 'tranche', quarter, neighbourhood_id, band, count(*) from kept group by all
union all
select 'jour_tranche', quarter, 'territoire', isodow(service_date) || '|' || band, count(*) from kept group by all
union all
select 'mois', quarter, neighbourhood_id, strftime(service_date, '%Y-%m'), count(*) from kept group by all
union all
select 'public', quarter, 'territoire', coalesce(public_type, 'inconnu'), count(*) from kept group by all
union all
select 'demande_observee', quarter, neighbourhood_id, if(presence_source is null, 'autre_jour', 'observee'), count(*)
from kept join service_days using (service_date) where origin <> 'initiative_equipe' group by all
union all
select 'lieux', quarter, k.neighbourhood_id,
    coalesce(floor(coalesce(p.x_m, k.x_m) / 100)::int || '_' || floor(coalesce(p.y_m, k.y_m) / 100)::int, 'ailleurs'),
    count(*)
from kept k left join places p using (place_id) group by all
union all
select 'relais', quarter, 'territoire', partner || '|' || case when referral_outcome is distinct from 'fait'
    then 'attente' when returned_on - referred_on between 0 and 30 then 'soon' else 'late' end, count(*)
from (select *, unnest(list_distinct(partners)) as partner from records) group by all
union all
select 'alerte', quarter, 'territoire', if(referral_outcome = 'fait', 'fait', 'autre'), count(*)
from records where list_contains(partners, 'bailleur') and ($landlord is null or landlord_code = $landlord)
    and (register = 'veille_technique' or motif in ('panne_equipement', 'degradation')) group by all
union all
select 'ecoles', year(held_on) || '-T' || quarter(held_on), 'territoire', theme, sum(participants)
from school_actions group by all
"""


@pytest.fixture(scope="module")
def published(demo_warehouse: Path) -> Iterator[dict[str, Tables]]:
    """The tables of the city and of each landlord."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPTIMEDIA_WAREHOUSE", str(demo_warehouse))
        with acting(SUPERVISOR):
            made: dict[str, Tables] = {code: publication.tables(Viewer("bailleur", code)) for code in LANDLORDS}
            yield {"ville": publication.tables(Viewer("ville"))} | made


@pytest.fixture(scope="module")
def truth(demo_warehouse: Path, published: dict[str, Tables]) -> dict[str | None, dict[Key, float]]:
    """Every figure, published or not, counted by SQL of the test's own: the territory's, and each landlord's."""
    notes = published["ville"]["published_notes"]
    told = {name: sorted(notes[notes["family"] == name]["period"]) for name in ("", "origine", "issue")}
    assert told["issue"] == []
    with duckdb.connect(str(demo_warehouse), read_only=True) as connection:
        return {
            landlord: _true(connection, {"outside": told[""], "merged": told["origine"], "landlord": landlord})
            for landlord in (None, *LANDLORDS)
        }


def _true(connection: duckdb.DuckDBPyConnection, given: dict[str, object]) -> dict[Key, float]:
    """Counts with every sum: zones to the territory, quarters to the year, categories to groups and totals."""
    found: dict[Key, float] = defaultdict(float)
    for family, quarter, area, category, n in connection.execute(COUNTED, given).fetchall():
        for where in {area, "territoire"} if family != "lieux" else {area}:
            for period in (quarter, quarter[:4]):
                for name in _names(family, category):
                    found[family if name != "total" or family not in SHARING else "*", where, name, period] += n
    # Families that share totals were each counted once.
    held = sum(1 for family in SHARING if family not in ("public", "jour_tranche"))
    for key in [key for key in found if key[0] == "*"]:
        every = held + 2 if key[1] == "territoire" else held
        found[key] /= every
    return found


def _names(family: str, category: str) -> set[str]:
    """A category, its groups and its total."""
    names = {category}
    if family not in ("demande_observee", "relais", "lieux"):
        names.add("total")
    if family == "origine":
        names |= {"demandes"} if category not in ("initiative_equipe", "inconnue") else set()
        names |= {"initiatives"} if category == "initiative_equipe" else set()
    if family == "issue" and category != "inconnue":
        names.add("connue")
    if category in APART.get(family, ()):
        names.add("autre*")
    if family == "relais":
        partner, _, state = category.partition("|")
        names |= {partner} | ({f"{partner}|rendu"} if state != "attente" else set())
    return names


def test_every_published_figure_is_true(published: dict[str, Tables], truth: dict[str | None, dict[Key, float]]):
    shown = {key: n for key, n in everything(published["ville"]).items() if n is not None and key[0] != "risque"}
    assert {key: n for key, n in shown.items() if truth[None].get(key, 0) != n} == {}
    assert len(shown) > 2000
    for landlord in LANDLORDS:
        mine = figures(published[landlord], landlord=True)
        own = {key: n for key, n in mine.items() if n is not None and key[0] != "risque"}
        wrong = {
            key: n
            for key, n in own.items()
            if truth[landlord if key[1] == "patrimoine" else None].get(_at_home(key), 0) != n
        }
        assert wrong == {}
        assert sum(key[1] == "patrimoine" for key in own) > 100


def _at_home(key: Key) -> Key:
    family, area, category, period = key
    return family, "territoire" if area == "patrimoine" else area, category, period


def test_no_small_figure_is_shown(published: dict[str, Tables]):
    for name, tables in published.items():
        known = everything(tables) if name == "ville" else figures(tables, landlord=True)
        assert [key for key, n in known.items() if n is not None and 0 < n < threshold(key)] == []
        for table in tables.values():
            for row in table.to_dict("records") if "is_masked" in table else ():
                values = [row[column] for column in ("n", "p50", "actions", "participants") if column in row]
                assert not row["is_masked"] or all(pd.isna(value) for value in values)


def test_no_small_figure_of_the_city_can_be_bounded(
    published: dict[str, Tables], truth: dict[str | None, dict[Key, float]]
):
    attack = city(published["ville"], truth[None])
    real = truth[None] | _rests(truth[None])
    small = sorted(key for key, n in real.items() if 0 < n < threshold(key) and attack.known.get(key, 0) is None)
    assert len(small) > 400
    assert {key: width for key, width in attack.widths(small).items() if width < threshold(key)} == {}


def test_the_attack_finds_what_one_more_figure_would_tell(
    published: dict[str, Tables], truth: dict[str | None, dict[Key, float]]
):
    attack = city(published["ville"], truth[None])
    real = {key: n for key, n in truth[None].items() if key[0] == "issue" or key[0] == "tranche"}
    hidden = [key for key in real if attack.known.get(key, 0) is None]
    told = max((key for key in hidden if real[key] >= threshold(key)), key=lambda key: (real[key], key))
    attack.known[told] = real[told]
    small = [key for key in hidden if 0 < real[key] < threshold(key)]
    assert [key for key, width in attack.widths(small).items() if width < threshold(key)]


def _rests(real: Mapping[Key, float]) -> dict[Key, float]:
    """What no table says and subtraction may: referrals to landlords that are no technical alerts."""
    found = {}
    for answer, state in (("fait", "rendu"), ("autre", "attente")):
        for period in {key[3] for key in real}:
            whole = real.get(("relais", "territoire", f"bailleur|{state}", period), 0.0)
            alerts = real.get(("alerte", "territoire", answer, period), 0.0)
            found["relais", "territoire", f"bailleur|{state}|autre", period] = whole - alerts
    return found


@pytest.mark.parametrize("landlord", LANDLORDS)
def test_no_small_figure_of_a_landlord_or_of_the_others_can_be_bounded(
    published: dict[str, Tables], truth: dict[str | None, dict[Key, float]], landlord: str
):
    attack = city(published["ville"], truth[None])
    mine = figures(published[landlord], landlord=True)
    attack.known |= {key: n for key, n in mine.items() if key[2] == "autre*" or key[1] == "patrimoine"}
    own = sums_of_landlord(attack, mine)
    real = {
        ("reste", "territoire", f"{family} {category}", period): truth[None].get(
            (family, "territoire", category, period), 0.0
        )
        - truth[landlord].get((family, "territoire", category, period), 0.0)
        for family, _, category, period in own
    }
    real |= {(f, "patrimoine", c, p): truth[landlord].get((f, "territoire", c, p), 0.0) for f, _, c, p in own}
    levels = {key: 5 if key[0] == "reste" and key[2].startswith("alerte") else threshold(key) for key in real}
    levels |= {key: 5 for key in real if key[0] == "reste" and key[2].partition(" ")[2] in TECHNICAL}
    small = sorted(key for key, n in real.items() if 0 < n < levels[key])
    assert [key for key in small if attack.known.get(key) is not None] == []
    assert len(small) > 20
    widths = attack.widths(small)
    assert {key: width for key, width in widths.items() if width < levels[key]} == {}
