from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webkiln.cli.output import Folder, as_text, file_name, harmless, is_folder, sink_for


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://a.test/", "a.test"),
        ("https://a.test/docs/intro.html", "a.test-docs-intro.html"),
        ("https://a.test/search?q=a b&c=d", "a.test-search-q-a-b-c-d"),
        ("a.test/x", "a.test-x"),
        ("https://user:secret@a.test/x", "a.test-x"),
        ("https://a.test/../../etc/passwd", "a.test-..-..-etc-passwd"),
        ("", "page"),
        ("...", "page"),
        ("http://[::1]:80/", "1-80"),
        ("https://a.test/" + "x" * 500, "a.test-" + "x" * 113),
    ],
)
def test_a_file_is_named_after_its_url(url, name):
    assert file_name(url) == name


@given(st.text())
def test_a_name_never_leaves_its_folder(url):
    name = file_name(url)
    assert 0 < len(name) <= 120
    assert "/" not in name
    assert not name.startswith(".")
    assert Path("folder", name).parent == Path("folder")


def page(url, **formats):
    return {"markdown": "x", "metadata": {"sourceURL": url}, **formats}


def test_pages_of_the_same_name_do_not_meet(tmp_path):
    folder = Folder(tmp_path)
    for url in ("https://a.test/x", "http://a.test/x", "https://a.test/X", "index", "errors"):
        folder.write(page(url))
    folder.close()
    names = {path.name for path in tmp_path.glob("*.md")}
    assert names == {"a.test-x.md", "a.test-x-2.md", "a.test-X-3.md", "index-2.md", "errors-2.md"}
    assert len((tmp_path / "index.jsonl").read_text().splitlines()) == 5


def test_a_page_without_a_text_is_kept_as_json(tmp_path):
    folder = Folder(tmp_path)
    folder.write({"attributes": [], "metadata": {"sourceURL": "https://a.test"}})
    folder.failed([{"url": "https://b.test", "error": "no"}])
    folder.close()
    assert json.loads((tmp_path / "a.test.json").read_text())["attributes"] == []
    assert "https://b.test" in (tmp_path / "errors.jsonl").read_text()


def test_line_ends_are_kept_as_the_page_has_them(tmp_path):
    folder = Folder(tmp_path)
    folder.write(page("https://a.test", markdown="a\r\nb\n"))
    folder.close()
    assert (tmp_path / "a.test.md").read_bytes() == b"a\r\nb\n"


def test_what_means_a_folder(tmp_path):
    (tmp_path / "file").touch()
    assert is_folder(str(tmp_path))
    assert is_folder(f"{tmp_path}/new.d/")
    assert is_folder(f"{tmp_path}/new")
    assert not is_folder(f"{tmp_path}/new.jsonl")
    assert not is_folder(f"{tmp_path}/file")
    assert sink_for(None).where == sink_for("-").where == "standard output"


def test_what_a_terminal_would_obey_is_taken_out():
    assert harmless("a\x1b[2J\x07b\tc\nd\x9b1me\r") == "a[2Jb\tc\nd1me"


def test_values_are_shown_as_text():
    assert as_text("a") == "a\n"
    assert as_text("a\n") == "a\n"
    assert as_text(["a", "b"]) == "a\nb\n"
    assert json.loads(as_text([{"a": 1}])) == [{"a": 1}]
