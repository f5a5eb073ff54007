"""The site's pages that only stand there, all our own: {HOME}, {OTHER} and {ADVERTISER} are its names.

Most are as short as they can be; a page that HTTP alone would do for has `PROSE`.
"""

from __future__ import annotations

from browser.brands import BRANDS
from smallweb.pages import prose

PROSE = "".join(f"<p>{prose(seed, 5)}</p>" for seed in range(6))


def page(body: str, head: str = "") -> str:
    """Return a whole page."""
    return f'<!doctype html><html lang="en"><head><title>Kiln</title>{head}</head><body>{body}</body></html>'


BODY = "<h1>Kiln</h1><p>It stands by the river and is fired twice a month.</p>"


def scripted(script: str, body: str = BODY) -> str:
    """Return a page whose script comes last."""
    return page(f"{body}<script>{script}</script>")


SHELL = page(
    '<div id="root"><div class="spinner" style="width:24px;height:24px;border:2px solid"></div></div>'
    '<script src="/shell.js"></script>'
)
SPINNER = '<div class="spinner" style="width:24px;height:24px;border:2px solid"></div>'

STATUS = {"/lost-shell": 404, "/gone": 404}

LADDER = {
    "/shell": SHELL,
    "/lost-shell": SHELL,
    "/shell.js": """
        fetch("/data?ms=1000").then((answer) => answer.json()).then(({ text }) => {
          root.innerHTML = `<main><h1>Firing log</h1><p>${text}</p></main>`;
        });""",
    "/demand": page(
        "<noscript><p>Please enable JavaScript to see the firing.</p></noscript>"
        "<p>This place keeps the firing log of a small kiln by a river, shelf after shelf.</p>"
        "<script>document.body.insertAdjacentHTML('beforeend', '<p>Cone six went down.</p>')</script>"
    ),
    "/refresh/soon": page(
        "<p>Wait.</p><iframe src=/headers></iframe>", '<meta http-equiv="refresh" content="2; url=/landing">'
    ),
    "/refresh/late": page("<p>Wait.</p>", '<meta http-equiv="refresh" content="30; url=/landing">'),
    "/refresh/itself": page("<p>Wait.</p>", '<meta http-equiv="refresh" content="3">'),
    "/refresh": page("", '<meta http-equiv="refresh" content="0; url=/landing">'),
    "/moved": scripted("location.replace('/landing')", ""),
    "/moved-away": scripted("location.href = '/gone'", ""),
    "/landing": page(f"<h1>Landed</h1>{PROSE}"),
    "/gone": page(f"<h1>Gone</h1>{PROSE}"),
    "/article": page(
        f'<h1>Article</h1>{PROSE}<img src="/article.png"><script src="/article.js"></script>',
        '<link rel="stylesheet" href="/article.css">',
    ),
}

SETTLING = {
    "/late": scripted(
        """
        const add = (text) => document.body.insertAdjacentHTML("beforeend", `<p>${text}</p>`);
        setTimeout(() => fetch("/data?ms=700&text=first+shelf").then((answer) => answer.json())
          .then(({ text }) => {
            add(text);
            fetch("/data?ms=900&text=second+shelf").then((answer) => answer.json())
              .then(({ text }) => { add(text); document.querySelector(".spinner").remove(); });
          }), 200);""",
        SPINNER,
    ),
    "/clock": scripted(
        """
        const tick = () => { clock.textContent = performance.now(); requestAnimationFrame(tick); };
        tick();
        setInterval(() => { clock.title = performance.now(); }, 1);
        setInterval(() => document.body.append("."), 50);""",
        "<h1>Kiln</h1><p id=clock>0</p>",
    ),
    "/restless": scripted(
        "setInterval(() => document.body.append(document.createElement('i')), 20)",
        "<h1>Kiln</h1><p>Always building.</p>",
    ),
    "/polling": scripted("setInterval(() => fetch('/data?n=' + performance.now()), 100)"),
    "/hanging": page("<h1>Kiln</h1><img src=/never><p>Below the picture.</p>"),
}

