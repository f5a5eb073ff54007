# ruff: noqa: RUF001 - the letters that look alike are the point
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webkiln.content.charset import decode

TEXTS = {
    "ja": "これは日本語のページです。文字コードの判定を試しています。カタカナも漢字も使います。",
    "zh": "这是一个中文网页，用来测试字符编码的检测。今天天气很好，我们去公园散步。",
    "tw": "這是一個中文網頁，用來測試字元編碼的檢測。今天天氣很好，我們去公園散步。",
    "ko": "이것은 한국어 페이지입니다. 문자 인코딩 감지를 시험합니다. 날씨가 아주 좋습니다.",
    "ru": "Это страница для проверки определения кодировки. Сегодня хорошая погода, мы идём в парк.",
    "uk": "Це сторінка для перевірки визначення кодування. Сьогодні гарна погода, їжак і ґанок.",
    "el": "Αυτή είναι μια ελληνική σελίδα για τον έλεγχο της κωδικοποίησης. Σήμερα ο καιρός είναι καλός.",
    "pl": "Zażółć gęślą jaźń. To jest strona do testowania kodowania znaków. Dzisiaj jest ładna pogoda.",
    "de": "Dies ist eine Seite für die Prüfung der Erkennung. Schöne Grüße, heute ist es heiß.",
    "he": "זהו דף בעברית לבדיקת זיהוי הקידוד. היום מזג האוויר נעים מאוד.",
    "ar": "هذه صفحة لاختبار كشف ترميز الأحرف. الطقس اليوم جميل جدا.",
    "th": "นี่คือหน้าภาษาไทยสำหรับทดสอบการตรวจจับการเข้ารหัสอักขระ วันนี้อากาศดีมาก",
}
LEGACY = [
    ("ja", "shift_jis", "Shift_JIS"),
    ("ja", "cp932", "x-sjis"),
    ("ja", "euc_jp", "EUC-JP"),
    ("ja", "iso2022_jp", "iso-2022-jp"),
    ("zh", "gbk", "gb2312"),
    ("zh", "gb18030", "GB18030"),
    ("tw", "big5", "Big5"),
    ("ko", "euc_kr", "ks_c_5601-1987"),
    ("ru", "cp1251", "windows-1251"),
    ("ru", "koi8_r", "KOI8-R"),
    ("uk", "koi8_u", "koi8-u"),
    ("el", "iso8859_7", "iso-8859-7"),
    ("pl", "iso8859_2", "iso-8859-2"),
    ("pl", "cp1250", "cp1250"),
    ("de", "cp1252", "iso-8859-1"),
    ("he", "cp1255", "windows-1255"),
    ("ar", "cp1256", "windows-1256"),
    ("th", "tis_620", "tis-620"),
]


def page(text: str) -> str:
    return f"<html><head><title>t</title><script>var a = 1;</script></head><body><p>{text}</p></body></html>"


@pytest.mark.parametrize(("language", "codec", "label"), LEGACY)
def test_legacy_pages_with_a_label_in_the_header(language, codec, label):
    assert decode(page(TEXTS[language]).encode(codec), label) == page(TEXTS[language])


@pytest.mark.parametrize(("language", "codec", "label"), LEGACY)
def test_legacy_pages_with_a_label_of_their_own(language, codec, label):
    text = f'<meta http-equiv="Content-Type" content="text/html; charset={label}">' + page(TEXTS[language])
    assert decode(text.encode(codec), None) == text


@pytest.mark.parametrize(("language", "codec"), [legacy[:2] for legacy in LEGACY])
def test_legacy_pages_that_say_nothing(language, codec):
    text = page(TEXTS[language])
    assert decode(text.encode(codec), None, tld={"pl": "pl"}.get(language)) == text


@pytest.mark.parametrize("label", ["utf-8", "UTF8", ' "utf-8" ', "unicode-1-1-utf-8", None])
def test_utf_8(label):
    assert decode("Grüße, 世界 🙂".encode(), label) == "Grüße, 世界 🙂"


@pytest.mark.parametrize(
    ("codec", "mark"), [("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff"), ("utf-8", b"\xef\xbb\xbf")]
)
def test_a_byte_order_mark_beats_every_label_and_is_not_part_of_the_text(codec, mark):
    assert decode(mark + "<p>Grüße".encode(codec), "koi8-r") == "<p>Grüße"


def test_utf_16_by_label_and_by_its_nulls():
    text = page("plain words")
    assert decode(text.encode("utf-16-le"), "utf-16") == text
    assert decode(text.encode("utf-16-be"), "UTF-16BE") == text
    assert decode(text.encode("utf-16-le"), None) == text
    assert decode(text.encode("utf-16-be"), None) == text


def test_a_page_that_can_be_read_is_not_the_utf_16_it_says_it_is():
    text = '<meta charset="utf-16">Grüße'
    assert decode(text.encode(), None) == text


def test_iso_8859_1_means_windows_1252():
    assert decode(b"\x93quoted\x94 \x80", "iso-8859-1") == "“quoted” €"


def test_valid_utf_8_is_utf_8_whatever_single_byte_label_it_carries():
    assert decode("Ünïcödé — 中文".encode(), "iso-8859-1") == "Ünïcödé — 中文"


def test_pages_of_utf_8_that_say_they_are_chinese():
    text = page(TEXTS["zh"])
    assert decode(text.encode(), "gb2312") == text


def test_a_few_bytes_that_happen_to_be_utf_8_are_read_as_labelled():
    assert decode("联通".encode("gbk"), "gbk") == "联通"


def test_a_label_of_utf_8_that_the_bytes_contradict():
    text = '<meta charset="windows-1251">' + page(TEXTS["ru"])
    assert decode(text.encode("cp1251"), "utf-8") == text
    unlabelled = page(TEXTS["ja"])
    assert decode(unlabelled.encode("shift_jis"), "utf-8") == unlabelled


def test_one_broken_byte_does_not_change_the_encoding():
    text = page(TEXTS["ru"] * 3).encode()
    assert decode(text + b"\xff", "utf-8") == page(TEXTS["ru"] * 3) + "\ufffd"


def test_a_declaration_in_a_comment_is_none():
    text = '<!-- <meta charset="koi8-r"> --><meta charset="windows-1251">Привет, мир'
    assert decode(text.encode("cp1251"), None) == text


def test_a_late_declaration_is_found():
    text = f'<!--{"x" * 8192}--><meta charset="windows-1251">Да'
    assert decode(text.encode("cp1251"), None) == text


def test_an_xml_declaration_counts():
    text = '<?xml version="1.0" encoding="windows-1251"?><html>Да</html>'
    assert decode(text.encode("cp1251"), None) == text


@pytest.mark.parametrize(
    "label",
    [
        "zlib_codec",
        "rot_13",
        "idna",
        "unicode_escape",
        "undefined",
        "klingon-8",
        "\0",
        "a" * 9000,
        "",
        "replacement",
    ],
)
def test_labels_the_web_does_not_know_are_ignored(label):
    assert decode("Grüße &amp; uryyb".encode(), label) == "Grüße &amp; uryyb"


def test_encodings_that_browsers_refuse_are_read():
    assert decode("你好".encode("hz"), "hz-gb-2312") == "你好"


@given(
    st.binary(max_size=400),
    st.one_of(st.none(), st.text(max_size=20), st.sampled_from([label for *_, label in LEGACY])),
)
def test_any_bytes_give_text_that_utf_8_can_hold(body, label):
    text = decode(body, label)
    assert "\0" not in text
    text.encode("utf-8")
