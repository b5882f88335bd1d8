"""Words of a scenario file with their places, and the error for a mistake in the file."""

import re
from dataclasses import dataclass

from exchange.errors import UserError

NAME = re.compile(r"[!-~]{1,24}")
NUMBER = re.compile(r"-?[0-9]{1,18}")
SHOWN_CHARACTERS = 60


class NotationError(UserError):
    """A mistake in a scenario file. The text has file, line, column, what was found and what is allowed."""


@dataclass(frozen=True)
class Word:
    """A piece of a line: a word, an entry or a field. `place`: file:line; `column`: counted from 1."""

    text: str
    place: str
    column: int

    def part(self, start: int, stop: int | None = None) -> "Word":
        return Word(self.text[start:stop], self.place, self.column + start)

    def split(self, separator: str) -> list["Word"]:
        """The parts between separators, without surrounding spaces."""
        parts, start = [], 0
        for text in self.text.split(separator):
            inner = len(text) - len(text.lstrip())
            parts.append(self.part(start + inner, start + inner + len(text.strip())))
            start += len(text) + len(separator)
        return parts

    def words(self) -> list["Word"]:
        return [self.part(*found.span()) for found in re.finditer(r"\S+", self.text)]

    def end(self) -> "Word":
        return self.part(len(self.text))


def notation_error(word: Word, allowed: str) -> NotationError:
    """Make the error for a word that is not allowed where it is. `allowed`: what is, in words."""
    found = repr(word.text[:SHOWN_CHARACTERS]) if word.text else "nothing more"
    return NotationError(f"{word.place}:{word.column}: found {found}, allowed: {allowed}")


def number(word: Word, low: int, high: int, what: str) -> int:
    """The whole number that a word is. NotationError: it is none, or not in `low` to `high`. `what` names it."""
    if NUMBER.fullmatch(word.text) and low <= int(word.text) <= high:
        return int(word.text)
    raise notation_error(word, f"{what}, a whole number {low}..{high}")


def name(word: Word, what: str, length: int = 24) -> str:
    """The word as a name of an order, account, session or tag. NotationError: not a name. `what`: for the error."""
    if NAME.fullmatch(word.text) and not set("=@:") & set(word.text) and len(word.text) <= length:
        return word.text
    raise notation_error(word, f"{what}, 1 to {length} printable characters without = @ :")


class Words:
    """The words of one entry, taken one after the other: `take` the next one, `rest` all that are left."""

    def __init__(self, entry: Word) -> None:
        self.entry = entry
        self.waiting = entry.words()

    def take(self, allowed: str) -> Word:
        if not self.waiting:
            raise notation_error(self.entry.end(), allowed)
        return self.waiting.pop(0)

    def rest(self) -> list[Word]:
        rest, self.waiting = self.waiting, []
        return rest

    def close(self) -> None:
        """Raise NotationError if words are left."""
        if self.waiting:
            raise notation_error(self.waiting[0], "the end of this entry")
