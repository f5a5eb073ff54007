// A service worker would answer for a site where nobody looks; a page is told that it has one and gets none.
(() => {
  if (navigator.serviceWorker) navigator.serviceWorker.register = (async () => {}).bind();
})()
