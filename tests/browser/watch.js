// Runs in every frame before the page's own scripts: notes when Streamlit was asked, when it answered, when the
// page last changed. Times are milliseconds since the epoch.
Error.stackTraceLimit = 40;
(() => {
  const now = () => performance.timeOrigin + performance.now();
  const times = { asked: 0, answered: 0, changed: now() };

  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", () => { times.answered = now(); });
    }
    send(...args) {
      times.asked = now();
      return super.send(...args);
    }
  };

  new MutationObserver(() => { times.changed = now(); })
    .observe(document, { subtree: true, childList: true, attributes: true, characterData: true });

  const frames = function* (root) {
    yield root;
    for (let i = 0; i < root.frames.length; i += 1) {
      try {
        void root.frames[i].document;
      } catch {
        continue; // another origin: not ours to watch
      }
      yield* frames(root.frames[i]);
    }
  };

  const lastChange = () =>
    Math.max(...[...frames(window)].map((frame) => frame.optimediaWatch?.times.changed ?? 0));

  const state = () => {
    const app = document.querySelector('[data-testid="stApp"]');
    return {
      script: app?.getAttribute("data-test-script-state") ?? null,
      connection: app?.getAttribute("data-test-connection-state") ?? null,
      unanswered: times.asked > times.answered,
      skeletons: document.querySelectorAll('[data-testid="stSkeleton"]').length,
      stale: document.querySelectorAll('[data-stale="true"]').length,
      framesLoading: [...frames(window)].filter((frame) => frame.document.readyState !== "complete").length,
      sinceChange: now() - lastChange(),
      sinceTraffic: now() - Math.max(times.asked, times.answered),
    };
  };

  // Quiet for that long since `from`: what was just done to the page may not have reached it yet.
  const idle = ([quiet, from]) => {
    const s = state();
    return now() - from >= quiet && s.script === "notRunning" && s.connection === "CONNECTED" && !s.unanswered && s.skeletons === 0
      && s.stale === 0 && s.framesLoading === 0 && s.sinceChange >= quiet && s.sinceTraffic >= quiet;
  };

  window.optimediaWatch = { times, now, state, idle, lastChange };
})();
