from __future__ import annotations

import gzip
import json
import zlib

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from webkiln.cli.warc import Warc


def page(url="https://a.test/x", **changes):
    metadata = {
        "sourceURL": "https://a.test/old",
        "url": url,
        "statusCode": 404,
        **changes.pop("metadata", {}),
    }
    return {"rawHtml": "<p>Grüße</p>", "markdown": "Grüße", "metadata": metadata, **changes}


def write(path, *documents, robots="obey"):
    archive = Warc(path, robots=robots)
    archive.begin()
    for document in documents:
        archive.write(document)
    archive.failed([{"url": "https://a.test/failed", "error": "no"}])
    archive.close()
    return read(path)


def read(path):
    with path.open("rb") as file:
        return [
            (record.rec_type, dict(record.rec_headers.headers), record.content_stream().read().decode())
            for record in ArchiveIterator(file, check_digests="raise")
        ]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "site.warc.gz"


def test_a_page_is_its_html_what_is_known_of_it_and_its_markdown(path):
    info, resource, about, conversion = write(path, page())
    assert (info[0], resource[0], about[0], conversion[0]) == (
        "warcinfo",
        "resource",
        "metadata",
        "conversion",
    )
    assert resource[2] == "<p>Grüße</p>"
    assert resource[1]["Content-Type"] == "text/html; charset=utf-8"
    assert conversion[2] == "Grüße"
    assert conversion[1]["Content-Type"] == "text/markdown; charset=utf-8"
    for _, headers, _ in (resource, about, conversion):
        assert headers["WARC-Target-URI"] == "https://a.test/x"
    for _, headers, _ in (about, conversion):
        assert headers["WARC-Refers-To"] == resource[1]["WARC-Record-ID"]
    assert about[2] == "sourceURL: https://a.test/old\r\nhttpStatus: 404\r\n"


def test_the_archive_says_what_it_is(path):
    ((kind, headers, text),) = write(path, robots="ignore")
    fields = dict(line.split(": ", 1) for line in text.splitlines())
    assert (kind, headers["WARC-Filename"]) == ("warcinfo", "site.warc.gz")
    assert fields["format"] == "WARC File Format 1.1"
    assert fields["robots"] == "ignore"
    assert fields["software"].startswith("webkiln/")
    assert "headers are not known" in fields["description"]


def test_nothing_is_invented(path):
    records = write(path, page())
    assert {kind for kind, _, _ in records} == {"warcinfo", "resource", "metadata", "conversion"}
    with path.open("rb") as file:
        assert [record.http_headers for record in ArchiveIterator(file)] == [None] * 4
    assert not any("failed" in text for _, _, text in records)


def test_a_type_is_that_of_the_copy_in_the_archive(path):
    records = write(path, page(metadata={"contentType": "application/json; charset=iso-8859-1"}))
    assert records[1][1]["Content-Type"] == "application/json; charset=utf-8"


def test_a_stored_copy_has_the_date_it_was_made(path):
    records = write(
        path,
        page(metadata={"cachedAt": "2026-08-21T10:00:00.000Z"}),
        page(metadata={"cachedAt": "nonsense"}),
    )
    dates = [headers["WARC-Date"] for kind, headers, _ in records if kind == "resource"]
    assert dates[0] == "2026-08-21T10:00:00.000Z"
    assert dates[1] > dates[0]


def test_a_page_without_html_or_text_leaves_out_what_it_has_not(path):
    bare = page()
    del bare["rawHtml"]
    records = write(path, bare, {"metadata": {"sourceURL": "https://a.test/y"}})
    assert [kind for kind, _, _ in records[1:]] == ["metadata", "conversion", "metadata"]
    assert "WARC-Refers-To" not in records[2][1]


def test_what_a_page_writes_stays_in_its_line(path):
    hostile = page("https://a.test/x\r\nWARC-Type: response\r\n\r\n", metadata={"contentType": "a/b\r\nX: y"})
    records = write(path, hostile, page())
    assert records[1][1]["WARC-Target-URI"] == "https://a.test/x%20WARC-Type:%20response"
    assert [kind for kind, _, _ in records].count("resource") == 2


def test_every_record_is_a_gzip_member_that_is_whole_at_once(path):
    archive = Warc(path, robots="obey")
    archive.begin()
    archive.write(page())
    left, members = path.read_bytes(), []
    while left:
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        members.append(member.decompress(left))
        assert member.eof
        left = member.unused_data
    archive.close()
    assert len(members) == 4
    assert all(member.startswith(b"WARC/1.1\r\n") for member in members)
    assert b"".join(members) == gzip.decompress(path.read_bytes())


def test_a_plain_name_is_a_plain_file_and_a_new_run_a_new_archive(tmp_path):
    path = tmp_path / "site.warc"
    write(path, page(), page())
    assert len(write(path, page())) == 4
    assert path.read_bytes().startswith(b"WARC/1.1\r\n")


def test_another_reader_finds_no_fault(path, capsys):
    write(path, page(), page(markdown="\ud800"), page(rawHtml=""))

    class Args:
        inputs = (str(path),)
        verbose = True

    checker = Checker(Args)
    checker.process_all()
    assert checker.exit_value == 0, capsys.readouterr()


def test_json_pages_stay_json(path):
    records = write(path, page(rawHtml='{"a": 1}', metadata={"contentType": "application/json"}))
    assert json.loads(records[1][2]) == {"a": 1}
