import pytest

from webkiln.content.quality.words import words_of


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("", []),
        ("# Salt *glaze*, fired", ["salt", "glaze", "fired"]),
        ("[Bowls](https://a.test/some/long-way) and ![a cup](/x.png)", ["bowls", "and", "a", "cup"]),
        ("See https://a.test/b/c now", ["see", "now"]),
        ("青磁の皿", ["青磁", "の皿"]),
        ("Über Öfen", ["über", "öfen"]),
        ("[open](http://a.test", ["open"]),
    ],
)
def test_words_are_what_a_reader_reads(markdown, words):
    assert words_of(markdown) == words


def test_of_a_very_long_text_the_beginning_is_enough():
    assert len(words_of("a " * 10_000_000)) == 100_000
