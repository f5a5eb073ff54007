"""What can be done with a page before it is read (contract §4.2)."""

import re

import pytest

from browser.png import read_png

SCRAPE = {"type": "scrape"}


def wait(milliseconds):
    return {"type": "wait", "milliseconds": milliseconds}


def run(script):
    return {"type": "executeJavascript", "script": script}


def failed(answer):
    """Return the text of an action that failed."""
    assert (answer.status, answer.body["code"]) == (500, "SCRAPE_ACTION_ERROR"), answer.body
    prefix = "Action(s) failed to complete. Error code: "
    assert answer.body["error"].startswith(prefix)
    return answer.body["error"].removeprefix(prefix)


def test_a_wait_lasts_as_long_as_it_says_and_one_for_an_element_until_it_is_there(api, site):
    page = api.act(
        site.url("/buttons"),
        run("window.begun = performance.now()"),
        wait(400),
        run("performance.now() - window.begun >= 400"),
        run("document.querySelector('#soon') === null"),
        {"type": "wait", "selector": "#soon"},
        run("document.querySelector('#soon').textContent"),
    )
    values = [one["value"] for one in page["actions"]["javascriptReturns"][1:]]
    assert values == [True, True, "soon there"]


def test_a_click_is_on_the_first_or_on_all(api, site):
    once = {"type": "click", "selector": "button"}
    page = api.act(site.url("/buttons"), once, SCRAPE, {**once, "all": True})
    assert [page["actions"]["scrapes"][0]["html"].count(f"pressed {number}") for number in range(3)] == [
        1,
        0,
        0,
    ]
    assert [page["markdown"].count(f"pressed {number}") for number in range(3)] == [2, 1, 1]


def test_a_form_is_filled_in_and_sent(api, site):
    page = api.act(
        site.url("/form"),
        {"type": "click", "selector": "#word"},
        {"type": "write", "text": "ash glaze & salt — größer"},
        {"type": "press", "key": "Enter"},
    )
    assert page["markdown"].strip() == "ash glaze & salt — größer"
    assert page["metadata"]["url"].startswith(site.url("/found?word=ash"))


def test_a_list_without_end_brings_a_batch_with_every_scroll(api, site):
    down = {"type": "scroll"}
    page = api.act(site.url("/endless"), *[down, SCRAPE] * 3)
    last = [re.findall(r">batch (\d)", one["html"])[-1] for one in page["actions"]["scrapes"]]
    # A page that is slow to notice that it was scrolled brings its batch after the picture of it.
    assert last == sorted(last)
    assert last[0] < last[-1]
    assert all(f"batch {batch}, row 9" in page["markdown"] for batch in range(1, int(last[-1]) + 1))


def test_an_element_is_scrolled_by_what_it_shows(api, site):
    scroll = {"type": "scroll", "selector": "#box"}
    page = api.act(site.url("/box"), scroll, scroll, {**scroll, "direction": "up"})
    assert "box at 100" in page["markdown"]


@pytest.fixture(scope="module")
def returned(server, site):
    """Run several scripts in one page; give what they returned by what they are."""
    scripts = {
        "an expression": "1 + 2",
        "a text": "document.title",
        "statements that return": "const part = 'cone'; return part + ' ' + 6;",
        "an await": "await fetch('/data?text=salt').then((answer) => answer.json()).then(({ text }) => text)",
        "an awaited return": "const answer = await fetch('/data'); return answer.status;",
        "a promise": "new Promise((done) => setTimeout(() => done('kept'), 50))",
        "an object": "({ cone: 6, shelves: ['top', { low: null }] })",
        "null": "null",
        "nothing": "void 0",
        "a function called at once": "(() => { window.left = 5; return 'called'; })()",
        "what an earlier script left": "window.left",
        "no number": "0 / 0",
        "a truth": "document.querySelector('h1') !== null",
    }
    page = server.act(site.url("/landing"), *map(run, scripts.values()))
    return dict(zip(scripts, page["actions"]["javascriptReturns"], strict=True))


@pytest.mark.parametrize(
    ("what", "kind", "value"),
    [
        ("an expression", "number", 3),
        ("a text", "string", "Kiln"),
        ("statements that return", "string", "cone 6"),
        ("an await", "string", "salt"),
        ("an awaited return", "number", 200),
        ("a promise", "string", "kept"),
        ("an object", "object", {"cone": 6, "shelves": ["top", {"low": None}]}),
        ("null", "null", None),
        ("nothing", "undefined", None),
        ("a function called at once", "string", "called"),
        ("what an earlier script left", "number", 5),
        ("no number", "number", "NaN"),
        ("a truth", "boolean", True),
    ],
)
def test_a_script_gives_back_its_value(returned, what, kind, value):
    assert returned[what] == {"type": kind, "value": value}


