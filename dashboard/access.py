"""Who is looking: a person's identity or, on fictional data alone, the role chosen for a demonstration.

Everything that decides is pure (`admit`, `read_rules`); Streamlit only says who signed in. Nothing here reads data.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from pipelines.settings import SettingsError, settings

Role = Literal["superviseur", "ville", "bailleur", "comite"]
ROLES: dict[Role, str] = {
    "superviseur": "Superviseur",
    "ville": "Ville",
    "bailleur": "Bailleur",
    "comite": "Comité de pilotage",
}
ROLE_KEY = "role"
WITHOUT_LOGIN = "OPTIMEDIA_WITHOUT_LOGIN"
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded", "Via")
NOT_SIGNED_IN = "Connectez-vous pour ouvrir ce tableau de bord."
UNKNOWN = (
    "Votre compte n’est pas encore connu de ce tableau de bord. Écrivez à la personne qui vous en a donné l’adresse : "
    "elle peut vous y ajouter."
)
UNVERIFIED = "Votre adresse électronique n’est pas vérifiée par votre service d’identité : la vérifier, puis revenir."
NO_LOGIN = (
    "Ces données sont réelles et aucune connexion n’est configurée : rien n’est montré. Configurez la connexion "
    f"(docs/deployment.md), ou, sur votre propre machine seulement, relancez avec {WITHOUT_LOGIN}=1 : toute personne "
    "assise devant cette machine verra alors tout."
)
NOT_LOCAL = (
    f"{WITHOUT_LOGIN}=1 ne vaut que pour cette machine, à l’adresse 127.0.0.1, sans relais. Configurez une connexion "
    "pour ouvrir le tableau de bord à d’autres (docs/deployment.md)."
)
NOT_THIS_PAGE = "Cette page n’est pas ouverte à votre rôle."


class AccessDenied(Exception):  # noqa: N818 (what it is called in every framework of the field)
    """Nothing may be shown; the message is French and kind. `can_sign_in`: signing in may change that."""

    def __init__(self, message: str, *, can_sign_in: bool = False) -> None:
        super().__init__(message)
        self.can_sign_in = can_sign_in


@dataclass(frozen=True)
class Viewer:
    """A role, the landlord it stands for (role `bailleur` alone), and who it is for the audit trail."""

    role: Role
    landlord: str | None = None
    name: str = field(default="", compare=False)

    @property
    def is_partner(self) -> bool:
        """Whether only published figures may be seen."""
        return self.role != "superviseur"

    @property
    def slug(self) -> str:
        """The viewer in a file's name: « ville », « bailleur-bail-a »."""
        code = re.sub(r"[^\w]+", "-", self.landlord or "").strip("-").lower()
        return f"{self.role}-{code}" if code else self.role

    @property
    def label(self) -> str:
        """The viewer in French."""
        return f"{ROLES[self.role]} {self.landlord}" if self.landlord else ROLES[self.role]

    @property
    def code(self) -> str:
        """The viewer in an address or on a command line: « ville », « bailleur:BAIL-A »."""
        return f"{self.role}:{self.landlord}" if self.landlord else self.role

    def may_read(self, other: Viewer) -> bool:
        """Whether what is published for `other` may be handed to this viewer.

        The committee's figures tell of publics and schools, which a landlord never reads.
        """
        return not self.is_partner or other == self or (self.role, other.role) == ("ville", "comite")


SUPERVISOR = Viewer("superviseur")


def viewer_of(code: str) -> Viewer:
    """The viewer that a code of `Viewer.code` names; ValueError, in French, for anything else."""
    role, _, landlord = code.partition(":")
    if role not in get_args(Role) or (role == "bailleur") != bool(landlord):
        roles = ", ".join(ROLES)
        raise ValueError(f"« {code} » n’est pas un rôle ; attendu : {roles.replace('bailleur', 'bailleur:CODE')}")
    return Viewer(cast(Role, role), landlord or None)


@dataclass(frozen=True)
class Rules:
    """`access.toml`: people by e-mail address, then claims of the identity service, in order."""

    people: Mapping[str, Viewer]
    claims: tuple[tuple[str, str, Viewer], ...]
    needs_verified: bool


def read_rules(file: Path) -> Rules:
    """Read `access.toml`; without the file nobody is known.

    Raises SettingsError naming the file, the entry, what was expected and what came.
    """
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Rules({}, (), needs_verified=True)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} : fichier TOML illisible ({error}).") from None
    try:
        if unknown := raw.keys() - {"people", "claims", "needs_verified_email"}:
            raise ValueError(f"clé inconnue : {', '.join(sorted(unknown))}")
        people = {_address(address): _viewer(entry, address) for address, entry in raw.get("people", {}).items()}
        claims = tuple(_claim(entry) for entry in raw.get("claims", []))
        return Rules(people, claims, needs_verified=raw.get("needs_verified_email", True) is not False)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SettingsError(f"{file} : {error}") from None


