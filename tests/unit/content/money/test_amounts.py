from __future__ import annotations

import pytest

from webkiln.content.money.amounts import amount_of, machine_amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("7", 7), ("7.5", 7.5), ("7,50", 7.5), ("0.999", 0.999), ("1.299", 1299), ("1,299", 1299),
        ("1.299,00", 1299), ("1,299.95", 1299.95), ("1 299,5", 1299.5), ("1\u00a0299", 1299),
        ("1\u202f299,99", 1299.99), ("1'299.50", 1299.5), ("1\u2019299", 1299), ("12,34,567.00", 1234567),
        ("1.234.567", 1234567), ("15,-", 15), ("15.\u2013", 15), ("0,05", 0.05), ("67.8400", 67.84),
        ("\u0661\u0662\u0663\u066b\u0665", 123.5), ("\u06f1\u066c\u06f2\u06f0\u06f0", 1200),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text, amount):
    assert amount_of(text) == pytest.approx(amount)


@pytest.mark.parametrize("text", ["", "-", "twelve", "1x2", "9" * 16, "1:20", "."])
def test_other_text_is_no_number(text):
    assert amount_of(text) is None


@pytest.mark.parametrize(
    ("text", "amount"), [("1.299", 1.299), (" 12 ", 12), ("67.8400", 67.84), ("1,5", None), ("", None)]
)
def test_machines_write_a_point_before_decimals(text, amount):
    assert machine_amount(text) == amount
