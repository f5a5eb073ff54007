// Returns the page as it is now: HTML with open shadow trees and same-origin frames in their places.
(most) => {
  const special = new Set();
  const inert = document.implementation.createHTMLDocument("");
  const mark = (node) => {
    for (let at = node; at && !special.has(at); at = at.parentNode || at.host) special.add(at);
  };
  const inside = (frame) => {
    try { return frame.contentDocument && frame.contentDocument.body ? frame.contentDocument : null; }
    catch { return null; }
  };
  let left = 300000;
  const seek = (root, depth) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node && left > 0; node = walker.nextNode()) {
      left -= 1;
      if (depth > 8) return;
      if (node.shadowRoot) { mark(node); seek(node.shadowRoot, depth + 1); }
      else if (node.localName === "slot" && root !== document) mark(node);
      else if (node.localName === "iframe" || node.localName === "frame") {
        const held = inside(node);
        if (held) { mark(node); seek(held, depth + 1); }
      }
    }
  };
  const shell = (node) => {
    const whole = inert.importNode(node, false).outerHTML;
    const close = `</${node.localName}>`;
    return whole.endsWith(close) ? [whole.slice(0, -close.length), close] : [whole, ""];
  };
  const text = (node) => new XMLSerializer().serializeToString(node);
  // Where a frame's text stands now, its relative links would lead elsewhere.
  const based = (part, base) => {
    if (base === document.baseURI) return part;
    const whole = (url) => { try { return new URL(url, base).href; } catch { return url; } };
    const held = inert.createElement("template");
    held.innerHTML = part;
    for (const name of ["href", "src", "poster"]) {
      for (const one of held.content.querySelectorAll(`[${name}]`)) one.setAttribute(name, whole(one.getAttribute(name)));
    }
    for (const one of held.content.querySelectorAll("[srcset]")) {
      one.setAttribute("srcset", one.getAttribute("srcset").replace(/(^|,\s+)([^\s,]\S*)/g, (_, before, url) => before + whole(url)));
    }
    return held.innerHTML;
  };
  const write = (node) => {
    if (node.nodeType === 3) return inert.createElement("p").appendChild(inert.importNode(node)).parentNode.innerHTML;
    if (node.nodeType !== 1) return "";
    if (!special.has(node)) return node.outerHTML;
    if (node.localName === "slot") {
      const given = node.assignedNodes ? node.assignedNodes() : [];
      return (given.length ? given : Array.from(node.childNodes)).map(write).join("");
    }
    const held = node.localName === "iframe" || node.localName === "frame" ? inside(node) : null;
    if (held) return `<div data-original-tag="iframe">${based(within(held.body), held.baseURI)}</div>`;
    // Nothing but frames may stand in a frameset, and no frame does any more.
    const [open, close] = node.localName !== "frameset" ? shell(node)
      : node === document.body ? ["<body>", "</body>"] : ["<div>", "</div>"];
    return open + within(node.shadowRoot || node) + close;
  };
  const within = (node) => Array.from(node.childNodes, write).join("");
  let html;
  try {
    seek(document, 0);
    html = write(document.documentElement);
  } catch {
    html = document.documentElement ? document.documentElement.outerHTML : "";
  }
  const visit = performance.getEntriesByType("navigation")[0];
  return {
    html: (document.doctype ? `${text(document.doctype)}\n` : "") + html.slice(0, most),
    url: document.URL,
    status: (visit && visit.responseStatus) || 0,
    type: document.contentType,
    height: Math.max(document.documentElement ? document.documentElement.scrollHeight : 0, 1),
    width: Math.max(document.documentElement ? document.documentElement.clientWidth : 0, 1),
  };
}
