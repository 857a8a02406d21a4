/* What scrolls can be reached and scrolled with the keyboard: it takes a place in the order of tabs, while it scrolls. */
(() => {
  if (window.optimediaReach) return;
  const SCROLLERS = ".opt-scroll, [data-testid=stPopoverBody]";
  const scrolls = (one) => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1;
  const reach = (one) => {
    const isReached = one.hasAttribute("tabindex");
    if (scrolls(one) === isReached) return;
    const words = one.querySelector("caption")?.textContent;
    const given = { tabindex: "0", ...(words && { role: "region", "aria-label": words }) };
    for (const [name, value] of Object.entries(given)) isReached ? one.removeAttribute(name) : one.setAttribute(name, value);
  };
  let waiting = false;
  const look = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      document.querySelectorAll(SCROLLERS).forEach(reach);
    });
  };
  window.optimediaReach = new MutationObserver(look);
  window.optimediaReach.observe(document.body, { childList: true, subtree: true });
  window.addEventListener("resize", look);
  document.addEventListener("toggle", look, true);
  look();
})();
