"""What looks like a person in a text: phone numbers, e-mail addresses, a title and a name.

Patterns are for RE2 (DuckDB's engine), over texts as they are written: spaces may be no-break ones. An identifier made
of digits only is taken for a phone number when it is written as one (spaces, dots, +33) or starts as a mobile number:
identifiers padded with zeros stay readable. A date and its hour are no phone number.
"""

from __future__ import annotations

_SPACE = r"[\s\x{00A0}\x{2009}\x{200B}\x{202F}\x{FEFF}]"
_MARK = r"[\s\x{00A0}\x{2009}\x{200B}\x{202F}\x{FEFF}()./·_‐‑–—-]"
_GAP = rf"{_MARK}{{0,3}}"
_PAIRS = rf"(?:{_GAP}[0-9]{{2}}){{4}}"
_TRIPLETS = rf"(?:(?:{_GAP}[0-9]{{3}}){{2}}{_GAP}[0-9]{{2}}|{_GAP}[0-9]{{2}}(?:{_GAP}[0-9]{{3}}){{2}})"
_ABROAD = rf"(?:\+|00{_SPACE}?)33{_GAP}(?:0{_GAP})?[1-9](?:{_PAIRS}|{_TRIPLETS})"
_START = r"(?:^|[^0-9A-Za-z_.,-]|(?:^|[^0-9])[.,]|(?i:tel|tél|port|fax))"
_END = r"(?:$|[^0-9:hH]|[:hH](?:$|[^0-9]))"
_PHONE = rf"{_START}(?:{_ABROAD}|0{_SPACE}?[1-9](?:{_PAIRS}|{_TRIPLETS})){_END}"
_PHONE_IN_ID = rf"{_START}(?:{_ABROAD}|0[67](?:{_PAIRS}|{_TRIPLETS})|0[1-9](?:{_MARK}{{1,3}}[0-9]{{2}}){{4}}){_END}"
_EMAIL = r"[\p{L}0-9._%+-]+@[\p{L}0-9-]+(?:\.[\p{L}0-9-]+)*\.[A-Za-z]{2,}"
_PARTICLES = rf"(?:(?i:de|du|des|la|le){_SPACE}+|(?i:[dl])['’])*"
_NAME = rf"{_PARTICLES}\p{{Lu}}(?:[\p{{L}}'’-]+|\.)"
_TITLE = (
    rf"(?:^|[^\p{{L}}])(?:(?:M\.|MM\.){_SPACE}*{_NAME}|Ms\.?{_SPACE}+{_NAME}"
    rf"|(?i:mr|mrs|mme|mmes|mlle|mlles|madame|mademoiselle|monsieur)\.?{_SPACE}+(?:\p{{L}}[\p{{L}}'’-]+|\p{{Lu}}\.))"
    rf"|^M{_SPACE}+{_NAME}"
)

KINDS = {"un numéro de téléphone": _PHONE, "une adresse électronique": _EMAIL, "le nom d'une personne": _TITLE}
TEXT_PATTERN = "|".join((_PHONE, _EMAIL, _TITLE))
ID_PATTERN = "|".join((_PHONE_IN_ID, _EMAIL, _TITLE))


def pattern(*, identifier: bool) -> str:
    """The pattern of any personal data, for a column of identifiers or any other text."""
    return ID_PATTERN if identifier else TEXT_PATTERN
