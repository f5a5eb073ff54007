from __future__ import annotations

import json
import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from webkiln.cli.output import JsonLines
from webkiln.cli.site_folder import Names, SiteFolder, page_name, site_sink

LONGEST = 205


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://docs.a.test/guide/intro?x=1", "docs.a.test/guide/intro@x=1"),
        ("https://a.test", "a.test/index"),
        ("https://a.test/", "a.test/index"),
        ("https://a.test/?x=1", "a.test/index@x=1"),
        ("https://a.test/guide/", "a.test/guide/index"),
        ("https://a.test/guide", "a.test/guide"),
        ("https://a.test:443/x", "a.test/x"),
        ("http://a.test:8080/x", "a.test+8080/x"),
        ("https://user:secret@a.test/x", "a.test/x"),
        ("http://[::1]/x", "%3A%3A1/x"),
        ("https://a.test/caf%C3%A9/b%C3%A4r", "a.test/café/bär"),
        ("https://a.test/cafe%CC%81", "a.test/café"),
        ("https://a.test/a%2Fb?c=d/e", "a.test/a%2Fb@c=d%2Fe"),
        ("https://a.test/a%00b/c%5Cd", "a.test/a%00b/c%5Cd"),
        ("https://a.test/a b:c*d|e<f>", "a.test/a%20b%3Ac%2Ad%7Ce%3Cf%3E"),
        ("https://a.test/%ff%fe", "a.test/%FF%FE"),
        ("https://a.test/x%E2%80%AEdm.exe", "a.test/x%E2%80%AEdm.exe"),
        ("https://a.test/../../etc/passwd", "a.test/%2E%2E/%2E%2E/etc/passwd"),
        ("https://a.test/%2e%2e/%2e%2e/x", "a.test/%2E%2E/%2E%2E/x"),
        ("https://a.test/.git/config", "a.test/%2Egit/config"),
        ("https://a.test/-rf", "a.test/%2Drf"),
        ("https://a.test/con/NUL.txt/com1", "a.test/%63on/%4EUL.txt_/%63om1"),
        ("https://a.test/dots./x..", "a.test/dots%2E/x.%2E"),
        ("https://a.test/guide.md/x", "a.test/guide.md_/x"),
        ("https://a.test/#/route", "a.test/index%23%2Froute"),
        ("https://index.jsonl/x", "index.jsonl_/x"),
    ],
)
def test_a_file_is_where_its_url_is(url, name):
    assert page_name(url) == name


@pytest.mark.parametrize("url", ["", "nonsense", "http://[::1", "http://a.test:port/", "data:text/html,x"])
def test_what_is_no_url_has_a_name_too(url):
    assert page_name(url).startswith("unknown~")


def test_what_is_long_is_cut_and_still_told_apart():
    names = {page_name(f"https://a.test/{'x' * 300}{number}") for number in range(3)}
    names |= {page_name(f"https://a.test/{'folder/' * 60}{number}") for number in range(3)}
    assert len(names) == 6
    assert max(len(name) for name in names) <= LONGEST


URLS = st.builds(
    "{}{}/{}{}".format,
    st.sampled_from(["https://", "http://", "", "ftp://", "//"]),
    st.text(max_size=12) | st.just("a.test") | st.just("a" * 300),
    st.lists(
        st.text(max_size=12)
        | st.sampled_from(["..", ".", "", "%2e%2e", "con", "x.md", "%00", "\\", "ß" * 200])
    ).map("/".join),
    st.text(max_size=12).map("?{}".format) | st.text(max_size=12).map("#{}".format) | st.just(""),
)


# What Windows takes for a device, whatever its ending (pathlib knows it under another name from 3.13 on).
RESERVED = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"} | {
    f"{port}{number}" for port in ("COM", "LPT") for number in "123456789\u00b9\u00b2\u00b3"
}


@given(URLS | st.text())
@example("https://a.test/\ud800")
@example("https://a.test/con/nul.txt/com1.md/LPT\u00b9/aux .x")
def test_a_name_is_one_that_every_file_system_takes(url):
    name = page_name(url)
    assert name == page_name(url)
    assert len(name.encode()) <= LONGEST
    for part in name.split("/"):
        assert part not in ("", ".", "..")
        assert not set(part) & set('<>:"\\|?*\x00')
        assert not part.startswith((".", "-"))
        assert not part.endswith((".", " "))
        assert all(unicodedata.category(letter)[0] != "C" for letter in part)
        assert part.partition(".")[0].rstrip(" ").upper() not in RESERVED
    assert not PurePosixPath(name).is_absolute()
    assert not PureWindowsPath(name).is_absolute()


@given(st.lists(URLS, max_size=30, unique=True))
def test_no_page_takes_the_file_or_the_folder_of_another(urls):
    names = Names()
    files = [file for url in urls for file in names.files(url, [".md", ".raw.html", ".html"])]
    folded = [file.casefold() for file in files]
    assert len(set(folded)) == len(files)
    folders = {str(parent) for file in folded for parent in PurePosixPath(file).parents}
    assert not folders & set(folded)


CLASHES = [
    ["https://a.test/Guide", "https://a.test/guide"],
    ["https://a.test/guide/", "https://a.test/guide/index"],
    ["https://a.test/x", "http://a.test/x"],
    ["https://a.test/x?y", "https://a.test/x@y"],
]