def test_results_come_in_the_order_of_the_actions(api, site):
    page = api.act(
        site.url("/landing?one"),
        SCRAPE,
        run("1"),
        {"type": "screenshot", "viewport": {"width": 300, "height": 200}},
        run("document.querySelector('h1').textContent = 'Changed'; 2"),
        {"type": "pdf", "format": "A5"},
        SCRAPE,
        {"type": "screenshot", "quality": 50},
        {"type": "pdf", "landscape": True},
    )
    results = page["actions"]
    assert set(results) == {"screenshots", "scrapes", "javascriptReturns", "pdfs"}
    assert [one["value"] for one in results["javascriptReturns"]] == [1, 2]
    assert ["Landed" in one["html"] for one in results["scrapes"]] == [True, False]
    assert {one["url"] for one in results["scrapes"]} == {site.url("/landing?one")}
    first, second = (api.file(url) for url in results["screenshots"])
    image = read_png(first.content)
    assert (image.width, image.height) == (300, 200)
    assert (second.headers["content-type"], second.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    assert [api.file(url).content[:5] for url in results["pdfs"]] == [b"%PDF-"] * 2
    assert "# Changed" in page["markdown"]


@pytest.fixture(scope="module")
def printed(server, site):
    """Print a page in several ways; give the files."""
    ways = [{}, {"format": "A5"}, {"format": "A4", "landscape": True}]
    page = server.act(site.url("/landing"), *({"type": "pdf", **way} for way in ways))
    return [server.file(url) for url in page["actions"]["pdfs"]]


@pytest.mark.parametrize(("number", "width", "height"), [(0, 612, 792), (1, 420, 595), (2, 842, 595)])
def test_a_print_has_its_paper(printed, number, width, height):
    found = printed[number]
    assert found.headers["content-type"] == "application/pdf"
    box = found.content.partition(b"/MediaBox")[2].partition(b"[")[2].partition(b"]")[0].split()
    assert [float(side) for side in box] == pytest.approx([0, 0, width, height], abs=1)
    assert b"/Type /Page\n" in found.content


def test_without_results_there_is_no_list_of_them(api, site):
    assert "actions" not in api.act(site.url("/landing"), wait(1))


FAILING = {
    "a script that throws": (run("throw new TypeError('the shelf is full')"), "TypeError: the shelf is full"),
    "a name that is none": (run("nowhere.to.be.found"), "nowhere is not defined"),
    "a broken promise": (run("await Promise.reject(new Error('cracked'))"), "cracked"),
    "no script": (run("this is no script"), "SyntaxError"),
    "no selector": ({"type": "click", "selector": ":::"}, "':::'"),
    "no key": ({"type": "press", "key": "NoSuchKey"}, "NoSuchKey"),
}


@pytest.fixture(scope="module")
def failures(site, together):
    url = site.url("/landing")
    return together(
        **{name: {"url": url, "actions": [wait(1), action]} for name, (action, _) in FAILING.items()}
    )


@pytest.mark.parametrize("name", FAILING)
def test_an_action_that_fails_says_which_and_why(failures, name):
    action, text = FAILING[name]
    error = failed(failures[name])
    assert error.startswith(f"action 2 ({action['type']}")
    assert text in error


def test_an_element_that_never_comes_is_named_with_its_action(api, site):
    actions = [SCRAPE, {"type": "click", "selector": "#no-such-thing"}]
    error = failed(api.scrape(site.url("/landing"), actions=actions, timeout=2_500))
    assert error == "action 2 (click '#no-such-thing') failed: it did not come in time"


def test_an_element_is_named_as_well_when_the_requests_own_time_is_short(server, site, together):
    server.act(site.url("/landing"), wait(1))  # the browser is there
    actions = {
        "wait": {"type": "wait", "selector": "#never"},
        "click": {"type": "click", "selector": "//a[@id='never']"},
        "scroll": {"type": "scroll", "selector": "#never"},
    }
    answers = together(
        **{
            name: {"url": site.url("/landing"), "actions": [action], "timeout": 2_000}
            for name, action in actions.items()
        }
    )
    for name, action in actions.items():
        assert failed(answers[name]).startswith(f"action 1 ({name} {action['selector']!r})")


@pytest.mark.parametrize("path", ["/file.bin", "/paper.pdf"])
def test_actions_on_a_file_are_refused_in_words(api, site, path):
    answer = api.scrape(site.url(path), actions=[wait(1)])
    assert answer.body == {
        "success": False,
        "code": "SCRAPE_ACTIONS_NOT_SUPPORTED",
        "error": "The URL gives a file, which no actions can be done on.",
    }
