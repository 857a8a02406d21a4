// Helpers of every map. What comes from the data is only ever written as text: no markup is made out of it.
window.optimedia = (() => {
  const element = (tag, className, text) =>
    Object.assign(document.createElement(tag), { className, textContent: text ?? "" });

  // The first line is a name, the others are figures.
  const lines = (texts, className) => {
    const box = element("div", className);
    texts.forEach((text, index) => box.append(element(index ? "span" : "strong", "", text)));
    return box;
  };

  const each = (feature, layer) => {
    const { tip } = feature.properties;
    if (!tip) return;
    layer.bindTooltip(lines(tip, "opt-map-tip"), { sticky: true });
    // Its tooltip makes every shape a stop of the Tab key, hundreds on some maps: lists and tables say the same.
    layer.on("add", () => { layer.getElement()?.setAttribute("tabindex", "-1"); });
  };

  const point = (feature, latlng) => {
    const { style, label, mark, offset, rank } = feature.properties;
    if (style) return L.circleMarker(latlng, style);
    const holder = element("div", "opt-map-holder");
    holder.dataset.rank = rank;
    holder.style.setProperty("--offset", `${offset}px`);
    if (mark) holder.append(element("i", "opt-map-mark"));
    holder.append(lines(label, offset ? "opt-map-label is-beside" : "opt-map-label"));
    const icon = L.divIcon({ html: holder, className: "opt-map-icon", iconSize: [0, 0] });
    return L.marker(latlng, { icon, interactive: false, keyboard: false });
  };

  // Labels that would cover a more important one go to another side of their mark, else hide until there is room.
  const SIDES = ["is-right", "is-left", "is-above", "is-below"];
  const unclutter = (map) => {
    const holders = [...map.getPane("markerPane").querySelectorAll(".opt-map-holder")];
    const kept = [];
    const isFree = (box) =>
      !kept.some((other) =>
        box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom);
    holders.sort((one, other) => one.dataset.rank - other.dataset.rank);
    for (const holder of holders) {
      const label = holder.querySelector(".opt-map-label");
      const place = (side) => {
        label.classList.remove(...SIDES);
        if (side) label.classList.add(side);
        return label.getBoundingClientRect();
      };
      const free = (label.classList.contains("is-beside") ? SIDES : [""]).find((side) => isFree(place(side)));
      label.style.visibility = free === undefined ? "hidden" : "visible";
      if (free !== undefined) kept.push(place(free));
    }
  };

  // Every map comes from one server in a frame of its own: a map can reach its neighbours of the page.
  const neighbours = () => {
    const found = [];
    for (let index = 0; index < window.parent.frames.length; index += 1) {
      try {
        const frame = window.parent.frames[index];
        if (frame !== window && frame.optimedia && frame.map) found.push(frame.map);
      } catch (error) {
        if (error.name !== "SecurityError") throw error;
      }
    }
    return found;
  };

  // Until the reader moves a map it shows the whole territory, whatever its size; then maps side by side move together.
  // A frame not laid out yet has no room for bounds (Leaflet's zoom would be NaN): the map waits at their centre.
  const PADDING = 28;
  const WAITING_ZOOM = 13;
  const view = (map, bounds) => {
    let isOurs = false;
    const fit = () => {
      const { x, y } = map.getSize();
      isOurs = true;
      if (Math.min(x, y) > 2 * PADDING) map.fitBounds(bounds, { padding: [PADDING, PADDING], animate: false });
      else map.setView(L.latLngBounds(bounds).getCenter(), WAITING_ZOOM, { animate: false });
      isOurs = false;
    };
    const moved = neighbours().find((other) => other.optimediaMoved);
    fit();
    if (moved) map.setView(moved.getCenter(), moved.getZoom(), { animate: false });
    map.optimediaMoved = Boolean(moved);
    map.on("movestart", () => { map.optimediaMoved ||= !isOurs; });
    map.on("resize", () => { if (!map.optimediaMoved) fit(); });
    map.on("moveend", () => {
      if (!map.optimediaMoved || map.optimediaFollows) return;
      for (const other of neighbours()) {
        other.optimediaFollows = true;
        other.setView(map.getCenter(), map.getZoom(), { animate: false });
        other.optimediaFollows = false;
      }
    });
  };

  // What a screen reader says of the frame and of the map: where the same figures are as text.
  const describe = (map) => {
    const said = "Carte. Les mêmes chiffres sont en tableau plus bas dans la page.";
    if (window.frameElement) window.frameElement.title = said;
    map.getContainer().setAttribute("role", "region");
    map.getContainer().setAttribute("aria-label", said);
  };

  const start = (map, bounds) => {
    describe(map);
    map.attributionControl.setPrefix(false);
    L.control.zoom({ zoomInTitle: "Agrandir", zoomOutTitle: "Réduire" }).addTo(map);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    let asked = 0;
    map.on("zoomend layeradd resize", () => {
      cancelAnimationFrame(asked);
      asked = requestAnimationFrame(() => unclutter(map));
    });
    view(map, bounds);
  };

  return { each, point, start };
})();
