"""What a robots.txt says (RFC 9309), read and asked within bounds; pure.

The reading is as generous as that of the large crawlers: misspelt directives, a missing colon, any
line ends and bytes that are no text are all taken for what they were meant to be.

Asking is cheap whatever the file holds, for a site names both the patterns and the links they are
asked about. Rules without `*` are looked up, not tried. Rules with it are tried one after the
other, each in time linear in the URL's length, so their number is bounded.
"""

from __future__ import annotations

import codecs
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from webkiln import urls

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_BYTES: Final = 500 << 10
"""How much of a file is read (RFC 9309 §2.5)."""
MAX_CRAWL_DELAY_S: Final = 10.0
MAX_SITEMAPS: Final = 100
MAX_WILDCARD_RULES: Final = 1_000
MAX_WILDCARD_PIECES: Final = 4_000
"""Most rules with a `*` of one group, and most texts between their `*`; what is over is no rule."""

_DIRECTIVES: Final = {
    "user-agent": "user-agent",
    "useragent": "user-agent",
    "user agent": "user-agent",
    "allow": "allow",
    "disallow": "disallow",
    "dissallow": "disallow",
    "dissalow": "disallow",
    "disalow": "disallow",
    "diasllow": "disallow",
    "disallaw": "disallow",
    "crawl-delay": "crawl-delay",
    "crawldelay": "crawl-delay",
    "crawl delay": "crawl-delay",
    "sitemap": "sitemap",
    "site-map": "sitemap",
}
_LINE_ENDS: Final = re.compile(r"[\r\n]+")
_BLANK: Final = " \t\v\f\0\ufeff"
_PRODUCT: Final = re.compile(r"[a-z0-9_.-]+")
_PATH: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*([^#]*)")
_ESCAPE: Final = re.compile(rb"%([0-9a-fA-F]{2})")
_KEPT_ESCAPED: Final = b"/%?"
_ONE_OCTET: Final = bytes(range(0x21, 0x7F))
_INDEX: Final = re.compile(r"/index\.html?$")
_SHORT_PIECE: Final = 12
_OBJECT: Final = 160  # bytes of memory that a rule takes besides its text, about
_COMPILED: Final = 16  # and that a compiled literal takes for each of its own

Rank = tuple[int, bool]
"""How specific a rule is, in octets, and whether it allows; the highest that matches decides, and
among equals the one that allows."""

_NO_RULE: Final[Rank] = (-1, True)


class _Wildcard:
    """A rule with `*` in it."""

    __slots__ = ("_first", "_last", "_middle", "anchored", "rank")

    def __init__(self, pieces: list[bytes], rank: Rank, *, anchored: bool) -> None:
        """Keep the texts before, between and behind the `*`."""
        self.rank = rank
        self.anchored = anchored
        self._first = pieces[0]
        self._last = pieces[-1] if anchored else b""
        middle = pieces[1:-1] if anchored else pieces[1:]
        # bytes.find may compare a long piece at each place of the path; a literal of `re` does not.
        self._middle = [re.compile(re.escape(p)) if len(p) > _SHORT_PIECE else p for p in middle if p]

    def matches(self, path: bytes) -> bool:
        """Return whether a path has the pieces one after the other; the leftmost place for each is enough."""
        if not path.startswith(self._first):
            return False
        position = len(self._first)
        for piece in self._middle:
            if isinstance(piece, bytes):
                found = path.find(piece, position)
                if found < 0:
                    return False
                position = found + len(piece)
            else:
                match = piece.search(path, position)
                if match is None:
                    return False
                position = match.end()
        return not self.anchored or (len(path) - len(self._last) >= position and path.endswith(self._last))


class Paths:
    """The rules of one group, ready to be asked."""

    def __init__(self, rules: Iterable[tuple[str, bool]] = ()) -> None:
        """Read (pattern, whether it allows) pairs."""
        self._prefixes: dict[bytes, Rank] = {}
        self._whole: dict[bytes, Rank] = {}
        self._wildcards: list[_Wildcard] = []
        self._room = MAX_WILDCARD_PIECES
        self.size = 0
        """About how many bytes of memory the rules take."""
        for pattern, allow in dict.fromkeys(rules):
            self._add(pattern, allow=allow)
            if allow and _INDEX.search(pattern):
                # Who allows the index page means the address it is shown at, too, as Google reads it.
                self._add(_INDEX.sub("/$", pattern), allow=True)
        self._lengths = sorted({len(prefix) for prefix in self._prefixes}, reverse=True)
        self._wildcards.sort(key=lambda rule: rule.rank, reverse=True)

    def _add(self, pattern: str, *, allow: bool) -> None:
        if not pattern.startswith(("/", "*", "$")):
            pattern = f"/{pattern}"
        anchored = pattern.endswith("$")
        pieces = [_spelled_one_way(piece) for piece in pattern.removesuffix("$").split("*")]
        rank = (sum(map(_octets, pieces)) + len(pieces) - 1 + anchored, allow)
        if len(pieces) == 1:
            table = self._whole if anchored else self._prefixes
            table[pieces[0]] = max(rank, table.get(pieces[0], _NO_RULE))
        elif len(self._wildcards) == MAX_WILDCARD_RULES or self._room < len(pieces):
            return
        else:
            self._wildcards.append(_Wildcard(pieces, rank, anchored=anchored))
            self._room -= len(pieces)
            self.size += _COMPILED * len(pattern)
        self.size += _OBJECT * len(pieces) + len(pattern)

    def allows(self, path: bytes) -> bool:
        """Return whether the most specific rule for a path allows it; without one it is allowed."""
        best = self._whole.get(path, _NO_RULE)
        for length in self._lengths:
            if length <= len(path) and (rank := self._prefixes.get(path[:length])) is not None:
                best = max(best, rank)
                break  # what is shorter is less specific
        for rule in self._wildcards:
            if rule.rank <= best:
                break
            if rule.matches(path):
                best = rule.rank
                break
        return best[1]


@dataclass(frozen=True, slots=True)
class RobotsRules:
    """What one robot may do on one origin.

    `crawl_delay_s` is at most 10 seconds. `sitemaps` are absolute http(s) URLs in normal form, at
    most 100, of any host.
    """

    crawl_delay_s: float | None = None
    sitemaps: tuple[str, ...] = ()
    paths: Paths = field(default_factory=Paths, repr=False)

    def allows(self, url: str) -> bool:
        """Return whether a URL of this origin may be fetched; robots.txt itself always may."""
        found = _PATH.match(url)
        path = found[1] if found is not None else url
        if not path.startswith("/"):
            path = f"/{path}"
        return path == "/robots.txt" or self.paths.allows(_spelled_one_way(path))

    @property
    def size(self) -> int:
        """About how many bytes of memory this takes."""
        return _OBJECT + self.paths.size + sum(_OBJECT + len(url) for url in self.sitemaps)


def product_of(agent: str) -> str:
    """Return a robot's name as groups are compared by it: `Webkiln/1.0 (…)` is `webkiln`."""
    found = _PRODUCT.match(agent.strip().lower())
    return found[0] if found is not None else ""


def read_rules(body: bytes, url: str, agent: str) -> RobotsRules:
    """Read the first 500 KiB of a robots.txt for one robot; `url` is where the file was.

    Groups that name the robot hold, all of them together; without one, those for `*`. A robot's
    name has to be the same, not only to start alike. Never fails: what makes no sense is no rule,
    and a file that starts like HTML has none.
    """
    text = _text(body)
    if text.lstrip(_BLANK + "\r\n").startswith("<"):
        return ALLOW_ALL
    file = _File(agent)
    for directive, value in _lines(text):
        file.take(directive, value)
    group = file.group()
    return RobotsRules(group.delay_s, tuple(_absolute(file.sitemaps, url)), Paths(group.rules))


class _File:
    """What a file says to one robot, taken line by line."""

    def __init__(self, agent: str) -> None:
        self.sitemaps: list[str] = []
        self._product = product_of(agent)
        self._own: _Group | None = None
        self._everyone = _Group()
        self._addressed: list[_Group] = []
        self._naming = False  # whether the last line that counts was one of a run of user-agent lines

    def take(self, directive: str, value: str) -> None:
        """Take a line; a sitemap belongs to no group and ends none."""
        if directive == "sitemap":
            if value:
                self.sitemaps.append(value)
        elif directive == "user-agent":
            if not self._naming:
                self._addressed = []
            self._naming = True
            self._address(value)
        else:
            self._naming = False
            for group in self._addressed:
                group.add(directive, value)

    def _address(self, name: str) -> None:
        """Let the rules that follow be for those of this name."""
        if name.partition(" ")[0] == "*":
            group = self._everyone
        elif self._product and product_of(name) == self._product:
            group = self._own = self._own or _Group()
        else:
            return
        if group not in self._addressed:
            self._addressed.append(group)

    def group(self) -> _Group:
        """Return the group that holds."""
        return self._everyone if self._own is None else self._own


class _Group:
    """The rules for one robot, as they are written."""

    def __init__(self) -> None:
        self.rules: list[tuple[str, bool]] = []
        self.delay_s: float | None = None

    def add(self, directive: str, value: str) -> None:
        """Keep a line of the group; an empty value is no rule."""
        if directive == "crawl-delay":
            delay_s = _seconds(value)
            if delay_s is not None:
                self.delay_s = max(delay_s, self.delay_s or 0.0)
        elif value:
            self.rules.append((value, directive == "allow"))


class _Line(NamedTuple):
    directive: str
    value: str


def _lines(text: str) -> Iterator[_Line]:
    """Yield the lines that say something we know."""
    for line in _LINE_ENDS.split(text):
        said = line.partition("#")[0].strip(_BLANK)
        name, _, value = said.partition(":")
        directive = _DIRECTIVES.get(name.strip(_BLANK).lower())
        if directive is None:
            words = said.split(maxsplit=2)
            if len(words) != len(("directive", "value")):
                continue
            name, value = words
            directive = _DIRECTIVES.get(name.lower())
        if directive is not None:
            yield _Line(directive, value.strip(_BLANK))


def _text(body: bytes) -> str:
    """Return the file's text; bytes that are not UTF-8 stay what they are, for paths are bytes, too."""
    start = body[:MAX_BYTES]
    if len(body) >= MAX_BYTES:
        # Half a line may say more than the whole: `Disallow: /` is the start of `Disallow: /search`.
        start = start[: max(start.rfind(b"\n"), start.rfind(b"\r")) + 1]
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if start.startswith(mark):
            return start[len(mark) :].decode(encoding, "replace")
    return start.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")


def _seconds(value: str) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        return None
    return min(seconds, MAX_CRAWL_DELAY_S) if math.isfinite(seconds) and seconds >= 0 else None


def _absolute(references: list[str], url: str) -> Iterator[str]:
    """Yield what can be fetched of the sitemaps named, each once."""
    seen: set[str] = set()
    own_host = {urls.host_of(url)}
    for reference in references:
        try:
            target = urls.parse_target(urls.resolve(url, reference), own_host)
        except urls.InvalidUrl:
            continue
        if target not in seen:
            seen.add(target)
            yield target
        if len(seen) == MAX_SITEMAPS:
            return


def _spelled_one_way(path: str) -> bytes:
    """Return a path's octets with its escapes undone, but for those that would then mean something else."""
    try:
        octets = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        octets = path.encode("utf-8", "surrogatepass")
    return _ESCAPE.sub(_unescaped, octets) if b"%" in octets else octets


def _unescaped(escape: re.Match[bytes]) -> bytes:
    octet = bytes.fromhex(escape[1].decode("ascii"))
    return escape[0].upper() if octet in _KEPT_ESCAPED else octet


def _octets(piece: bytes) -> int:
    """Return how long a piece is with everything escaped that travels so."""
    return len(piece) + 2 * len(piece.translate(None, _ONE_OCTET))


ALLOW_ALL: Final = RobotsRules()
