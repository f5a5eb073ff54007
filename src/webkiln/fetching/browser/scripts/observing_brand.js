// Returns what can be seen of a brand on the page as it is now: colours, type, buttons, spaces, logos.
// It only reads. Whatever cannot be read is left out of the answer, which is never over 60,000 characters.
() => {
  const MOST_STYLED = 3000;
  const MOST_PASSED = 30000;
  const MOST_MS = 1000;
  const MOST_INLINE = 20000; // of one picture that is part of the page's text
  const MOST_ANSWER = 60000;
  // Notices about cookies wear the colours of whoever sells them.
  const ASIDE = '[id*="cookie" i],[class*="cookie" i],[id*="consent" i],[class*="consent" i],'
    + '[id*="onetrust" i],[id*="gdpr" i],[class*="gdpr" i],[id*="didomi" i]';
  const begun = performance.now();
  const attempt = (part, otherwise) => { try { return part(); } catch { return otherwise; } };
  // A page's own names ("<img name=querySelector>") cover a document's and a form's methods even here.
  const all = (selector) => Document.prototype.querySelectorAll.call(document, selector);
  const one = (selector) => Document.prototype.querySelector.call(document, selector);
  const above = (element, selector) => Element.prototype.closest.call(element, selector);
  const attr = (element, name) => (element && Element.prototype.getAttribute.call(element, name)) || "";
  const names = (element) => `${attr(element, "class")} ${attr(element, "id")}`.slice(0, 300);
  const short = (text, most) => String(text).replace(/\s+/g, " ").trim().slice(0, most);
  const pixels = (text) => { const size = parseFloat(text); return Number.isFinite(size) ? size : 0; };
  const clear = (colour) => /^rgba\(.*, 0\)$|\/ 0\)$/.test(colour);
  const tally = () => {
    const sums = new Map();
    return {
      add: (key, amount) => {
        if (amount > 0 && key && key.length <= 300 && (sums.has(key) || sums.size < 2000)) {
          sums.set(key, (sums.get(key) || 0) + amount);
        }
      },
      top: (most) => [...sums].sort((a, b) => b[1] - a[1]).slice(0, most)
        .map(([key, sum]) => [key, Math.round(sum * 10) / 10]),
    };
  };

  // Colours as the page's author wrote them, turned into what computed styles would hold.
  const brush = attempt(() => new OffscreenCanvas(1, 1).getContext("2d"), null);
  const resolved = (written) => {
    let text = String(written).trim();
    if (/^[\d.]+(?:deg)?\s+[\d.]+%\s+[\d.]+%$/.test(text)) text = `hsl(${text})`; // channels alone
    if (!brush || !text || text.length > 80 || /^currentcolor$/i.test(text)) return null;
    brush.fillStyle = "#010203";
    brush.fillStyle = text;
    const first = brush.fillStyle;
    brush.fillStyle = "#030201";
    brush.fillStyle = text;
    return brush.fillStyle === first ? first : null;
  };

  const width = Math.max(window.innerWidth, 1);
  const height = Math.max(window.innerHeight, 1);
  const root = one(":root");
  const body = one("body");

  // What a page paints on: the root's background, else the body's, else the browser's own.
  const scheme = attempt(() => getComputedStyle(root).colorScheme, "");
  const dark = /dark/.test(scheme)
    && (!/light/.test(scheme) || matchMedia("(prefers-color-scheme: dark)").matches);
  const painted = (element) => {
    const colour = element ? getComputedStyle(element).backgroundColor : "";
    return colour && !clear(colour) ? colour : null;
  };
  const canvas = attempt(() => painted(root) || painted(body), null)
    || (dark ? "rgb(18, 18, 18)" : "rgb(255, 255, 255)");

  // Which background is on top, at points all over the window.
  const opaque = (colour) => !/^rgba\(|\/ /.test(colour);
  const beneath = (element) => {
    for (let at = element, steps = 0; at && at !== body && at !== root && steps < 60; steps += 1) {
      const style = getComputedStyle(at);
      if (/^(?:img|video|canvas|iframe|object|embed|picture|svg)$/.test(at.localName)) return "picture";
      if (style.backgroundColor && opaque(style.backgroundColor)) return style.backgroundColor;
      if (/(?:url|gradient)\(/.test(style.backgroundImage)) return "picture";
      at = at.parentElement;
    }
    return canvas;
  };
  const aside = (element) => element && element !== body && element !== root && element.matches(ASIDE)
    && !element.querySelector("main,article,h1");
  const ground = tally();
  attempt(() => {
    const at = Document.prototype.elementFromPoint;
    for (let row = 0; row < 10; row += 1) {
      for (let column = 0; column < 10; column += 1) {
        const found = at.call(document, ((column + 0.5) * width) / 10, ((row + 0.5) * height) / 10);
        if (!found || !aside(above(found, ASIDE))) ground.add(beneath(found), 1);
      }
    }
  });

  const seen = {
    backgrounds: tally(), texts: tally(), links: tally(), proseLinks: tally(), fonts: tally(),
    weights: tally(), paddings: tally(), margins: tally(), gaps: tally(), radii: tally(), motions: tally(),
    widths: tally(),
  };
  const types = { h1: tally(), h2: tally(), h3: tally(), body: tally(), code: tally() };
  const buttons = [];
  const inputs = [];
  const logos = [];

  const ownText = (element) => {
    let length = 0;
    for (let node = element.firstChild, steps = 0; node && steps < 100; node = node.nextSibling, steps += 1) {
      if (node.nodeType === 3) length += node.data.trim().length;
    }
    return Math.min(length, 2000);
  };
  // One kind of type: family, size, weight and line height, in a string that can be counted.
  const type = ({ fontFamily, fontSize, fontWeight, lineHeight }) => (
    `${short(fontFamily, 200)}|${fontSize}|${fontWeight}|${lineHeight}`);

  const lookAtText = (element, style) => {
    const length = ownText(element);
    if (!length) return;
    const heading = above(element, "h1,h2,h3");
    const inButton = above(element, "button,[role=button]");
    const link = above(element, "a[href]");
    const code = above(element, "pre,code,kbd,samp");
    // Controls have a font of the browser's own unless told otherwise.
    if (!inButton) seen.fonts.add(short(style.fontFamily, 200), length);
    seen.weights.add(style.fontWeight, length);
    if (link && !inButton && !BUTTON_NAMES.test(attr(link, "class"))) {
      seen.links.add(style.color, length);
      if (element === link && link.parentElement && ownText(link.parentElement) > 20) {
        seen.proseLinks.add(style.color, length);
      }
    }
    if (code) types.code.add(type(style), length);
    else if (heading) types[heading.localName].add(type(style), length);
    if (link || inButton || code) return;
    seen.texts.add(style.color, length);
    if (!heading && !above(element, "nav,header,footer,label,select")) types.body.add(type(style), length);
  };

  // Margins that browsers give to tags, in heights of their letters; nobody chose those.
  const GIVEN = {
    p: 1, ul: 1, ol: 1, dl: 1, blockquote: 1, figure: 1, h1: 0.67, h2: 0.83, h3: 1, h4: 1.33, h5: 1.67,
  };
  const lookAtSpaces = (element, style) => {
    const tag = element.localName;
    const given = tag === "body" ? 8 : (GIVEN[tag] || 0) * pixels(style.fontSize);
    for (const side of ["Top", "Right", "Bottom", "Left"]) {
      const padding = pixels(style[`padding${side}`]);
      if (padding === 40 && side === "Left" && /^[uo]l$/.test(tag)) continue;
      if (padding >= 1 && padding <= 200) seen.paddings.add(String(Math.round(padding * 10) / 10), 1);
    }
    // Margins to the sides are mostly computed from "auto".
    for (const side of ["Top", "Bottom"]) {
      const margin = pixels(style[`margin${side}`]);
      const chosen = Math.abs(margin - given) > 0.1;
      if (chosen && margin >= 1 && margin <= 200) seen.margins.add(String(Math.round(margin * 10) / 10), 1);
    }
    for (const size of [pixels(style.rowGap), pixels(style.columnGap)]) {
      if (size >= 1 && size <= 200) seen.gaps.add(String(Math.round(size * 10) / 10), 1);
    }
  };

  const edge = (thickness, colour) => (pixels(thickness) > 0 && !clear(colour) ? colour : null);
  const border = (style) => edge(style.borderTopWidth, style.borderTopColor)
    || edge(style.borderBottomWidth, style.borderBottomColor);
  const lookAtBox = (style, box) => {
    const area = Math.min(box.width, width) * Math.min(box.height, 3 * height);
    const filled = !clear(style.backgroundColor);
    if (filled) seen.backgrounds.add(style.backgroundColor, Math.round(area));
    if ((filled || border(style)) && box.width >= 24 && box.height >= 16 && box.width < width * 0.95) {
      seen.radii.add(style.borderTopLeftRadius, 1);
    }
    if (/px$/.test(style.maxWidth) && box.width > 500 && pixels(style.maxWidth) <= 1600) {
      seen.widths.add(style.maxWidth, Math.round(area));
    }
    const [lasting] = style.transitionDuration.split(",");
    if (lasting && parseFloat(lasting) > 0) {
      const easing = style.transitionTimingFunction.match(/^[a-z-]+(?:\([^)]*\))?/);
      seen.motions.add(`${lasting.trim()}|${easing ? easing[0] : ""}`, 1);
    }
  };

  const BUTTON_NAMES = /(?:^|[\s_-])(?:btn|button|cta)|(?:btn|button|cta)(?:[\s_-]|$)/i;
  const FOREIGN = new RegExp("facebook|twitter|whatsapp|linkedin|pinterest|share|social|close|toggle"
    + "|hamburger|carousel|slick|tab\\b", "i");
  const isButton = (element, style, box) => {
    const tag = element.localName;
    if (tag === "button" || attr(element, "role") === "button") return true;
    if (tag === "input") return /^(?:submit|button)$/i.test(attr(element, "type"));
    if (tag !== "a") return false;
    const stands = style.display !== "inline" && pixels(style.paddingLeft) >= 8 && box.height >= 24;
    return BUTTON_NAMES.test(attr(element, "class")) || (stands && !clear(style.backgroundColor));
  };
  const inkOf = (element, style) => {
    const texts = Document.prototype.createTreeWalker.call(document, element, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(), steps = 0; node && steps < 20; node = texts.nextNode(), steps += 1) {
      if (node.data.trim()) return getComputedStyle(node.parentElement).color;
    }
    return style.color;
  };
  const surface = (style, box) => ({
    background: style.backgroundColor, picture: style.backgroundImage !== "none", border: border(style),
    radius: style.borderTopLeftRadius, area: Math.round(box.width * box.height),
  });
  const lookAtButton = (element, style, box) => {
    if (buttons.length >= 40 || !isButton(element, style, box)) return;
    const text = short(element.localName === "input" ? element.value : element.textContent.slice(0, 200), 40);
    const fits = box.width >= 30 && box.width <= 500 && box.height >= 20 && box.height <= 100;
    const called = names(element);
    if (!fits || text.length < 2 || style.borderTopStyle === "outset") return;
    if (element.disabled || FOREIGN.test(called)) return;
    const first = /primary|cta|(?:^|[\s_-])main/i.test(called);
    const second = /secondary|tertiary|outline|ghost|[\s_-](?:light|link|text|alt)\b/i.test(called);
    const hint = second ? "secondary" : first ? "primary" : "";
    buttons.push({ ...surface(style, box), color: inkOf(element, style), text, hint });
  };
  const lookAtInput = (element, style, box) => {
    const other = /^(?:submit|button|reset|image|checkbox|radio|range|color|file|hidden)$/i;
    const field = element.localName === "textarea"
      || (element.localName === "input" && !other.test(attr(element, "type")));
    if (!field || inputs.length >= 20 || box.width < 60 || box.height < 16) return;
    // The edges of fields as browsers draw them.
    if (style.borderTopStyle === "inset" || border(style) === "rgb(118, 118, 118)") return;
    inputs.push({ ...surface(style, box), color: style.color });
  };

  const NAMED = /logo|(?:^|[\s_-])brand(?:[\s_-]|$)|wordmark/i;
  const SIGNS = /cart|basket|(?:^|[\s_-])bag|search|menu|hamburger|account|avatar|(?:^|[\s_-])user|chevron/i;
  const HEAD = 'header,nav,[role="banner"],[id*="header" i],[class*="header" i],[class*="navbar" i],'
    + '[class*="topbar" i]';
  const CROWD = '[class*="partner" i],[class*="client" i],[class*="customer" i],[class*="sponsor" i],'
    + '[class*="payment" i],[class*="testimonial" i],[class*="trusted" i],[class*="marquee" i],'
    + '[class*="carousel" i]';
  const FRONT = /^\/(?:[a-z]{2}(?:-[a-z]{2})?\/?|index\.\w{2,5})?$/i;
  const isHome = (link) => attempt(() => {
    if (!link) return false;
    const target = new URL(link.href, document.baseURI);
    return target.origin === location.origin && FRONT.test(target.pathname);
  }, false) || /(?:^|\s)home(?:\s|$)/i.test(attr(link, "rel"));
  const sourceOf = (element, style) => {
    if (element.localName === "img") {
      const shown = element.currentSrc || element.src;
      // A small picture inside the page's text holds the place of one that comes later.
      if (shown && !(shown.startsWith("data:") && shown.length < 300)) return shown;
      return attr(element, "data-src") || attr(element, "data-lazy-src") || attr(element, "data-original");
    }
    const [, address] = style.backgroundImage.match(/url\("([^"]+)"\)/) || [];
    return address || "";
  };
  const lookAtLogo = (element, style, box) => {
    const tag = element.localName;
    const link = above(element, "a");
    const around = element.parentElement;
    const pictured = tag === "img" || tag === "svg";
    const source = tag === "svg" ? "" : sourceOf(element, style);
    if (!pictured && !source) return;
    const label = short(attr(element, "alt") || attr(element, "aria-label") || attr(element, "title")
      || attr(link, "aria-label") || attr(link, "title"), 120);
    const file = source.startsWith("data:") ? "" : (source.split(/[?#]/)[0].split("/").pop() || "");
    const named = NAMED.test(`${names(element)} ${label} ${file}`);
    const near = NAMED.test(`${names(link)} ${names(around)} ${names(around && around.parentElement)}`);
    const home = isHome(link);
    const head = above(element, HEAD) !== null;
    if (!(named || near || home || (head && pictured)) || logos.length >= 60) return;
    if (!pictured && !named && !home) return;
    if (!named && SIGNS.test(`${names(element)} ${names(link)} ${label} ${file}`)) return;
    logos.push({
      element, tag, source, label, named, near, home, head,
      foot: above(element, 'footer,[class*="footer" i]') !== null, crowd: above(element, CROWD) !== null,
      x: Math.round(box.left + window.scrollX), y: Math.round(box.top + window.scrollY),
      width: Math.round(box.width), height: Math.round(box.height),
      rank: 3 * named + 3 * home + 2 * near + 2 * head - (box.top + window.scrollY > height ? 3 : 0),
    });
  };

  const NOT_SEEN = /^(?:script|style|template|noscript|iframe|object|embed|option|br|wbr|source|track)$/;
  const look = (element) => {
    const box = Element.prototype.getBoundingClientRect.call(element);
    const style = getComputedStyle(element);
    const pictured = element.localName === "img" || element.localName === "svg";
    // Pictures that did not load still tell where the logo is.
    if (pictured || style.backgroundImage.includes("url(")) lookAtLogo(element, style, box);
    if (pictured || box.width < 2 || box.height < 2) return;
    const left = box.left + window.scrollX;
    if (left + box.width <= 0 || left >= Math.max(width, root.scrollWidth)) return;
    if (box.bottom + window.scrollY <= 0) return;
    if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) return;
    lookAtText(element, style);
    // Borders of these styles are a browser's own: nobody designed that button or that field.
    if (!/^(?:outset|inset)$/.test(style.borderTopStyle)) {
      lookAtSpaces(element, style);
      if (element !== body) lookAtBox(style, box);
    }
    lookAtButton(element, style, box);
    lookAtInput(element, style, box);
  };
  let passed = 0;
  let styled = 0;
  const sieve = (element) => {
    passed += 1;
    if (passed > MOST_PASSED || styled >= MOST_STYLED || performance.now() - begun > MOST_MS) {
      return NodeFilter.FILTER_REJECT;
    }
    return attempt(() => {
      if (NOT_SEEN.test(element.localName) || aside(element)) return NodeFilter.FILTER_REJECT;
      if (element.localName !== "img" && !element.checkVisibility()) {
        const through = getComputedStyle(element).display === "contents";
        return through ? NodeFilter.FILTER_SKIP : NodeFilter.FILTER_REJECT;
      }
      styled += 1;
      look(element);
      return element.localName === "svg" ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_SKIP;
    }, NodeFilter.FILTER_SKIP);
  };
  attempt(() => {
    if (!body) return;
    look(body);
    // The sieve looks at every element and lets none through, so one step walks all of the page.
    Document.prototype.createTreeWalker.call(document, body, NodeFilter.SHOW_ELEMENT, sieve).nextNode();
  });

  // An inline picture as a file of its own: with the colours that styles gave it and what it refers to.
  const SHAPES = "path,rect,circle,ellipse,polygon,polyline,line,text,g,use";
  const simple = (element) => element.querySelectorAll("*").length <= 400;
  const drawn = (element) => {
    const copy = element.cloneNode(simple(element));
    const before = element.querySelectorAll(SHAPES);
    const after = copy.querySelectorAll(SHAPES);
    const fills = new Set();
    for (let at = 0; at < after.length; at += 1) {
      const style = getComputedStyle(before[at]);
      for (const kind of ["fill", "stroke"]) {
        const value = style[kind];
        // Patterns and gradients are referred to by what the attribute says already.
        if (!value || value.includes("url(") || (kind === "stroke" && value === "none")) continue;
        after[at].setAttribute(kind, value);
        if (before[at].localName !== "g" && value !== "none" && fills.size < 5) fills.add(value);
      }
      after[at].removeAttribute("class");
    }
    let whole = simple(element);
    for (const use of copy.querySelectorAll("use")) {
      const target = attr(use, "href") || attr(use, "xlink:href");
      const found = target.startsWith("#") ? one(`svg #${CSS.escape(target.slice(1))}`) : null;
      if (!found || !simple(found)) whole = false;
      else if (!copy.querySelector(`[id="${CSS.escape(found.id)}"]`)) copy.prepend(found.cloneNode(true));
    }
    for (const script of copy.querySelectorAll("script,foreignObject,style")) script.remove();
    for (const name of ["class", "id", "style"]) copy.removeAttribute(name);
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    copy.setAttribute("color", getComputedStyle(element).color);
    const box = element.getBoundingClientRect();
    if (!attr(copy, "viewBox") && !attr(copy, "width")) {
      copy.setAttribute("width", String(Math.round(box.width)));
      copy.setAttribute("height", String(Math.round(box.height)));
    }
    const text = new XMLSerializer().serializeToString(copy);
    const source = whole ? `data:image/svg+xml,${encodeURIComponent(text.slice(0, MOST_INLINE))}` : "";
    return { source: source.length < MOST_INLINE ? source : "", fills: [...fills] };
  };
  let inline = MOST_INLINE * 1.5;
  const described = (logo) => {
    const { element, rank, ...known } = logo;
    const asIs = { source: logo.source, fills: [] };
    const shape = logo.tag === "svg" ? attempt(() => drawn(element), asIs) : asIs;
    let { source } = shape;
    if (source.startsWith("data:")) {
      if (source.length > Math.min(inline, MOST_INLINE)) source = "";
      inline -= source.length;
    } else if (source.length > 1000) source = "";
    return { ...known, source, fills: shape.fills };
  };

  const variables = attempt(() => {
    const wanted = new RegExp("primary|brand|secondary|accent|highlight|success|positive|warning|caution"
      + "|error|danger|negative|critical", "i");
    const found = {};
    let count = 0;
    for (const [name, [value]] of root.computedStyleMap()) {
      if (count >= 120 || !name.startsWith("--") || name.length > 80 || !wanted.test(name)) continue;
      const colour = resolved(value);
      if (colour) { found[name] = colour; count += 1; }
    }
    return found;
  }, {});
  const themes = attempt(() => Array.from(all('meta[name="theme-color" i]'))
    .filter((meta) => !attr(meta, "media") || matchMedia(attr(meta, "media")).matches)
    .map((meta) => resolved(attr(meta, "content"))).filter(Boolean).slice(0, 3), []);
  const loaded = attempt(() => [...new Set(Array.from(document.fonts)
    .filter((face) => face.status === "loaded").map((face) => short(face.family, 80)))].slice(0, 30), []);

  const answer = {
    canvas, scheme: short(scheme, 40), themes, ground: ground.top(10), buttons, inputs, variables, loaded,
  };
  const MOST_OF = { backgrounds: 30, texts: 20, links: 15, fonts: 15, radii: 15, motions: 8, widths: 6 };
  for (const name of Object.keys(seen)) answer[name] = seen[name].top(MOST_OF[name] || 40);
  answer.types = {};
  for (const name of Object.keys(types)) answer.types[name] = types[name].top(6);
  answer.logos = attempt(() => logos.sort((a, b) => b.rank - a.rank).slice(0, 10).map(described), []);
  for (const name of ["logos", "variables", "buttons", "fonts", "types", "loaded"]) {
    if (JSON.stringify(answer).length <= MOST_ANSWER) break;
    delete answer[name];
  }
  return answer;
}
