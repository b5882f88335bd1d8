"""Words of a scenario file and their places."""

import pytest

from exchange.conformance.words import NotationError, Word, Words, name, notation_error, number

LINE = Word("a B5@100 ; b | next", "file.txt:3", 1)


def test_parts_of_a_line_keep_their_columns() -> None:
    first, second = LINE.split("|")
    assert (first.text, first.column) == ("a B5@100 ; b", 1)
    assert (second.text, second.column) == ("next", 16)
    assert [(word.text, word.column) for word in first.split(";")[0].words()] == [("a", 1), ("B5@100", 3)]
    assert (LINE.end().text, LINE.end().column) == ("", 20)


def test_a_mistake_names_its_place_what_was_found_and_what_is_allowed() -> None:
    assert str(notation_error(LINE.words()[1], "a side")) == "file.txt:3:3: found 'B5@100', allowed: a side"
    assert str(notation_error(LINE.end(), "more")) == "file.txt:3:20: found nothing more, allowed: more"
    long = str(notation_error(Word("x" * 100, "f:1", 1), "less"))
    assert long == f"f:1:1: found '{'x' * 60}', allowed: less"


@pytest.mark.parametrize("text", ["0", "-1", "7", "1.5", "x", "", "1" * 19])
def test_a_number_lies_inside_its_bounds(text: str) -> None:
    with pytest.raises(NotationError, match=r"allowed: lots, a whole number 1\.\.6$"):
        number(Word(text, "f:1", 1), 1, 6, "lots")
    assert number(Word("6", "f:1", 1), 1, 6, "lots") == 6


@pytest.mark.parametrize("text", ["a=b", "a@b", "a:b", "a b", "x" * 25, "\u00e9", ""])
def test_a_name_is_a_short_printable_word(text: str) -> None:
    with pytest.raises(NotationError, match="an account, 1 to 24 printable characters"):
        name(Word(text, "f:1", 1), "an account")
    assert name(Word("desk-7.b", "f:1", 1), "an account") == "desk-7.b"


def test_words_of_an_entry_are_taken_in_turn_and_none_may_be_left() -> None:
    words = Words(Word("X a b", "f:1", 1))
    assert (words.take("a word").text, words.take("an id").text) == ("X", "a")
    with pytest.raises(NotationError, match="f:1:5: found 'b', allowed: the end of this entry"):
        words.close()
    assert [word.text for word in words.rest()] == ["b"]
    words.close()
    with pytest.raises(NotationError, match="f:1:6: found nothing more, allowed: an id"):
        words.take("an id")