ACTIONS = {
    "/buttons": scripted(
        """
        const add = (text) => document.body.insertAdjacentHTML("beforeend", `<p>${text}</p>`);
        setTimeout(() => add("<b id=soon>soon there</b>"), 1800);
        document.querySelectorAll("button").forEach((button, number) => {
          button.onclick = () => add(`pressed ${number}`);
        });""",
        f"<h1>Kiln</h1>{PROSE}<button>one</button><button>two</button><button>three</button>",
    ),
    "/form": page(
        '<form action="/found"><input id=word name=word><input type=submit value=Go></form>',
    ),
    "/found": scripted(
        "result.textContent = new URLSearchParams(location.search).get('word')", "<p id=result>"
    ),
    "/endless": scripted(
        """
        let batch = 0;
        const grow = () => {
          batch += 1;
          if (batch > 4) return;
          for (let row = 0; row < 10; row += 1) {
            list.insertAdjacentHTML("beforeend", `<li style="height:80px">batch ${batch}, row ${row}</li>`);
          }
        };
        grow();
        let loading = false;
        addEventListener("scroll", () => {
          const left = document.documentElement.scrollHeight - innerHeight - scrollY;
          if (loading || left > 200) return;
          loading = true;
          fetch("/data?ms=80").then(() => { grow(); loading = false; });
        });""",
        "<ul id=list></ul>",
    ),
    "/box": scripted(
        """
        box.addEventListener("scroll", () => { seen.textContent = "box at " + box.scrollTop; });""",
        "<p id=seen>box at 0</p><div id=box style='height:100px;overflow:auto'>"
        f"<div style='height:900px'></div></div>{PROSE}",
    ),
}

HELD = {
    "/shadow": scripted(
        """
        const shadow = host.attachShadow({ mode: "open" });
        shadow.innerHTML = "<section><h2>Inside</h2><slot name=lead></slot><hr><slot></slot>"
          + "<p id=deep></p></section>";
        const deep = shadow.getElementById("deep").attachShadow({ mode: "open" });
        deep.innerHTML = "<em>deepest</em><a href='shelf'>shelf</a>";""",
        "<h1>Kiln</h1><div id=host><p>default words</p><p slot=lead>lead words</p></div>",
    ),
    "/frames": page(
        '<h1>Kiln</h1><iframe src="/inner/page"></iframe><iframe src="{OTHER}/inner/foreign"></iframe>'
        '<iframe srcdoc="<p>written in place</p>"></iframe>'
    ),
    "/inner/page": page('<p>within the frame</p><a href="next">onward</a><iframe src="deeper"></iframe>'),
    "/inner/deeper": page("<p>a frame in a frame</p>"),
    "/inner/foreign": page("<p>of another origin</p>"),
    "/frameset": "<!doctype html><html><head><title>Kiln</title></head>"
    '<frameset cols="50%,50%"><frame src="/inner/page"><frame src="/inner/deeper"></frameset></html>',
    "/links/": page('<a href="../up">up</a><a href="down">down</a><a href="{OTHER}/off">off</a>' + PROSE),
}

PICTURES = {
    "/colours": page(
        "<div style='position:absolute;left:0;top:0;width:100px;height:100px;background:#ff0000'></div>"
        "<div style='position:absolute;left:100px;top:0;width:100px;height:100px;background:#00ff00'></div>"
        "<div style='position:absolute;left:0;top:100px;width:200px;height:100px;background:#0000ff'></div>"
        "<div style='position:absolute;left:0;top:1490px;width:100%;height:10px;background:#102030'></div>",
        "<style>body{margin:0;background:#fff;height:1500px}</style>",
    ),
}

READERS = {
    "/reader": page(
        "<pre id=reader></pre>"
        """<script>
        reader.textContent = JSON.stringify({
          width: innerWidth, agent: navigator.userAgent, touch: navigator.maxTouchPoints,
          language: navigator.language, automated: navigator.webdriver,
          zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        });</script>""",
        '<meta name="viewport" content="width=device-width">',
    ),
    "/mixed": page(
        '<h1>Kiln</h1><img src="/pixel.png?own"><img src="{OTHER}/pixel.png?foreign">'
        '<iframe src="{OTHER}/inner/foreign"></iframe><iframe src="/inner/deeper"></iframe>'
        "<script>fetch('{OTHER}/data?foreign').catch(() => 0); fetch('/data?own')</script>"
    ),
    "/advertised": page('<h1>Kiln</h1><img src="{ADVERTISER}/pixel.png"><img src="{OTHER}/pixel.png">'),
}

