"""At the door: signing in and out, being refused kindly, and the demonstration's choice of role."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard import access, audit, markup, publication, warehouse
from dashboard.access import SUPERVISOR, AccessDenied, Viewer
from dashboard.menu import Page

SIGNED_IN = "signed_in"


def demonstration() -> None:
    """On fictional data, anyone may look through anyone's eyes: a choice of role, said to be a demonstration."""
    if access.login_is_configured() or not warehouse.is_fictional():
        return
    roles = [Viewer(role) for role in access.ROLES if role != "bailleur"]
    roles += [Viewer("bailleur", landlord) for landlord in publication.landlords()]
    labels = {role.code: role.label for role in roles}
    shown = access.demonstrated().code
    with st.sidebar:
        st.selectbox(
            "Vu par (démonstration)",
            list(labels),
            index=list(labels).index(shown) if shown in labels else 0,
            format_func=lambda code: labels[code],
            key=access.ROLE_KEY,
            filter_mode=None,
            placeholder="Choisir",
            help="Fictives, ces données n’ont pas de secret. Sur de vraies données, le rôle vient du compte.",
        )
    chosen = st.session_state[access.ROLE_KEY]
    if chosen != SUPERVISOR.code:
        st.query_params[access.ROLE_KEY] = chosen
    elif access.ROLE_KEY in st.query_params:
        del st.query_params[access.ROLE_KEY]


def who(viewer: Viewer) -> None:
    """Who is signed in, and the way out."""
    if not access.login_is_configured():
        return
    if not st.session_state.get(SIGNED_IN):
        st.session_state[SIGNED_IN] = audit.record("connexion", "tableau de bord", viewer=viewer)
    with st.sidebar:
        st.caption(f"{markup.plain(viewer.name)}\u00a0: {markup.plain(viewer.label)}")
        st.button("Se déconnecter", on_click=st.logout, icon=":material/logout:")


def refused(denied: AccessDenied) -> None:
    """Why nothing is shown, and what can be done."""
    text = markup.element("p", markup.text(denied, 900))
    st.html(markup.element("div", markup.element("h1", "Accès au tableau de bord") + text, "opt-say", role="alert"))
    if not denied.can_sign_in:
        return
    if st.user.get("is_logged_in", False):
        audit.record("refus", "tableau de bord", person=str(st.user.get("email") or st.user.get("sub") or ""))
        st.button("Se déconnecter", on_click=st.logout)
    else:
        st.button("Se connecter", on_click=st.login, type="primary")


def closed(page: Page, viewer: Viewer) -> Callable[[], None]:
    """What stands at the address of a page that a viewer is not offered."""

    def told() -> None:
        audit.record("refus", page.title, viewer=viewer)
        refused(AccessDenied(access.NOT_THIS_PAGE))

    return told