def admit(identity: Mapping[str, Any], rules: Rules) -> Viewer:
    """The viewer that an identity's claims make; raises AccessDenied when they make none.

    An address that the identity service says is not verified names nobody; neither does one of which it says nothing,
    unless `needs_verified_email` is false.
    """
    address, verified = identity.get("email"), identity.get("email_verified")
    is_verified = verified in (True, "true") or (verified is None and not rules.needs_verified)
    named = rules.people.get(_address(address)) if isinstance(address, str) else None
    name = address if isinstance(address, str) else str(identity.get("sub", ""))
    if named is not None and not is_verified:
        raise AccessDenied(UNVERIFIED, can_sign_in=True)
    if named is not None:
        return Viewer(named.role, named.landlord, name)
    for claim, value, viewer in rules.claims:
        held = identity.get(claim)
        if value == held or (isinstance(held, (list, tuple)) and value in held):
            return Viewer(viewer.role, viewer.landlord, name)
    raise AccessDenied(UNKNOWN, can_sign_in=True)


def current(*, fictional: bool) -> Viewer:
    """Who this run of a page is for; `fictional`: every row of the warehouse is invented.

    With a configured login, whoever signed in and is known. Without one: the demonstration's role on fictional data;
    on real data nobody, unless the option for this machine alone is set and the visitor is on this machine.
    Raises AccessDenied.
    """
    if login_is_configured():
        if not st.user.get("is_logged_in", False):
            raise AccessDenied(NOT_SIGNED_IN, can_sign_in=True)
        return admit(st.user.to_dict(), rules())
    if fictional:
        return demonstrated()
    if os.environ.get(WITHOUT_LOGIN) != "1":
        raise AccessDenied(NO_LOGIN)
    if not is_local(str(st.get_option("server.address") or ""), st.context.headers.to_dict()):
        raise AccessDenied(NOT_LOCAL)
    return Viewer("superviseur", name="accès local")


def demonstrated() -> Viewer:
    """The role chosen for a demonstration; the supervisor's until one is."""
    chosen = st.session_state.get(ROLE_KEY) or st.query_params.get(ROLE_KEY) or SUPERVISOR.role
    try:
        viewer = viewer_of(str(chosen))
    except ValueError:
        viewer = SUPERVISOR
    return Viewer(viewer.role, viewer.landlord, "démonstration")


def login_is_configured() -> bool:
    """Whether Streamlit's secrets describe an identity service."""
    try:
        return "auth" in st.secrets
    except StreamlitSecretNotFoundError:
        return False


def is_local(address: str, headers: Mapping[str, str]) -> bool:
    """Whether a server at `address` answers a request with these headers to this machine alone."""
    given = {name.lower(): value for name, value in headers.items()}
    host = re.sub(r":\d+$", "", given.get("host", ""))
    return _is_loopback(address) and _is_loopback(host) and not any(name.lower() in given for name in FORWARDED)


def rules() -> Rules:
    """The rules of the territory at hand, read again when the file changes."""
    file = settings().territory / "access.toml"
    try:
        stamp = file.stat().st_mtime_ns
    except OSError:
        stamp = None
    return _rules(file, stamp)


@lru_cache(maxsize=8)
def _rules(file: Path, stamp: int | None) -> Rules:
    return read_rules(file)


def _is_loopback(host: str) -> bool:
    name = host.strip("[]").lower()
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _address(raw: object) -> str:
    address = str(raw).strip().casefold()
    if "@" not in address:
        raise ValueError(f"[people] « {raw} » ; attendu : une adresse électronique")
    return address


def _viewer(entry: Mapping[str, Any], where: str) -> Viewer:
    role, landlord = entry.get("role"), entry.get("landlord")
    code = f"{role}:{landlord}" if landlord is not None else str(role)
    if unknown := entry.keys() - {"role", "landlord", "claim", "value"}:
        raise ValueError(f"« {where} » : clé inconnue {', '.join(sorted(unknown))}")
    try:
        return viewer_of(code)
    except ValueError as error:
        raise ValueError(f"« {where} » : {error}") from None


def _claim(entry: Mapping[str, Any]) -> tuple[str, str, Viewer]:
    claim, value = str(entry["claim"]), entry["value"]
    if claim == "email":
        raise ValueError("[[claims]] email\u00a0; attendu\u00a0: [people], qui veut une adresse vérifiée")
    return claim, value, _viewer(entry, f"{claim} = {value}")
