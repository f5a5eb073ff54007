// Scrolls the page by what a window shows.
(direction) => {
  const scroller = document.scrollingElement || document.documentElement;
  scroller.scrollBy({ top: (direction === "up" ? -1 : 1) * window.innerHeight, behavior: "instant" });
}
