import pytest

from webkiln.content.fingerprint import fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("", " \n"),
        ("salt glaze", "glaze\tsalt"),
        ("ab 12", "21ba"),
        ("\ud800x", "x\ud800"),
        ("窯\u3000元", "元窯"),
    ],
)
def test_order_and_white_space_do_not_count(one, other):
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(
    ("one", "other"), [("", "a"), ("a", "aa"), ("a", "A"), ("é", "e\u0301"), ("1" * 11, "1;1"), ("12", "112")]
)
def test_characters_and_their_number_do(one, other):
    assert fingerprint(one) != fingerprint(other)


def test_it_stays_what_it_is_from_one_release_to_the_next():
    assert fingerprint("kiln 6").hex() == "b9a8e4bdb9ca4eee28c247609baeb9ea"
