"""The sites there are for ways to link to a page, and to begin; the same in every process.

sections.test  pages that only links to their sections lead to
frames.test    a frameset, image maps, and frames inside of pages
odd.test       addresses with blanks, line ends, backslashes and letters of other alphabets
turned.test    starts that redirect on their own host
"""

from __future__ import annotations

from smallweb.sites import Page, Site


def _sections() -> Site:
    links = (
        "/only#first",
        "/only#second",
        "near#top",
        "?page=2#list",
        "http://sections.test/absolute#x",
        "//www.sections.test/schemeless#x",
        "/text#:~:text=cone%20six",
        "/both#x",
        "/both",
        "/nothing#",
        "/slashed#a/b",
        "/app#/route",
        "/app#!/bang",
        "#here",
        "/#here",
    )
    names = "only near ?page=2 absolute schemeless text both nothing slashed app#/route app#!/bang app"
    pages = {f"sections.test/{name}": Page(("/", "#top")) for name in names.split()}
    return Site("sections.test", {**pages, "sections.test/": Page(links)})


def _frames() -> Site:
    pages = {
        "": Page(("/inner", "/mapped", "/set/")),
        "set/": Page(frames=("menu.html", "/set/text", "http://www.frames.test/set/far", "about:blank")),
        "set/menu.html": Page(("chapter-1", "chapter-2#x")),
        "set/chapter-1": Page(),
        "set/chapter-2": Page(),
        "set/text": Page(),
        "set/far": Page(),
        "mapped": Page(areas=("/north", "south#coast", "mailto:map@frames.test", "http://moved.test/new")),
        "north": Page(),
        "south": Page(),
        "inner": Page(inner=("/shown", "javascript:void(0)", "http://arrived.test/x")),
        "shown": Page(("/behind",)),
        "behind": Page(),
    }
    return Site("frames.test", {f"frames.test/{name}": page for name, page in pages.items()})


def _odd() -> Site:
    links = (
        ("\n      /lines\n   ", "/lines"),
        ("\t/tab", "/tab"),
        (" http://odd.test/blank ", "/blank"),
        ("/in\n\tside", "/inside"),
        ("/a b/c", "/a%20b/c"),
        ("\\back\\slashes", "/back/slashes"),
        ("\\\\odd.test\\host", "/host"),
        ("/hard\xa0", "/hard%C2%A0"),
        ("/töpfe?ton=weiß", "/t%C3%B6pfe?ton=wei%C3%9F"),
        ("/<angle>", "/%3Cangle%3E"),
        ('/quote"', "/quote%22"),
        ("HTTP://ODD.test/Upper", "/Upper"),
        ("http:scheme", "/scheme"),
        ("/up/../down/./here", "/down/here"),
        ("/%7Etilde", "/%7Etilde"),
    )
    pages = {f"odd.test{path}": Page(odd=(("\r\n/ ", "/"),)) for _, path in links}
    home = Page(("http://[::1", "http://", "mailto:kiln@odd.test", "tel:+43 1"), odd=links)
    return Site("odd.test", {**pages, "odd.test/": home})


def _turned() -> Site:
    pages = {
        "": Page(to="/en/home"),
        "en/home": Page(("/en/more", "/about", "/old/page")),
        "en/more": Page(),
        "about": Page(),
        "shorn/": Page(to="/shorn"),
        "shorn": Page(("/shorn/a", "shorn/b", "/about")),
        "shorn/a": Page(),
        "shorn/b": Page(),
        "Kiln": Page(to="/kiln"),
        "kiln": Page(("/kiln/one", "/Kiln/two")),
        "kiln/one": Page(),
        "Kiln/two": Page(),
        "old/": Page(to="/older"),
        "older": Page(to="/new/home/"),
        "new/home/": Page(("x", "/new/home/y", "/new/other", "/old/page")),
        "new/home/x": Page(("deeper/",)),
        "new/home/deeper/": Page(),
        "new/home/y": Page(),
        "new/other": Page(),
        "old/page": Page(),
        "guide": Page(to="http://www.turned.test/guide/start.html"),
        "guide/start.html": Page(("/guide/next", "/guide")),
        "guide/next": Page(),
        "latest/": Page(to="/2.1/intro.html"),
        "2.1/intro.html": Page(("/2.1/install", "/2.0/install")),
        "2.1/install": Page(),
        "2.0/install": Page(),
    }
    return Site("turned.test", {f"turned.test/{name}": page for name, page in pages.items()})


def made_of_links() -> list[Site]:
    """Return all sites."""
    return [_sections(), _frames(), _odd(), _turned()]
