// Scrolls an element by what it shows.
(element, down) => element.scrollBy({
  top: (down ? 1 : -1) * (element.clientHeight || window.innerHeight), behavior: "instant",
})
