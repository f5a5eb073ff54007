"""Pages with looks of their own."""

LIGHT = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Acme</title>
<meta name="theme-color" content="#e4572e"><meta property="og:image" content="/og.png">
<link rel="icon" href="/favicon.svg"><style>
:root{--acme-primary:#e4572e;--acme-secondary:#17bebb;--acme-success:#2e933c;--acme-danger:#d7263d}
body{margin:0;font:16px/1.5 "Inter",Arial,sans-serif;color:#222;background:#fff}
h1{font:700 48px/1.1 "Poppins",sans-serif;color:#111} a{color:#0a58ca}
main{max-width:960px;margin:0 auto;padding:32px}
.muted{color:#6b7280;font-size:14px}
.btn{display:inline-block;padding:12px 24px;border-radius:8px;border:0;text-decoration:none}
.btn-primary{background:var(--acme-primary);color:#fff}
.btn-outline{background:transparent;border:1px solid #e4572e;color:#e4572e}
input{border:1px solid #ccc;border-radius:4px;padding:8px;width:240px}
code{font-family:"Fira Code",monospace}</style></head><body>
<header><a href="/"><img src="/img/acme-logo.png" alt="Acme logo" width="120" height="32"></a></header>
<main><h1>Better anvils for everyone</h1><p>We make anvils that last for a very long time, and we have done so
since 1949. Read <a href="/about">all about our company</a> before you decide.</p>
<p><a class="btn btn-primary" href="/buy">Buy now</a>
<a class="btn btn-outline" href="/more">Learn more</a></p>
<p>Install it with <code>acme install</code> and then carry on with whatever you were doing before.</p>
<p class="muted">Prices include tax, and shipping is free for orders above fifty.</p>
<form><input type="email"> <button class="btn btn-primary">Subscribe</button></form></main></body></html>"""

DARK = """<!doctype html><html><head><meta charset="utf-8"><title>Night</title><style>
:root{color-scheme:dark;--primary:oklch(0.7 0.15 200);--accent:260 80% 70%;--background:#0b0f19}
body{margin:0;background:#0b0f19;color:rgba(255,255,255,.87);font-family:system-ui,sans-serif;font-size:18px;
line-height:28px}
#app{min-height:100vh}
nav{padding:20px}
.logo{display:inline-block;width:140px;height:40px;background:url(/assets/night.svg) no-repeat}
h1{font-size:40px;font-weight:800}
button{background:oklch(0.7 0.15 200);color:#001018;border:0;border-radius:9999px;padding:10px 20px;
font-size:16px}
button.secondary{background:#1c2333;color:#fff;border:1px solid #3a4256}
a{color:oklch(0.7 0.15 200)}
</style></head><body><div id="app"><nav><a class="logo" href="/" aria-label="Night"></a></nav>
<h1>Work at night</h1><p>Some long text about working at night, with <a href="/x">a link to more</a> inside of
it, to be read.</p>
<button>Get started</button> <button class="secondary">Documentation</button></div></body></html>"""

BARE = (
    "<title>Bare</title><h1>Hello</h1><p>Just some text with <a href='/x'>a link</a> in it.</p>"
    "<button>Go there</button><input>"
)

BRANDS = {"/brand-light": LIGHT, "/brand-dark": DARK, "/brand-bare": BARE}
