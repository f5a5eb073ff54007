// Scrolls to where the page begins, and waits until that is drawn.
() => new Promise((done) => {
  window.scrollTo({ top: 0, left: 0, behavior: "instant" });
  requestAnimationFrame(() => done(null));
})
