"""Hypotheses as a file: what is stated is what is read, and what is wrong is said with its key."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from dashboard import cost_scenario
from dashboard.cost_settings import FILE, costs, costs_or_why
from dashboard.indicators.declared_costs import Pert
from pipelines.settings import ROOT, SettingsError

OWN = ROOT / "config" / "orvault"
# The product's table of hypotheses: min, mode, max.
TABLE = {
    "p": (0.02, 0.10, 0.30),
    "a": (0.05, 0.25, 0.60),
    "d": (0, 0.15, 0.40),
    "r": (0, 0, 0.45),
    "porte_reparation": (150, 400, 900),
    "porte_remplacement": (1000, 2500, 5000),
    "ascenseur_leger": (300, 800, 2000),
    "ascenseur_lourd": (6000, 8000, 10000),
    "boite_lettres": (60, 150, 300),
    "tag": (40, 57, 150),
    "encombrants": (35, 80, 150),
    "hall_souille": (40, 90, 200),
    "eclairage_serrure": (80, 200, 500),
    "conteneur_brule": (1600, 2000, 3200),
    "bac_brule": (45, 120, 200),
    "sortie_pompiers": (376, 600, 1500),
    "vehicule_brule": (500, 1500, 4000),
}


@pytest.fixture
def changed(tmp_path: Path):
    """`changed(before, after)`: the shipped hypotheses with a piece replaced."""

    def make(before: str, after: str) -> Path:
        text = (OWN / FILE).read_text(encoding="utf-8")
        assert before in text
        (tmp_path / FILE).write_text(text.replace(before, after, 1), encoding="utf-8")
        return tmp_path

    return make


def shipped():
    found = costs(OWN)
    assert found is not None
    return found


def test_the_shipped_hypotheses_are_those_of_the_product_s_table():
    known = {each.key: each for each in shipped().hypotheses()}
    for key, values in TABLE.items():
        assert known[key].values == Pert(*values)
        assert known[key].source
        assert known[key].date.year == 2026
    assert {each.price.key for each in shipped().damages} == set(TABLE) - {"p", "a", "d", "r"}
    assert "43" in known["r"].source
    assert "143" in known["tag"].source


def test_every_code_of_the_hypotheses_is_one_of_the_exports():
    schema = tomllib.loads((ROOT / "pipelines" / "schema.toml").read_text(encoding="utf-8"))["interventions"]["columns"]
    known = shipped()
    assert set(known.situations.motifs) <= set(schema["motif"]["values"])
    assert set(known.situations.outcomes) <= set(schema["issue"]["values"])
    assert {code for each in known.damages for code in each.codes} <= set(schema["degat_constate"]["values"])
    assert known.service_value is not None
    assert set(known.service_value.registers) <= set(schema["registre"]["values"])


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("values = [0.02, 0.10, 0.30]", "values = [0.3, 0.1, 0.02]", ["shared.p.values", "croissants", "[0.3, 0.1"]),
        ("values = [0.02, 0.10, 0.30]", "values = [0.02, 0.10, 1.30]", ["shared.p.values", "entre 0 et 1"]),
        ("values = [0.02, 0.10, 0.30]", 'values = [0.02, "dix", 0.3]', ["shared.p.values", "dix"]),
        ("values = [0.02, 0.10, 0.30]", "values = [0.02, 0.10, nan]", ["shared.p.values"]),
        ("values = [0.02, 0.10, 0.30]", "values = [0.02, 0.10]", ["shared.p.values", "trois nombres"]),
        ("values = [150, 400, 900]", "values = [-150, 400, 900]", ["categories[1].values", "-150"]),
        ('payer = "domanialite"', 'payer = "voisin"', ["categories[1].payer", "bailleur ou ville", "voisin"]),
        ("part = 0", "part = 3", ["categories[4].part", "reçu\u00a0: 3"]),
        ('code = "tag"', 'code = "p"', ["categories[6].code", "reçu\u00a0: 'p'"]),
        ('code = "tag"', 'code = "bac_brule"', ["categories.code", "différents", "bac_brule"]),
        ("date = 2026-11-24", 'date = "hier"', ["situations.date", "2026-11-24", "hier"]),
        ("[shared.a]", "[shared.b]", ["shared.a", "une table", "rien"]),
        ('motifs = [', 'motives = [', ["situations.motifs", "liste de textes"]),
        ("2025 = [132.0,", "2025 = [-1,", ["index.values.2025", "-1"]),
        ("[situations]", "[situations", ["TOML illisible"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_file_key_expected_and_found(changed, before: str, after: str, words: list[str]):
    with pytest.raises(SettingsError) as error:
        costs(changed(before, after))
    assert FILE in str(error.value)
    for word in words:
        assert word in str(error.value)


def test_a_territory_without_hypotheses_is_told_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert costs(tmp_path) is None
    monkeypatch.setenv("OPTIMEDIA_TERRITORY", str(tmp_path))
    found, why = costs_or_why("Essai")
    assert found is None
    assert FILE in why
    assert "Essai" in why


def test_a_file_that_changes_is_read_again(changed):
    folder = changed("[0.02, 0.10, 0.30]", "[0.02, 0.20, 0.30]")
    first = costs(folder)
    text = (folder / FILE).read_text(encoding="utf-8")
    (folder / FILE).write_text(text.replace("0.20, 0.30", "0.25, 0.30"), encoding="utf-8")
    second = costs(folder)
    assert first is not None
    assert second is not None
    assert (first.shared["p"].values.mode, second.shared["p"].values.mode) == (0.20, 0.25)


def test_sliders_stand_on_every_shipped_value_and_untouched_ones_change_nothing():
    for each in shipped().hypotheses():
        slider = cost_scenario.slider(each)
        for value in (slider.low, slider.mode, slider.high):
            assert value / slider.step == pytest.approx(round(value / slider.step))
            assert value <= slider.top
        assert cost_scenario.moved(each, slider.low, slider.mode, slider.high) == (each.values, "")


def test_a_moved_slider_is_marked_with_its_default_and_a_mode_outside_is_said():
    share = shipped().shared["p"]
    moved, note = cost_scenario.moved(share, 2, 20, 30)
    assert moved == Pert(0.02, 0.20, 0.30)
    assert note == "Modifié, défaut 2\u202f% / 10\u202f% / 30\u202f%"
    clamped, note = cost_scenario.moved(share, 2, 50, 30)
    assert clamped == Pert(0.02, 0.30, 0.30)
    assert "ramenée dans l’intervalle\u00a0: 30\u202f%" in note


def scenario(**given):
    known = shipped()
    values = cost_scenario.defaults(known) | {"p": Pert(0.05, 0.07, 0.2), "tag": Pert(45, 60, 155)}
    return cost_scenario.Scenario(**{"name": 'L’été « 2026 » "\\', "values": values, "contribution": 1200.5} | given)


def test_a_scenario_kept_and_loaded_is_the_same():
    known, made = shipped(), scenario()
    content = cost_scenario.write(made, known, "Essai\n[hypotheses]")
    assert cost_scenario.read(content, "s.toml", known) == made
    assert "# défaut" in content.decode()
    places = cost_scenario.places(known, made)
    assert places["h_p"] == (5, 20)
    assert places["h_p_mode"] == 7
    assert places["h_tag"] == (45, 155)
    assert places["contribution"] == 1200.5
    assert cost_scenario.changed(known, made.values) == "2\u00a0hypothèses modifiées."


def test_what_a_scenario_leaves_out_is_as_the_territory_states_it():
    read = cost_scenario.read(b'nom = "x"\n[hypotheses]\na = [0, 0.1, 0.2]', "s.toml", shipped())
    assert read.values == cost_scenario.defaults(shipped()) | {"a": Pert(0, 0.1, 0.2)}
    assert read.contribution is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe\x00", "lisible"),
        (b"nom = ", "lisible"),
        (b"x" * 200_000, "octets"),
        (b"[hypotheses]", "nom"),
        (b'nom = "x"', "hypotheses"),
        (b'nom = "x"\nhypotheses = 3', "une table"),
        (b'nom = "x"\nsecret = 3\n[hypotheses]', "secret"),
        (b'nom = "x"\n[hypotheses]\nzut = [1, 2, 3]', "de ce territoire"),
        (b'nom = "x"\n[hypotheses]\np = [0.1, 0.2, 3]', "entre 0 et 1"),
        (b'nom = "x"\n[hypotheses]\ntag = [1, 2, 300000]', "au plus"),
        (b'nom = "x"\ncontribution = -4\n[hypotheses]', "contribution"),
    ],
)
def test_a_file_that_is_no_scenario_is_refused_with_the_reason(content: bytes, words: str):
    with pytest.raises(SettingsError, match=words) as error:
        cost_scenario.read(content, "envoi.toml", shipped())
    assert str(error.value).startswith("envoi.toml")
