// Resolves with "settled" when the page has stopped building itself, with "unsettled" after `most` ms.
// Counters and clocks, which only change texts, do not count; a visible spinner does, for `patience` ms.
(most, calm, patience) => new Promise((done) => {
  const begun = performance.now();
  let changed = begun;
  const bump = () => { changed = performance.now(); };
  const holdsElement = (nodes) => Array.prototype.some.call(nodes, (node) => node.nodeType === 1);
  const changes = new MutationObserver((records) => {
    if (records.some((record) => holdsElement(record.addedNodes) || holdsElement(record.removedNodes))) bump();
  });
  changes.observe(document, { subtree: true, childList: true });
  const loads = new PerformanceObserver(bump);
  loads.observe({ entryTypes: ["resource"] });
  const BUSY = '[aria-busy="true"],[role="progressbar"],[class*="spinner" i],[class*="skeleton" i],'
    + '[class*="loading" i],[class*="loader" i],[id*="spinner" i],[id*="loading" i],[id*="loader" i]';
  const shows = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 4 && box.height > 4 && element.textContent.trim().length < 40
      && element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  };
  const waits = () => {
    const body = document.body;
    if (!body || document.readyState !== "complete") return true;
    if (performance.now() - begun > patience) return false;
    const found = body.querySelectorAll(BUSY);
    for (let at = 0; at < found.length && at < 50; at += 1) if (shows(found[at])) return true;
    // Nothing to see yet, and scripts that may still bring it: a shorter wait, for it may stay so.
    return performance.now() - begun < patience / 3 && document.scripts.length > 0
      && !body.querySelector("img,canvas,svg,video") && body.innerText.trim().length < 30;
  };
  const end = (word) => { changes.disconnect(); loads.disconnect(); done(word); };
  const look = () => {
    const now = performance.now();
    if (now - begun >= most) end("unsettled");
    else if (now - changed >= calm && !waits()) end("settled");
    else setTimeout(look, 40);
  };
  look();
})
