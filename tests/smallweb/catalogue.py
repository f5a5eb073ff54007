"""The sites there are for crawls, each made for one question; the same in every process.

kiln.test      a tangle of pages by chance: sections, slow pages, redirects, subdomains, queries, robots.txt
alike.test     pages under several spellings
schemes.test   pages over http and https
moved.test     redirects; gone.test leads to arrived.test, which its crawl then is of
rules.test     robots.txt with exceptions and wildcards
maps.test      an index of sitemaps in all formats, and pages that are nowhere else
levels.test    pages whose shortest way is the slowest
traps.test     a calendar without end, folders in a circle, sessions
endless.test   a list whose next page is always there
sleepy.test    60 pages that take as long as the start says: `/?ms=`
failing.test   pages that are none
folders.test   `<base href>`
middle.test    1,500 pages; big.test has 10,000

Those for ways to link and to begin are in `linked.py`, those for maps in `mapped.py`.
"""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime

from smallweb.linked import made_of_links
from smallweb.mapped import made_for_maps
from smallweb.sites import Listing, Page, Site, Sites

SEED = 20261126
_TANGLE = 130
_SECTIONS = ("/", "/docs/", "/docs/guide/", "/docs-old/", "/blog/", "/shop/", "/shop/private/")


def _tangle() -> Site:
    dice = random.Random(SEED)
    names = ["kiln.test/", "kiln.test/docs", "kiln.test/docs/", "kiln.test/blog/"]
    names += [f"kiln.test{dice.choice(_SECTIONS)}p{number}" for number in range(len(names), _TANGLE)]
    names += [f"{name}?view={dice.randint(1, 3)}" for name in dice.sample(names[4:], 12)]
    names += [f"{host}.kiln.test/p{number}" for host in ("blog", "shop") for number in range(6)]
    pages = {}
    for place, name in enumerate(names):
        later = names[place + 1 :]
        if place > 10 and later and dice.random() < 0.08:
            pages[name] = Page(to=_address(dice.choice(later)), ms=dice.choice((0, 0, 60)))
            continue
        linked = dice.choices(names, k=dice.randint(2, 5))
        links = [_href(dice, name, other) for other in linked]
        links += dice.choices(_LEAVING, k=1) if dice.random() < 0.4 else []
        dice.shuffle(links)
        pages[name] = Page(tuple(links), ms=dice.choice((0, 0, 0, 40, 120)))
    listed = tuple(_address(name) for name in dice.sample(names, 15))
    return Site(
        "kiln.test",
        pages,
        hosts=("blog.kiln.test", "shop.kiln.test"),
        rules=("Disallow: /shop/private/",),
        listings={"kiln.test/sitemap.xml": Listing("xml", listed)},
    )


_LEAVING = (
    "http://alike.test/",
    "http://alike.test/Case",
    "http://moved.test/new",
    "http://arrived.test/manual/",
    "https://www.facebook.com/kiln",
    "http://kiln.test/plan.png",
    "/archive.zip",
    "/nowhere",
    "mailto:potter@kiln.test",
    "javascript:void(0)",
)


def _linking(links: str) -> Page:
    return Page(tuple(links.split()))


def _address(name: str) -> str:
    return f"http://{name}"


def _href(dice: random.Random, here: str, name: str) -> str:
    """Return one of the ways to link to a page."""
    host, _, path = name.partition("/")
    if host == here.partition("/")[0] and dice.random() < 0.7:
        return f"/{path}"
    www = "www." if host == "kiln.test" and dice.random() < 0.2 else ""
    return _address(www + name)


def _alike() -> Site:
    links = """/a /a/ /a/index.html /a/index.php http://www.alike.test/a /a#section /%61 /b /b? /b?x=1 /b?x=2
        /b?x=1&y=2 /c?PHPSESSID=1a /c?PHPSESSID=2b /c?x=1&PHPSESSID=3c /d;jsessionid=AA /d;jsessionid=BB
        /#/route /#/other #!/bang /#here /Case /case ?x=1 /index.html"""
    home = _linking(links)
    names = "a a/ a/index.html a/index.php b b?x=1 b?x=2 b?x=1&y=2 c?PHPSESSID=1a c?PHPSESSID=2b "
    names += "c?x=1&PHPSESSID=3c d;jsessionid=AA d;jsessionid=BB Case case ?x=1 b? c c?x=1"
    pages = {f"alike.test/{name}": Page(("/",)) for name in names.split()}
    return Site("alike.test", {**pages, "alike.test/": home, "alike.test/index.html": home})


def _schemes() -> Site:
    links = """http://schemes.test/a https://schemes.test/a https://www.schemes.test/a/ /a https://schemes.test/b
        http://schemes.test/c https://www.schemes.test/"""
    pages = {f"schemes.test/{name}": Page(("/a", "/b", "/c", "/d")) for name in ("a", "a/", "b", "c", "d")}
    return Site("schemes.test", {**pages, "schemes.test/": _linking(links)})


