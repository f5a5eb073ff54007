import random

import pytest

from webkiln.content.unified_diff import unified_diff


def applied(old, diff):
    """Return the text that a diff makes of the old one, by what its parts say."""
    lines, made, at = old.split("\n") if old else [], [], 0
    for chunk in diff.files[0]["chunks"] if diff.files else []:
        for change in chunk["changes"]:
            number = change.get("ln1", change.get("ln"))
            if change["type"] != "add":
                made += lines[at : number - 1]
                at = number
                assert change["content"][1:] == lines[number - 1]
            elif change["ln"] > len(made) + 1:
                missing = change["ln"] - len(made) - 1
                made += lines[at : at + missing]
                at += missing
            if change["type"] != "del":
                made.append(change["content"][1:])
                assert change.get("ln2", number) == len(made)
    return "\n".join(made + lines[at:])


def test_a_change_is_told_with_three_lines_around_it():
    old = "\n".join("abcdefghij")
    diff = unified_diff(old, old.replace("f", "F"))
    assert diff.text == "@@ -3,7 +3,7 @@\n c\n d\n e\n-f\n+F\n g\n h\n i"
    (file,) = diff.files
    assert (file["from"], file["to"], diff.whole) == (None, None, True)
    (chunk,) = file["chunks"]
    assert chunk["content"] == "@@ -3,7 +3,7 @@"
    assert chunk["changes"][2:5] == [
        {"type": "normal", "normal": True, "ln1": 5, "ln2": 5, "content": " e"},
        {"type": "del", "del": True, "ln": 6, "content": "-f"},
        {"type": "add", "add": True, "ln": 6, "content": "+F"},
    ]


@pytest.mark.parametrize(("apart", "hunks"), [(6, 1), (7, 2)])
def test_changes_that_share_lines_around_them_share_a_hunk(apart, hunks):
    between = "\n".join(f"same {n}" for n in range(apart))
    diff = unified_diff(f"a\n{between}\nb", f"A\n{between}\nB")
    assert diff.text.count("@@ -") == hunks == len(diff.files[0]["chunks"])


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("", "a\nb", "@@ -0,0 +1,2 @@\n+a\n+b"),
        ("a\nb", "", "@@ -1,2 +0,0 @@\n-a\n-b"),
        ("a\n", "a\nb\n", "@@ -1,1 +1,2 @@\n a\n+b"),
        ("a\u2028b\rc", "a\u2028b\rd", "@@ -1,1 +1,1 @@\n-a\u2028b\rc\n+a\u2028b\rd"),
    ],
)
def test_ends_and_beginnings(old, new, text):
    assert unified_diff(old, new).text == text


@pytest.mark.parametrize("text", ["", "a", "a\nb\n"])
def test_what_is_the_same_has_no_hunk(text):
    diff = unified_diff(text, text)
    assert (diff.text, diff.files, diff.whole) == ("", [], True)


def test_whatever_the_texts_the_diff_leads_from_one_to_the_other():
    dice = random.Random(20261201)
    for _ in range(300):
        words = [f"w{n}" for n in range(dice.randint(1, 25))]
        old = "\n".join(dice.choices(words, k=dice.randrange(1, 40)))
        new = "\n".join(word for word in old.split("\n") for _ in range(dice.choice((0, 1, 1, 1, 1, 2))))
        if dice.random() < 0.3:
            new = "\n".join(dice.choices(words, k=dice.randrange(1, 40)))
        assert applied(old, unified_diff(old, new)) == new


def test_of_too_much_only_the_beginning_is_told_and_its_header_fits():
    old, new = ("\n".join(f"{word} {n}" for n in range(100)) for word in ("old", "new"))
    diff = unified_diff(old, new, most_lines=110)
    assert not diff.whole
    header, *lines = diff.text.split("\n")
    assert (header, len(lines)) == ("@@ -1,100 +1,10 @@", 110)
    diff = unified_diff(old, new, most_characters=50)
    assert 0 < len(diff.text) < 100


def test_a_line_that_is_too_long_is_not_told_at_all():
    diff = unified_diff("a" * 3_000_000, "b" * 3_000_000)
    assert (diff.text, diff.files, diff.whole) == ("", [], False)


def test_texts_of_very_many_lines_are_not_compared():
    assert not unified_diff("a\n" * 150_000, "b\n" * 150_000).whole
