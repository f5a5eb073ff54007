// Takes the console from a page: every line of it goes through what drives the browser, and a flood of
// them would hold up all other pages. Bound functions look like the browser's own.
(() => {
  for (const name of [
    "assert", "clear", "count", "countReset", "debug", "dir", "dirxml", "error", "group", "groupCollapsed",
    "groupEnd", "info", "log", "table", "time", "timeEnd", "timeLog", "timeStamp", "trace", "warn",
  ]) console[name] = (() => {}).bind();
})()
