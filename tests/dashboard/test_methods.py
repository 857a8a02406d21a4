"""The texts of the methods page: all of them, in order, titled by their first heading."""

from __future__ import annotations

from pathlib import Path

from dashboard import methods


def test_families_are_in_order_and_what_is_not_named_comes_last(tmp_path: Path):
    texts = {
        "methodes_densite": "## Densité\n\nUn.",
        "methodes_taux": "Sans titre.\n\n## Plus bas\n\nDeux.",
        "methodes_autre_chose": "Trois.",
        "incertitude": "## Non",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    found = methods.sections(tmp_path)
    assert [(section.anchor, section.title, section.text) for section in found] == [
        ("methode-taux", "Taux, parts et comparaisons", "Sans titre.\n\n## Plus bas\n\nDeux."),
        ("methode-densite", "Densité", "Un."),
        ("methode-autre-chose", "Autre chose", "Trois."),
    ]
    assert methods.contents(found).splitlines()[0] == "- [Taux, parts et comparaisons](#methode-taux)"


def test_the_methods_of_every_family_are_there():
    found = methods.sections()
    assert {"methode-taux", "methode-densite", "methode-dispositif"} <= {section.anchor for section in found}
    assert len({section.title for section in found}) == len(found)
    for section in found:
        assert len(section.text.split()) >= 100, section.title
        assert "Limites" in section.text or "limites" in section.text, section.title
