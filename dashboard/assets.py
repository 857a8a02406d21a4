"""Leaflet served from this machine, so that maps draw without the Internet and tell no outside server who looks.

folium links ten scripts and style sheets from public networks. Its GeoJson, CircleMarker, ImageOverlay, Tooltip,
GeoJsonTooltip, GeoJsonPopup and LayerControl need Leaflet alone. jQuery is only called by `folium.Popup` and
`keep_in_front`, Font Awesome and awesome-markers by `folium.Icon`, Bootstrap by no layer at all: they are not
published, and a map that needs one of these classes doesn't draw. Nor are the pins of `folium.Marker`: Leaflet looks
for their images before streamlit-folium has loaded its style sheet, and asks for a wrong address.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from xstatic.pkg import leaflet

from pipelines.settings import ROOT

# The version is in the address, so that a browser never mixes the files of two versions.
_FOLDER = f"leaflet-{leaflet.VERSION}"
_FILES = (
    "leaflet.js",
    "leaflet.css",
    "images/layers.png",
    "images/layers-2x.png",
)


def publish(static: Path = ROOT / "static") -> None:
    """Copy Leaflet from its installed package to the folder that Streamlit serves as `app/static`.

    Files already there with the same content are left alone, so a folder prepared beforehand may be read-only. Several
    processes may publish at once: a file appears whole or not at all.

    Raises OSError when a file is missing from the package or the folder can't be written.
    """
    source = Path(leaflet.BASE_DIR)
    for name in _FILES:
        _place((source / name).read_bytes(), static / _FOLDER / name)


def default_js(base: str = "") -> list[tuple[str, str]]:
    """Scripts for `folium.Map.default_js`, as (name, address).

    `base` is Streamlit's `server.baseUrlPath`. Addresses start at the server's root because the component that draws
    the map lives in a frame of its own, where a relative address would lead elsewhere.
    """
    return [("leaflet", _address(base, "leaflet.js"))]


def default_css(base: str = "") -> list[tuple[str, str]]:
    """Style sheets for `folium.Map.default_css`, as (name, address); `base` as in `default_js`."""
    return [("leaflet_css", _address(base, "leaflet.css"))]


def _address(base: str, name: str) -> str:
    path = base.strip().strip("/")
    return f"/{path}/app/static/{_FOLDER}/{name}" if path else f"/app/static/{_FOLDER}/{name}"


def _place(content: bytes, target: Path) -> None:
    if target.is_file() and target.read_bytes() == content:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        temporary.chmod(0o644)  # mkstemp gives the owner alone; the server may run under another account
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