def _moved() -> list[Site]:
    home = _linking("/older /old /new /away /loop /ring-a /many-1 /many-2 /many-3 /spelling /docs/")
    docs = _linking("/docs/leaves /docs/stays /docs/moved-1 /docs/moved-2")
    moved = {
        "": home,
        "old": Page(to="/new"),
        "older": Page(to="/old"),
        "new": Page(("/after",), ms=80),
        "after": Page(),
        "away": Page(to="http://arrived.test/manual/"),
        "loop": Page(to="/loop"),
        "ring-a": Page(to="/ring-b"),
        "ring-b": Page(to="/ring-a"),
        "many-1": Page(to="/one"),
        "many-2": Page(to="/one", ms=20),
        "many-3": Page(to="http://www.moved.test/one"),
        "one": Page(("/behind-one",)),
        "behind-one": Page(),
        "spelling": Page(to="/spelling/"),
        "spelling/": Page(),
        "docs/": docs,
        "docs/leaves": Page(to="/new"),
        "docs/stays": Page(),
        "docs/moved-1": Page(to="/docs/moved"),
        "docs/moved-2": Page(to="/docs/moved"),
        "docs/moved": Page(("/docs/last",)),
        "docs/last": Page(),
    }
    gone = {
        "gone.test/": Page(to="http://arrived.test/"),
        "gone.test/docs/": Page(to="http://arrived.test/manual/"),
        "gone.test/y": Page(),
    }
    arrived = {
        "": Page(("/x", "/manual/", "http://gone.test/y")),
        "x": Page(("/z",)),
        "z": Page(),
        "manual/": Page(("/x", "/manual/one", "http://gone.test/docs/")),
        "manual/one": Page(("/manual/two",)),
        "manual/two": Page(),
    }
    return [
        Site("moved.test", {f"moved.test/{name}": page for name, page in moved.items()}),
        Site("gone.test", gone),
        Site("arrived.test", {f"arrived.test/{name}": page for name, page in arrived.items()}),
    ]


def _rules() -> Site:
    links = (
        "/private/ /private/a /private/open /private/open/b /paper.pdf /paper.pdf.html /a?print=1 /a?show=1"
        " /to-private"
    )
    pages = {f"rules.test{path}": Page(("/", "/last")) for path in links.split()}
    pages["rules.test/"] = _linking(links)
    pages["rules.test/to-private"] = Page(to="/private/a")
    pages["rules.test/last"] = Page(("/private/hidden",))
    rules = ("Disallow: /private/", "Allow: /private/open", "Disallow: /*.pdf$", "Disallow: /*?print=")
    return Site("rules.test", pages, rules=rules)


def _maps() -> Site:
    names = "xml-1 xml-2 gz-1 gz-2 txt-1 txt-2 nested-1 docs/listed docs/ behind-linked behind-xml-1"
    pages = {f"maps.test/{name}": Page() for name in names.split()}
    pages["maps.test/"] = Page(("/linked",))
    pages["maps.test/broken"] = Page(broken=True)
    pages["maps.test/linked"] = Page(("/behind-linked",))
    pages["maps.test/xml-1"] = Page(("/behind-xml-1",))
    lists = {
        "index.xml": Listing("index", ("http://maps.test/one.xml", "http://maps.test/two.xml.gz")),
        "one.xml": Listing(
            "xml", tuple(f"http://maps.test/{name}" for name in ("xml-1", "xml-2", "a.png", "linked"))
        ),
        "two.xml.gz": Listing(
            "gz", ("http://maps.test/gz-1", "http://www.maps.test/gz-2", "http://moved.test/new")
        ),
        "three.txt": Listing(
            "txt", ("http://maps.test/txt-1", "http://maps.test/txt-2", "http://maps.test/more.xml")
        ),
        "more.xml": Listing("xml", ("http://maps.test/nested-1", "http://maps.test/xml-1")),
        "docs/sitemap.xml": Listing("xml", ("http://maps.test/docs/listed", "http://maps.test/xml-2")),
        "sitemap.xml": Listing("xml", ("http://maps.test/linked",)),
    }
    return Site(
        "maps.test",
        pages,
        announced=("http://maps.test/index.xml", "http://maps.test/three.txt"),
        listings={f"maps.test/{name}": listing for name, listing in lists.items()},
    )


def _levels() -> Site:
    """Return a site with a short way over slow pages, and a long one over quick ones to the same places."""
    pages = {
        "": Page(("/slow-1", "/quick-1", "/turn")),
        "slow-1": Page(("/slow-2",), ms=500),
        "slow-2": Page(("/place",), ms=300),
        "quick-1": Page(("/quick-2",)),
        "quick-2": Page(("/quick-3",)),
        "quick-3": Page(("/place",)),
        "place": Page(("/behind",)),
        "behind": Page(("/far",)),
        "far": Page(("/farther",)),
        "farther": Page(),
        # The turn is a page of the first level that a slow page links to as well, by its other name.
        "turn": Page(to="/turned", ms=400),
        "turned": Page(("/turned-1",)),
        "turned-1": Page(("/turned-2",)),
        "turned-2": Page(),
    }
    pages["quick-1"] = Page(("/quick-2", "/turned"))
    return Site("levels.test", {f"levels.test/{name}": page for name, page in pages.items()})


