"""Leaflet is published whole, once, whatever happens meanwhile, and no address leaves this machine."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import folium
import pytest
from xstatic.pkg import leaflet

from dashboard import assets


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_the_addresses_name_is_published(tmp_path: Path):
    assets.publish(tmp_path)
    for _, address in assets.default_js() + assets.default_css():
        assert (tmp_path / address.removeprefix("/app/static/")).is_file(), address


def test_published_files_are_those_of_the_installed_leaflet(tmp_path: Path):
    assets.publish(tmp_path)
    published = _files(tmp_path)
    assert f'version="{leaflet.VERSION}"' in published[f"leaflet-{leaflet.VERSION}/leaflet.js"].decode()
    for name, content in published.items():
        assert content == (Path(leaflet.BASE_DIR) / Path(*Path(name).parts[1:])).read_bytes(), name


def test_control_images_of_the_style_sheet_are_published(tmp_path: Path):
    assets.publish(tmp_path)
    folder = tmp_path / f"leaflet-{leaflet.VERSION}"
    named = set(re.findall(r"url\((images/[^)]+)\)", (folder / "leaflet.css").read_text()))
    assert {"images/layers.png", "images/layers-2x.png"} <= named
    assert {name for name in named if (folder / name).exists()} == named - {"images/marker-icon.png"}


@pytest.mark.parametrize(
    ("base", "start"),
    [("", "/app/static/"), ("optimedia", "/optimedia/app/static/"), ("/ville/veille/", "/ville/veille/app/static/")],
)
def test_addresses_follow_the_base_path(base: str, start: str):
    addresses = [address for _, address in assets.default_js(base) + assets.default_css(base)]
    assert addresses
    assert all(address.startswith(start + "leaflet-") for address in addresses)


def test_a_map_made_with_them_asks_nothing_outside(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(folium.Map, "default_js", assets.default_js("optimedia"))
    monkeypatch.setattr(folium.Map, "default_css", assets.default_css("optimedia"))
    base_map = folium.Map([47.25, -1.6], tiles=None)
    folium.CircleMarker([47.25, -1.6], tooltip="Cholière").add_to(base_map)
    page = base_map.get_root().render()
    links = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert links == [address for _, address in assets.default_js("optimedia") + assets.default_css("optimedia")]
    assert "$(" not in page  # jQuery isn't published


def test_a_second_start_writes_nothing_and_mends_what_is_damaged(tmp_path: Path):
    assets.publish(tmp_path)
    script = next(tmp_path.rglob("leaflet.js"))
    style = next(tmp_path.rglob("leaflet.css"))
    before, whole = style.stat(), script.read_bytes()
    script.write_bytes(whole[:1000])
    assets.publish(tmp_path)
    assert script.read_bytes() == whole
    assert (style.stat().st_ino, style.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_concurrent_starts_leave_whole_files_and_nothing_else(tmp_path: Path):
    alone = tmp_path / "alone"
    assets.publish(alone)
    together = tmp_path / "together"
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(assets.publish, together) for _ in range(40)]:
            done.result()
    assert _files(together) == _files(alone)


def test_a_failed_write_leaves_no_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(PermissionError):
        assets.publish(tmp_path)
    assert _files(tmp_path) == {}


def test_published_files_are_readable_by_another_account(tmp_path: Path):
    assets.publish(tmp_path)
    assert all(path.stat().st_mode & 0o044 == 0o044 for path in tmp_path.rglob("*.*s") if path.is_file())
