"""Words of a scenario file, each with its place, and the error that a mistake in the file raises."""

import re
from dataclasses import dataclass

from exchange.errors import UserError

NAME = re.compile(r"[!-~]{1,24}")
NUMBER = re.compile(r"-?[0-9]{1,18}")
SHOWN_CHARACTERS = 60


class NotationError(UserError):
    """A scenario file cannot be read: file, line, column, what was found and what is allowed."""


@dataclass(frozen=True)
class Word:
    """A piece of a line. `place` is file:line, `column` counts characters from 1."""

    text: str
    place: str
    column: int

    def part(self, start: int, stop: int | None = None) -> "Word":
        return Word(self.text[start:stop], self.place, self.column + start)

    def split(self, separator: str) -> list["Word"]:
        """The parts between separators, without the spaces around them."""
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


def wrong(word: Word, allowed: str) -> NotationError:
    """The error of a word that is not allowed in its place."""
    found = repr(word.text[:SHOWN_CHARACTERS]) if word.text else "nothing more"
    return NotationError(f"{word.place}:{word.column}: found {found}, allowed: {allowed}")


def number(word: Word, low: int, high: int, what: str) -> int:
    """A whole number inside its bounds."""
    if NUMBER.fullmatch(word.text) and low <= int(word.text) <= high:
        return int(word.text)
    raise wrong(word, f"{what}, a whole number {low}..{high}")


def name(word: Word, what: str, length: int = 24) -> str:
    """A name of an order, account, session or tag."""
    if NAME.fullmatch(word.text) and not set("=@:") & set(word.text) and len(word.text) <= length:
        return word.text
    raise wrong(word, f"{what}, 1 to {length} printable characters without = @ :")


class Words:
    """The words of one entry, taken one after the other."""

    def __init__(self, entry: Word) -> None:
        self.entry = entry
        self.waiting = entry.words()

    def take(self, allowed: str) -> Word:
        if not self.waiting:
            raise wrong(self.entry.end(), allowed)
        return self.waiting.pop(0)

    def rest(self) -> list[Word]:
        rest, self.waiting = self.waiting, []
        return rest

    def close(self) -> None:
        """NotationError: words are left."""
        if self.waiting:
            raise wrong(self.waiting[0], "the end of this entry")