def _traps() -> Site:
    today = datetime.now(UTC).date()
    last = (today.year + 2) * 12 + 11

    def page(name: str) -> Page | None:
        month = re.fullmatch(r"traps\.test/calendar/(\d{4})-(\d\d)", name)
        if month is not None:
            place = int(month[1]) * 12 + int(month[2]) - 1
            following = f"/calendar/{(place + 1) // 12}-{(place + 1) % 12 + 1:02}"
            return Page((following,), trap=place > last)
        if name.startswith("traps.test/circle/"):
            return Page(("more/",), trap=name.count("more/") > 4)
        if name.startswith("traps.test/shop?PHPSESSID="):
            number = int(name.rpartition("=")[2])
            return Page((f"/shop?PHPSESSID={number + 1}", f"/goods?PHPSESSID={number + 1}"))
        if name.startswith("traps.test/goods?PHPSESSID="):
            return Page((f"/shop?PHPSESSID={name.rpartition('=')[2]}9",))
        return None

    first = f"/calendar/{today.year + 2}-03"
    home = Page((first, "/circle/", "/shop?PHPSESSID=1"))
    return Site("traps.test", {"traps.test/": home}, endless=page)


def _endless() -> Site:
    def page(name: str) -> Page | None:
        number = re.fullmatch(r"endless\.test/list/(\d+)", name)
        if number is None:
            return None
        here = int(number[1])
        return Page((f"/list/{here + 1}", f"/list/{here * 2}", f"/thing/{here}"), ms=here % 4 * 8)

    home = Page(tuple(f"/list/{number}" for number in range(1, 9)))
    return Site("endless.test", {"endless.test/": home}, endless=page)


def _sleepy() -> Site:
    def page(name: str) -> Page | None:
        asked = re.fullmatch(r"sleepy\.test/(s/\d+)?\?ms=(\d+)", name)
        if asked is None:
            return None
        if asked[1]:
            return Page(ms=int(asked[2]))
        return Page(tuple(f"/s/{number}?ms={asked[2]}" for number in range(60)))

    return Site("sleepy.test", {}, endless=page)


def _failing() -> Site:
    pages = {
        "": _linking("/fine /404 /gone /broken /picture /late /a.zip /b.PNG /c.css /d.js /e.jpg?x=1"),
        "fine": Page(),
        "404": Page(("/behind-404",), status=404),
        "gone": Page(status=410),
        "broken": Page(broken=True),
        "picture": Page(media_type="image/png"),
        "late": Page(ms=20_000),
        "behind-404": Page(),
    }
    return Site("failing.test", {f"failing.test/{name}": page for name, page in pages.items()})


def _folders() -> Site:
    pages = {
        "": Page(("x", "./y", "../z", "/w", "?q=1"), base="/inner/deep/"),
        "inner/deep/x": Page(("further",)),
        "inner/deep/further": Page(),
        "inner/deep/y": Page(("p", "http://folders.test/q"), base="http://arrived.test/"),
        "q": Page(("next",), base="nonsense/"),
        "nonsense/next": Page(),
    }
    return Site("folders.test", {f"folders.test/{name}": page for name, page in pages.items()})


def _crowd(domain: str, count: int) -> Site:
    """Return a site of so many pages: a tree that reaches every one of them, and ways across."""
    dice = random.Random(f"{SEED} {domain}")
    links: list[list[str]] = [[] for _ in range(count)]
    for number in range(1, count):
        links[dice.randrange(max(0, number // 9 - 3), number // 9 + 1) if number > 1 else 0].append(
            f"/p/{number}"
        )
    pages = {}
    for number, children in enumerate(links):
        across = [f"/p/{dice.randrange(1, count)}{dice.choice(('', '', '#top', '/'))}" for _ in range(4)]
        pages[f"{domain}/p/{number}" if number else f"{domain}/"] = Page((*children, *across, "/"), ms=10)
    return Site(domain, {**pages, **{f"{name}/": page for name, page in pages.items() if "/p/" in name}})


def made() -> list[Site]:
    """Return all sites."""
    small = [
        _tangle(),
        _alike(),
        _schemes(),
        *_moved(),
        _rules(),
        _maps(),
        _levels(),
        _traps(),
        _endless(),
        _sleepy(),
        _failing(),
        _folders(),
        *made_of_links(),
        *made_for_maps(),
    ]
    return [*small, _crowd("middle.test", 1_500), _crowd("big.test", 10_000)]


SITES = Sites(made())
