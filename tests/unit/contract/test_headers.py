from __future__ import annotations

import pytest

from webkiln.contract.headers import MAX_HEADERS, MAX_VALUE_LENGTH, OURS, InvalidHeader, check_headers


def test_ordinary_headers_pass():
    check_headers({})
    check_headers(
        {
            "Authorization": "Bearer abc",
            "Cookie": "a=b; c=d",
            "User-Agent": "me/1.0 (+https://example.com)",
            "X-Empty": "",
            "X-Tab": "a\tb",
            "X-Latin": "café",
            "x!#$%&'*+-.^_`|~1": "token",
            "Accept-Language": "de",
        }
    )


@pytest.mark.parametrize(
    "name",
    ["", " ", "X A", "X:A", "X\r\nY", "X\0", "Xä", ":authority", "X\t", "(x)", "x" * 257, "a@b"],
)
def test_names_are_tokens(name):
    with pytest.raises(InvalidHeader, match="name"):
        check_headers({name: "value"})


@pytest.mark.parametrize(
    "value",
    ["a\nX-Injected: 1", "a\r", "\r\n", "a\0b", "a\x7f", "a\x85b", "a\u2028b", "\u560d\u560aX: 1", "€"],
)
def test_values_have_no_controls_and_fit_latin_1(value):
    with pytest.raises(InvalidHeader, match="X-A"):
        check_headers({"X-A": value})


@pytest.mark.parametrize("name", sorted(OURS))
def test_framing_and_hop_by_hop_headers_are_ours(name):
    for spelling in (name, name.upper(), name.title()):
        with pytest.raises(InvalidHeader, match="server"):
            check_headers({spelling: "x"})


def test_the_dangerous_names_are_among_ours():
    assert {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"} <= OURS
    assert {"keep-alive", "proxy-authorization", "proxy-connection", "expect"} <= OURS


def test_amounts_are_bounded():
    check_headers({"X-A": "x" * MAX_VALUE_LENGTH})
    with pytest.raises(InvalidHeader, match="longer"):
        check_headers({"X-A": "x" * (MAX_VALUE_LENGTH + 1)})
    with pytest.raises(InvalidHeader, match="together"):
        check_headers({f"X-{number}": "x" * MAX_VALUE_LENGTH for number in range(5)})
    check_headers({f"X-{number}": "x" for number in range(MAX_HEADERS)})
    with pytest.raises(InvalidHeader, match="at most"):
        check_headers({f"X-{number}": "x" for number in range(MAX_HEADERS + 1)})


def test_the_message_does_not_carry_the_injection():
    with pytest.raises(InvalidHeader) as caught:
        check_headers({"X\r\nSet-Cookie: a" + "b" * 500: "x"})
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 100
