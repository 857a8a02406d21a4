/* The presentation: one slide at a time, in full screen where the browser agrees, keys of a presenter's remote.
   The slides come as HTML whose every text was escaped when it was made (screen.py). */
export default function (component) {
  const root = component.parentElement;
  const find = (selector) => root.querySelector(selector);
  const [button, holder, stage, holds, spoken] = [".open", ".stage-holder", ".stage", ".slides", ".spoken"].map(find);
  const [previous, next, close] = [".previous", ".next", ".close"].map(find);
  let at = 0;

  if (!holder.open) holds.innerHTML = component.data;
  const slides = () => [...holds.querySelectorAll(".slide")];

  const SMALLEST = 0.66;
  const STEP = 0.03;
  const fit = (slide) => {
    slide.style.removeProperty("--fit");
    if (window.innerWidth <= 760) return;
    for (let size = 1 - STEP; size > SMALLEST && slide.scrollHeight > slide.clientHeight; size -= STEP) {
      slide.style.setProperty("--fit", size.toFixed(2));
    }
  };

  const show = (place) => {
    const all = slides();
    at = Math.max(0, Math.min(place, all.length - 1));
    all.forEach((slide, number) => { slide.hidden = number !== at; });
    previous.disabled = at === 0;
    next.disabled = at === all.length - 1;
    fit(all[at]);
    all[at].scrollTop = 0;
    all[at].focus({ preventScroll: true });
    spoken.textContent = all[at].getAttribute("aria-label");
  };

  // Full screen ends first: the browser moves the focus as it ends, and the button must have it last.
  const leave = async () => {
    delete holder.dataset.full;
    if (document.fullscreenElement) await document.exitFullscreen().catch(() => {});
    if (holder.open) holder.close();
  };

  const keys = {
    ArrowRight: () => at + 1, ArrowDown: () => at + 1, PageDown: () => at + 1, Enter: () => at + 1,
    ArrowLeft: () => at - 1, ArrowUp: () => at - 1, PageUp: () => at - 1, Backspace: () => at - 1,
    Home: () => 0, End: () => slides().length - 1,
  };

  const onKey = (event) => {
    const isButton = event.composedPath()[0].tagName === "BUTTON";
    const scrolls = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const slide = slides()[at];
    if (event.key === "Escape") { event.preventDefault(); leave(); return; }
    if (isButton && (event.key === " " || event.key === "Enter")) return;
    // A slide longer than the window is read first: arrows up and down scroll it until its end.
    if (scrolls === 1 && slide.scrollTop + slide.clientHeight < slide.scrollHeight - 2) return;
    if (scrolls === -1 && slide.scrollTop > 2) return;
    const wanted = event.key === " " ? at + (event.shiftKey ? -1 : 1) : keys[event.key]?.();
    if (wanted === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    show(wanted);
  };

  let swipe = null;
  const onTouch = (event) => {
    const touch = event.changedTouches[0];
    if (event.type === "touchstart") { swipe = touch; return; }
    const moved = swipe ? touch.clientX - swipe.clientX : 0;
    const drop = swipe ? Math.abs(touch.clientY - swipe.clientY) : 0;
    if (Math.abs(moved) > 60 && Math.abs(moved) > 2 * drop) show(at + (moved < 0 ? 1 : -1));
    swipe = null;
  };

  const onFull = () => { if (!document.fullscreenElement && holder.dataset.full) leave(); };
  const open = () => {
    holder.showModal();
    show(0);
    stage.requestFullscreen?.().then(() => { holder.dataset.full = "yes"; show(at); }).catch(() => {});
  };
  const ended = () => button.focus();

  const listened = [
    [button, "click", open], [previous, "click", () => show(at - 1)], [next, "click", () => show(at + 1)],
    [close, "click", leave], [holder, "keydown", onKey], [holder, "close", ended],
    [window, "resize", () => { if (holder.open) fit(slides()[at]); }],
    [stage, "touchstart", onTouch], [stage, "touchend", onTouch], [document, "fullscreenchange", onFull],
  ];
  listened.forEach(([target, kind, act]) => target.addEventListener(kind, act));
  return () => listened.forEach(([target, kind, act]) => target.removeEventListener(kind, act));
}