@pytest.mark.parametrize("urls", CLASHES)
def test_the_later_of_two_is_marked_with_its_own_sum(urls):
    names = Names()
    first, second = (names.files(url, [".md"])[0] for url in urls)
    assert first == f"{page_name(urls[0])}.md"
    assert second.startswith(f"{page_name(urls[1])}~")
    assert [names.files(url, [".md"])[0] for url in reversed(urls)] == [second, first]
    others = Names()
    others.files(urls[0], [".md"])
    assert others.files(urls[1], [".md"]) == [second]


def test_a_page_that_has_the_mark_of_another_is_not_written_over():
    names = Names()
    names.files("https://a.test/guide/", [".md"])
    marked = names.files("https://a.test/guide/index", [".md"])[0]
    names = Names()
    urls = ["https://a.test/guide/", f"https://{marked.removesuffix('.md')}", "https://a.test/guide/index"]
    files = [names.files(url, [".md"])[0] for url in urls]
    assert files[1] == marked
    assert len(set(files)) == 3


def test_formats_of_different_pages_do_not_meet():
    names = Names()
    assert names.files("https://a.test/x", [".raw.html"]) == ["a.test/x.raw.html"]
    assert names.files("https://a.test/x.raw", [".html"]) != ["a.test/x.raw.html"]


def page(url, source=None, **formats):
    metadata = {"sourceURL": source or url, "url": url, "statusCode": 200, "title": "A page"}
    return {"markdown": f"# {url}", "metadata": metadata, **formats}


def index_of(folder):
    return [json.loads(line) for line in (folder / "index.jsonl").read_text().splitlines()]


def test_pages_are_written_as_they_come(tmp_path):
    folder = SiteFolder(tmp_path / "site")
    folder.begin()
    folder.write(page("https://a.test/guide"))
    assert (tmp_path / "site/a.test/guide.md").read_text() == "# https://a.test/guide\n"
    assert index_of(tmp_path / "site") == [
        {"url": "https://a.test/guide", "file": "a.test/guide.md", "status": 200, "title": "A page"}
    ]
    folder.write(page("https://a.test/guide/intro", links=["https://a.test/a"]))
    assert index_of(tmp_path / "site")[1]["files"] == [
        "a.test/guide/intro.md",
        "a.test/guide/intro.links.txt",
    ]
    folder.failed([{"url": "https://a.test/x", "error": "no"}])
    folder.close()
    written = {str(path.relative_to(tmp_path / "site")) for path in (tmp_path / "site").rglob("*.*")}
    assert written - {"a.test"} == {
        "index.jsonl",
        "errors.jsonl",
        "a.test/guide.md",
        "a.test/guide/intro.md",
        "a.test/guide/intro.links.txt",
    }


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("site/", SiteFolder),
        ("site", SiteFolder),
        ("docs.example.com", SiteFolder),
        ("folder.jsonl", SiteFolder),
        ("new.jsonl/", SiteFolder),
        ("new.jsonl", JsonLines),
        ("new.JSON", JsonLines),
        ("a.file", JsonLines),
    ],
)
def test_what_means_a_site(tmp_path, name, kind):
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "a.file").touch()
    sink = site_sink(f"{tmp_path}/{name}")
    sink.close()
    assert type(sink) is kind


def test_without_a_path_there_are_lines_on_standard_output():
    assert site_sink(None).where == site_sink("-").where == "standard output"


def test_a_page_is_where_its_redirects_ended(tmp_path):
    folder = SiteFolder(tmp_path)
    folder.write(page("https://a.test/new", "https://a.test/old"))
    folder.close()
    assert (tmp_path / "a.test/new.md").exists()
    assert index_of(tmp_path)[0]["sourceURL"] == "https://a.test/old"


def test_a_page_without_a_text_and_whole_pages_are_json(tmp_path):
    for json_wanted, document in ((False, {"attributes": []}), (True, {"markdown": "x"})):
        folder = SiteFolder(tmp_path, json=json_wanted)
        folder.write({**document, "metadata": {"sourceURL": "https://a.test/x"}})
        folder.close()
        assert json.loads((tmp_path / "a.test/x.json").read_text()).items() >= document.items()


def test_a_new_run_has_a_new_index(tmp_path):
    for name in ("one", "two"):
        folder = SiteFolder(tmp_path)
        folder.begin()
        folder.write(page(f"https://a.test/{name}"))
        folder.close()
    assert [entry["file"] for entry in index_of(tmp_path)] == ["a.test/two.md"]
    assert (tmp_path / "a.test/one.md").exists()


def test_a_link_that_lies_in_the_folder_leads_nowhere(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "site").mkdir()
    (tmp_path / "site/a.test").symlink_to(tmp_path / "outside")
    folder = SiteFolder(tmp_path / "site")
    with pytest.raises(OSError, match="leads out of"):
        folder.write(page("https://a.test/x"))
    folder.close()
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_link_in_the_place_of_a_file_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "outside.txt").write_text("kept")
    (tmp_path / "site/a.test").mkdir(parents=True)
    (tmp_path / "site/a.test/x.md").symlink_to(tmp_path / "outside.txt")
    folder = SiteFolder(tmp_path / "site")
    folder.write(page("https://a.test/x"))
    folder.close()
    assert (tmp_path / "outside.txt").read_text() == "kept"
    assert (tmp_path / "site/a.test/x.md").read_text() == "# https://a.test/x\n"