UNRULY = {
    "/dialogs": scripted(
        """
        for (let turn = 0; turn < 20; turn += 1) { alert(turn); confirm(turn); prompt(turn); }
        document.body.insertAdjacentHTML("beforeend", "<p>past the dialogs</p>");
        setInterval(() => alert("again"), 50);"""
    ),
    "/popups": scripted(
        """
        for (let turn = 0; turn < 10; turn += 1) open("/inner/deeper?" + turn);
        document.body.insertAdjacentHTML("beforeend", "<p>past the popups</p>");""",
        BODY + "<button onclick=\"window.open('/inner/deeper?pressed')\">open</button>",
    ),
    "/clinging": scripted(
        """
        addEventListener("beforeunload", (event) => { event.preventDefault(); event.returnValue = "stay"; });
        document.body.insertAdjacentHTML("beforeend", "<p>clinging on</p>");""",
        BODY + "<button>touch</button>",
    ),
    "/downloads": scripted(
        """
        for (let turn = 0; turn < 200; turn += 1) {
          const link = document.createElement("a");
          link.href = turn % 2 ? "/file.bin?" + turn : URL.createObjectURL(new Blob(["x".repeat(99)]));
          link.download = `glaze${turn}.bin`;
          document.body.append(link);
          link.click();
        }
        document.body.insertAdjacentHTML("beforeend", "<p>past the downloads</p>");"""
    ),
    "/chatty": scripted(
        """
        for (let turn = 0; turn < 20000; turn += 1) console.log("line", turn, { some: ["object", turn] });
        setInterval(() => { for (let turn = 0; turn < 200; turn += 1) console.error("more", turn); }, 10);
        document.body.insertAdjacentHTML("beforeend", "<p>past the console</p>");"""
    ),
    "/printing": scripted(
        """
        for (let turn = 0; turn < 5; turn += 1) print();
        document.body.insertAdjacentHTML("beforeend", "<p>past the printer</p>");
        setInterval(print, 100);"""
    ),
    "/to-port-1": scripted("location.href = 'http://127.0.0.1:1/'"),
    "/to-loopback": scripted("location.href = 'http://127.0.0.1:3000/'"),
    "/to-metadata": scripted("location.href = 'http://169.254.169.254/latest/meta-data/'"),
    "/to-file": scripted("location.href = 'file:///etc/passwd'"),
    "/to-settings": scripted("location.href = 'chrome://version/'"),
    "/frames-inside": page(
        BODY + "<iframe src='http://127.0.0.1:3000/'></iframe>"
        "<iframe src='http://169.254.169.254/'></iframe><iframe src='file:///etc/passwd'></iframe>"
    ),
    "/state": scripted(
        """
        const remember = async () => {
          const { serviceWorker } = navigator;
          const before = {
            cookie: document.cookie,
            stored: localStorage.mark || "",
            databases: (await indexedDB.databases()).length,
            caches: (await caches.keys()).length,
            workers: await serviceWorker.getRegistrations().then((all) => all.length, () => 0),
          };
          document.cookie = "mark=left; max-age=3600";
          localStorage.mark = "left";
          indexedDB.open("mark");
          await caches.open("mark");
          await serviceWorker.register("/worker.js").catch(() => 0);
          found.textContent = JSON.stringify(before);
        };
        remember();""",
        "<pre id=found></pre>",
    ),
    "/worker.js": "addEventListener('fetch', (event) => event.respondWith(new Response('from the worker')))",
    "/slow-shell": scripted(
        "fetch('/never?fetch'); new Image().src = '/never?image'", BODY + "<img src='/never?own'>"
    ),
}

PAGES = LADDER | SETTLING | ACTIONS | HELD | PICTURES | READERS | UNRULY | BRANDS
