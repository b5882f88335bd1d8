"""Shapes of lines, and words read by them.

A shape is written as the line that it describes. A word in capitals is a kind of word (`kinds.py`); one word may join
several, as `PRICExLOTS` or `@PRICE`. Every other word stands for itself. `[...]` may be left out, `...` after a word or
a group `(...)` repeats it, at least once; an account is named once then:

    deposit ACCOUNT MILLS
    order ORDER ACCOUNT SIDE LOTS SYMBOL @PRICE [gtc]
    vwap [prior PRICE] PRICExLOTS...
    adjust DATE SYMBOL (ACCOUNT MILLS)...

A value is named after the fixed word before it (`prior`), else after its kind in small letters; joined ones are a tuple
with all their names (`price_lots`). A fixed word that may be left out is True or False. Repeated words are a list.
"""

import re
from dataclasses import dataclass, replace
from typing import Any

from exchange.conformance.clearing.kinds import KINDS
from exchange.conformance.words import Word, notation_error

Values = dict[str, Any]
_TOKENS = re.compile(r"\.\.\.|[\[\]()]|(?:(?!\.\.\.)[^\s\[\]()])+")


@dataclass(frozen=True)
class OneWord:
    """One word of a shape: kinds joined by fixed text. Without a kind it stands for itself and has no label."""

    text: str
    kinds: tuple[str, ...]
    pattern: re.Pattern[str]
    label: str

    @property
    def what(self) -> str:
        return KINDS[self.text].what if self.text in KINDS else self.text

    def read(self, word: Word) -> Any:
        """The value of a word; of joined kinds a tuple. NotationError: it has another form."""
        found = self.pattern.fullmatch(word.text)
        if found is None:
            raise notation_error(word, self.what)
        values = []
        for place, kind in enumerate(self.kinds, 1):
            part = word.part(*found.span(place))
            try:
                values.append(KINDS[kind].read(part.text))
            except ValueError:
                raise notation_error(part, KINDS[kind].what) from None
        return tuple(values) if len(values) > 1 else values[0] if values else True

    def fits(self, word: Word) -> bool:
        """Whether a word begins this part of a line. One with fixed text fits by that text alone, so that a mistake
        in the rest of it is found where it is."""
        if self.text not in KINDS:
            return self.pattern.fullmatch(word.text) is not None
        try:
            KINDS[self.text].read(word.text)
        except ValueError:
            return False
        return True


@dataclass(frozen=True)
class WordGroup:
    """Parts that stand together: repeated, once or more often, or (`repeats` False) left out at will.

    stop   the fixed word that ends the repetition, if one stands after it
    """

    parts: tuple["OneWord | WordGroup", ...]
    repeats: bool
    label: str
    stop: str = ""

    @property
    def flag(self) -> str:
        """The fixed word, if it is all that there is; else empty."""
        only = self.parts[0]
        return only.text if len(self.parts) == 1 and isinstance(only, OneWord) and not only.kinds else ""

    def fits(self, word: Word) -> bool:
        return word.text != self.stop and self.parts[0].fits(word)

    def absent(self) -> Values:
        """The values if it is left out."""
        return {self.flag: False} if self.flag else {part.label: None for part in self.parts if part.label}


Part = OneWord | WordGroup


class Shape:
    """The shape of the words of a line after its verb."""

    def __init__(self, usage: str) -> None:
        self.usage = usage
        self.parts = _compiled(usage)

    def read(self, words: list[Word], end: Word) -> Values:
        """The values in words, in the order of the shape.

        end   the end of the line, for errors
        NotationError: a word has another form, or one is missing or left over
        """
        reader = _Reader(words, end, self.usage)
        values: Values = {}
        for part in self.parts:
            reader.take(part, values)
        reader.close()
        return values


class _Reader:
    """Takes words one after the other."""

    def __init__(self, words: list[Word], end: Word, usage: str) -> None:
        self.waiting = list(words)
        self.end = end
        self.usage = usage

    def take(self, part: Part, values: Values) -> None:
        if isinstance(part, OneWord):
            value = self._take_word(part)
            if part.label:
                values[part.label] = value
        elif part.repeats:
            values[part.label] = self._take_repeated(part)
        elif not self.waiting or not part.fits(self.waiting[0]):
            values.update(part.absent())
        elif part.flag:
            values[part.flag] = self._take_word(part.parts[0])
        else:
            for inner in part.parts:
                self.take(inner, values)

    def close(self) -> None:
        if self.waiting:
            raise notation_error(self.waiting[0], f"the end of the line, as in: {self.usage}")

    def _take_repeated(self, group: WordGroup) -> list[Any]:
        found: list[Any] = []
        accounts: set[str] = set()
        while not found or (self.waiting and group.fits(self.waiting[0])):
            one: Values = {}
            self._name_account(group.parts[0], accounts)
            for inner in group.parts:
                self.take(inner, one)
            values = list(one.values())
            found.append(tuple(values) if len(values) > 1 else values[0])
        return found

    def _name_account(self, part: Part, accounts: set[str]) -> None:
        """Add the account that the next word begins with, if it begins with one. NotationError: it is named already."""
        if not isinstance(part, OneWord) or part.kinds[:1] != ("ACCOUNT",) or not self.waiting:
            return
        found = part.pattern.fullmatch(self.waiting[0].text)
        if found is None:
            return
        if found[1] in accounts:
            raise notation_error(self.waiting[0].part(*found.span(1)), "an account that is not named twice")
        accounts.add(found[1])

    def _take_word(self, part: Part) -> Any:
        assert isinstance(part, OneWord)
        if not self.waiting:
            raise notation_error(self.end, f"{part.what}, as in: {self.usage}")
        return part.read(self.waiting.pop(0))


def _one_word(text: str) -> OneWord:
    """Split a word of a shape into kinds and the fixed text between them."""
    pieces = re.findall(r"[A-Z]+|[^A-Z]+", text)
    kinds = tuple(piece for piece in pieces if piece in KINDS)
    pattern = "".join("(.+?)" if piece in KINDS else re.escape(piece) for piece in pieces)
    return OneWord(text, kinds, re.compile(pattern), "_".join(kinds).lower())


def _compiled(usage: str) -> tuple[Part, ...]:
    """The parts of a shape."""
    levels: list[list[Part]] = [[]]
    for token in _TOKENS.findall(usage):
        if token in "[(":
            levels.append([])
        elif token in "])":
            inner = _labelled(levels.pop())
            levels[-1].append(WordGroup(inner, token == ")", "_".join(part.label for part in inner)))
        elif token == "...":
            last = levels[-1].pop()
            levels[-1].append(last if isinstance(last, WordGroup) else WordGroup((last,), True, last.label))
        else:
            levels[-1].append(_one_word(token))
    return _labelled(levels[0])


def _labelled(parts: list[Part]) -> tuple[Part, ...]:
    """Parts named after the fixed word before them."""
    named: list[Part] = []
    for place, part in enumerate(parts):
        before, after = named[-1] if named else None, parts[place + 1] if place + 1 < len(parts) else None
        if isinstance(part, WordGroup) and part.repeats and isinstance(after, OneWord) and not after.kinds:
            part = replace(part, stop=after.text)
        is_optional = isinstance(part, WordGroup) and not part.repeats
        if isinstance(before, OneWord) and not before.kinds and part.label and not is_optional:
            part = replace(part, label=before.text)
        named.append(part)
    labels = [part.label for part in named if part.label]
    assert len(set(labels)) == len(labels), f"{labels}: a value is named twice"
    return tuple(named)
