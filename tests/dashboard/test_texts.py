"""Help texts and interface: each is there, each is used, and their typography is French."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.settings import ROOT
from tests.test_architecture import name_of, python_files, strings

TEXTS = sorted((ROOT / "dashboard" / "texts").glob("*.md"))
# An ordinary space where French wants one that does not break: before : ; ? ! % », after «.
BREAKABLE = re.compile(r"\w [:;?!»](?:\s|$)|\d %|« ")


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.stem)
def test_a_text_is_used_and_typeset(file: Path):
    text = file.read_text(encoding="utf-8")
    assert text.strip()
    assert not BREAKABLE.findall(text)
    assert "'" not in re.sub(r"`[^`]*`", "", text), "a straight apostrophe"
    words = {word for python in python_files("dashboard") for _, word in strings(python)}
    assert file.stem in words, "no code names this text"


@pytest.mark.parametrize("file", python_files("dashboard"), ids=name_of)
def test_the_interface_is_typeset(file: Path):
    wrong = [f"{name_of(file)}:{line}: {text}" for line, text in strings(file) if BREAKABLE.search(text)]
    assert not wrong, "\n".join(wrong)
