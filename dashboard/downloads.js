/* « Image » under a chart: what the reader sees (title, choice, chart, legend, source) as a PNG, made here.
   Streamlit cleans this script as HTML: no tag may be written in it, elements are made one by one. */
(() => {
  if (window.optimediaDownloads) return;
  window.optimediaDownloads = true;
  const SCALE = 2;
  const MARGIN = 20;
  const GAP = 8;
  const FAMILY = "Source Sans";
  const PARTS = ".opt-key, .opt-numbered, .opt-caption, .opt-sentences";
  const OURS = /\.opt-(key|numbered|caption|sentences|picture|common|hidden)/;
  const LOOK = `
    .opt-picture { display: flow-root; box-sizing: border-box; margin: 0; color: #1b2a30; background: #fff; font: 14px/1.45 "${FAMILY}", sans-serif; }
    .opt-picture * { box-sizing: border-box; }
    .opt-picture h1 { margin: 0 0 2px; font-size: 19px; line-height: 1.3; font-weight: 650; }
    .opt-picture p { margin: 0; font-size: 13px; color: #4a5a62; }
    .opt-picture .opt-key, .opt-picture .opt-numbered, .opt-picture .opt-caption { margin: 8px 0 0 !important; }
    .opt-picture .opt-source { margin-top: 12px; padding-top: 6px; border-top: 1px solid #dfe6e9; font-size: 12px; }
    .opt-picture .opt-source strong { color: #7a4200; }`;

  const isBefore = (one, other) => Boolean(one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const lastBefore = (selector, node) => all(selector).filter((one) => isBefore(one, node)).at(-1);
  const textOf = (selector) => document.querySelector(selector)?.textContent.trim() ?? "";

  const rules = () => [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);

  const element = (tag, words, css = "") => {
    const made = document.createElement(tag);
    made.textContent = words;
    made.className = css;
    return made;
  };

  /* A block of HTML as wide as the image, measured out of sight and out of reach of the page's own style. */
  const block = (look, width, children) => {
    const html = element("div", "", "opt-picture");
    html.style.width = `${width}px`;
    html.append(...children);
    const place = element("div", "", "opt-hidden");
    place.attachShadow({ mode: "open" }).append(element("style", look), html);
    document.body.append(place);
    const height = Math.ceil(html.getBoundingClientRect().height) + 1;
    place.remove();
    return { html, width, height };
  };

  const head = (look, width, title) => block(look, width, [element("h1", title), element("p", textOf(".opt-choice"))]);

  const foot = (look, width, chart, button) => {
    const parts = all(PARTS).filter((one) => isBefore(chart, one) && isBefore(one, button) && !one.closest("details"));
    const source = element("p", "", "opt-source");
    const said = [textOf(".opt-banner strong"), textOf(".opt-banner span:not(.opt-fictional)")].filter(Boolean);
    source.append(said.join("\u00a0· "));
    const warning = textOf(".opt-fictional");
    if (warning) source.append(said.length ? "\u00a0· " : "", element("strong", warning));
    return block(look, width, [...parts.map((part) => part.cloneNode(true)), source]);
  };

  const drawing = (tag, attributes, ...children) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };

  const placed = ({ html, width, height }, y) => drawing("foreignObject", { x: MARGIN, y, width, height }, html);

  /* The layers that Plotly drew, without what only the mouse shows. */
  const layers = (chart) =>
    [...chart.querySelectorAll(".svg-container > .main-svg")].map((layer) => {
      const copy = layer.cloneNode(true);
      copy.querySelectorAll(".hoverlayer, .draglayer").forEach((one) => one.remove());
      copy.removeAttribute("style");
      return copy;
    });

  /* References to this document become the image's own. */
  const written = (svg) =>
    new XMLSerializer().serializeToString(svg).replace(/url\((?:&quot;|["'])?[^#)]*#([^)"'&]+)(?:&quot;|["'])?\)/g, "url(#$1)");

  const font = async () => {
    const face = rules().find(
      (rule) => rule instanceof CSSFontFaceRule && rule.style.getPropertyValue("font-family").includes(FAMILY)
        && rule.style.getPropertyValue("font-style") !== "italic",
    );
    const address = face?.style.getPropertyValue("src").match(/url\(["']?([^"')]+)/)?.[1];
    if (!address) return "";
    const answer = await fetch(new URL(address, face.parentStyleSheet.href ?? document.baseURI));
    if (!answer.ok) return "";
    const data = await read(await answer.blob());
    return `@font-face { font-family: "${FAMILY}"; font-weight: 100 900; src: url("${data}"); }`;
  };

  const read = (blob) => new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });

  const picture = async (chart, button) => {
    const { width, height } = chart.getBoundingClientRect();
    const title = button.dataset.title || lastBefore("h1, h2, h3", button)?.textContent.trim() || textOf("h1");
    const own = rules().filter((rule) => rule instanceof CSSStyleRule && OURS.test(rule.selectorText));
    const look = [...own.map((rule) => rule.cssText), LOOK].join("\n");
    const above = head(look, width, title);
    const below = foot(look, width, chart, button);
    const top = MARGIN + above.height + GAP;
    const size = { width: width + 2 * MARGIN, height: top + height + GAP + below.height + MARGIN };
    const rem = getComputedStyle(document.documentElement).fontSize;
    const svg = drawing("svg", { ...size, style: `font-size: ${rem}` },
      drawing("style", {}, `${await font()}\n${look}`),
      drawing("rect", { width: "100%", height: "100%", fill: "#fff" }),
      placed(above, MARGIN),
      drawing("g", { transform: `translate(${MARGIN} ${top})` }, ...layers(chart)),
      placed(below, top + height + GAP));
    return raster(written(svg), size);
  };

  const raster = async (svg, { width, height }) => {
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [Math.round(width * SCALE), Math.round(height * SCALE)];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => { canvas.toBlob(done, "image/png"); });
  };

  const save = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };

  /* One listener for the whole page: a button or a chart that Streamlit draws again needs nothing. */
  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element ? event.target.closest(".opt-image") : null;
    const chart = button && lastBefore(".js-plotly-plot", button);
    if (!chart || button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    try {
      save(await picture(chart, button), `${button.dataset.file}.png`);
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
})();
