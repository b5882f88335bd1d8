"""Parses files of clearing scenarios: `scenario ID | RULE-CODES | title`, and the lines of each up to the next.

    [time] verb word word ... [-> refused REASON]
    expect ...      calc NAME words = RESULT      config KEY VALUE [-> refused CODE]

Set-up lines come before all others, calculations and configurations apart. `#` at the start of a line or after a blank
begins a comment. Time never runs backwards; every line gets the moment at which it acts.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from contracts_spec.periods import day_start_ns
from exchange.conformance.clearing.calc import read_calculation
from exchange.conformance.clearing.expectations import read_expectation
from exchange.conformance.clearing.kinds import TIME, seconds
from exchange.conformance.clearing.lines import (
    CalcLine,
    ClearingScenario,
    ConfigLine,
    ExpectLine,
    ScenarioLine,
    SetupLine,
    VerbLine,
)
from exchange.conformance.clearing.setup import SETUP, START
from exchange.conformance.clearing.verbs import CONFIG_REFUSALS, REFUSALS, VERBS, read_verb
from exchange.conformance.words import Word, notation_error
from exchange.units import NS_PER_S

HEAD = re.compile(r"scenario\s+\S+\s*\|")
RULE_CODE = re.compile(r"[A-Z]+-[0-9]\S*")
COMMENT = re.compile(r"(^|\s)#.*")
HEAD_FIELDS = "scenario ID | RULE-CODES | title"
MORNING_S = 10 * 3600  # where a day begins: 10:00:00
CLOSE_S = 21 * 3600
AFTER_CLOSE_S = CLOSE_S + 600  # where `close` ends: 21:10:00
OTHERS = ("expect", "calc", "config")


def is_clearing(text: str) -> bool:
    """Whether a text has clearing scenarios: its first line that is no comment begins one."""
    first = next((line for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#")), "")
    return HEAD.match(first.strip()) is not None


def read_clearing(text: str, file: str) -> list[ClearingScenario]:
    """The clearing scenarios in a text. `file`: name for errors. NotationError: the first mistake in the text."""
    scenarios: list[ClearingScenario] = []
    for lines in _by_scenario(text, file):
        scenario = _ScenarioReader(lines[0]).read(lines[1:])
        if scenario.name in [other.name for other in scenarios]:
            raise notation_error(lines[0].words()[1], "an id that no scenario before has")
        scenarios.append(scenario)
    return scenarios


def _by_scenario(text: str, file: str) -> Iterator[list[Word]]:
    """The lines of each scenario, without comments and blank lines; the first is its head."""
    current: list[Word] = []
    for number, line in enumerate(text.split("\n"), 1):
        bare = COMMENT.sub("", line).rstrip()
        if not bare.strip():
            continue
        word = Word(bare, f"{file}:{number}", 1)
        if HEAD.match(bare.lstrip()):
            if current:
                yield current
            current = [word]
        elif not current:
            raise notation_error(word.words()[0], HEAD_FIELDS)
        else:
            current.append(word)
    if current:
        yield current


class _Clock:
    """The clock of a scenario, in seconds of a date."""

    def __init__(self, day: date) -> None:
        self.day = day
        self.second = MORNING_S

    @property
    def time_ns(self) -> int:
        return day_start_ns(self.day) + self.second * NS_PER_S

    def set(self, word: Word) -> None:
        """Move to a time of the day. NotationError: it has passed."""
        if seconds(word.text) < self.second:
            raise notation_error(word, f"a time from {timedelta(seconds=self.second)} on")
        self.second = seconds(word.text)

    def begin(self, day: date, word: Word) -> None:
        """Move to the morning of a day. NotationError: it has passed."""
        if (day, MORNING_S) < (self.day, self.second):
            raise notation_error(word, f"a date after {self.day}")
        self.day, self.second = day, MORNING_S

    def close(self) -> None:
        """Move beyond the next close."""
        if self.second >= CLOSE_S:
            self.day += timedelta(days=1)
        self.second = AFTER_CLOSE_S


class _ScenarioReader:
    """Reads the lines of one scenario."""

    def __init__(self, head: Word) -> None:
        fields = head.split("|")
        if len(fields) != 3:
            raise notation_error(head.end(), HEAD_FIELDS)
        name, codes, title = fields
        for word in codes.words():
            if not RULE_CODE.fullmatch(word.text):
                raise notation_error(word, "rule codes like SETTLE-001")
        for word in name.words()[2:]:
            raise notation_error(word, HEAD_FIELDS)
        self.name, self.title, self.place = name.words()[1].text, title.text, head.place
        self.codes = tuple(word.text for word in codes.words())
        self.setup: list[SetupLine] = []
        self.lines: list[ScenarioLine] = []
        self.clock: _Clock | None = None  # runs from the first line that is no set-up

    def read(self, lines: list[Word]) -> ClearingScenario:
        for line in lines:
            self._read_line(line, line.words())
        named = {line.name: line.values for line in self.setup if line.name in ("needs", "start")}
        start = _Clock(named.get("start", {}).get("date", START))
        needs = tuple(named.get("needs", {}).get("part", ()))
        setup, read = tuple(self.setup), tuple(self.lines)
        return ClearingScenario(self.name, self.codes, self.title, self.place, needs, start.time_ns, setup, read)

    def _read_line(self, line: Word, words: list[Word]) -> None:
        verb, text = words[0], " ".join(word.text for word in words)
        if verb.text == "calc":
            self.lines.append(CalcLine(line.place, text, read_calculation(words[1:], line.end())))
        elif verb.text == "config":
            self.lines.append(_config(line, text, words[1:]))
        elif verb.text in SETUP:
            if self.clock is not None:
                raise notation_error(verb, "set-up before all other lines")
            values = SETUP[verb.text].read(words[1:], line.end())
            self.setup.append(SetupLine(line.place, text, verb.text, values))
        else:
            self._read_act(line, text, words)

    def _read_act(self, line: Word, text: str, words: list[Word]) -> None:
        """A verb or an expectation, with or without a time."""
        if self.clock is None:
            starts = [one.values["date"] for one in self.setup if one.name == "start"]
            self.clock = _Clock(starts[-1] if starts else START)
        if TIME.fullmatch(words[0].text):
            self.clock.set(words[0])
            words = words[1:]
        if not words or words[0].text not in (*VERBS, *OTHERS[:1]):
            allowed = f"a time, {' '.join((*VERBS, *OTHERS))}, or a set-up line: {' '.join(SETUP)}"
            raise notation_error(words[0] if words else line.end(), allowed)
        verb = words[0]
        if verb.text == "expect":
            name, values, question = read_expectation(words[1:], line.end())
            self.lines.append(ExpectLine(line.place, text, self.clock.time_ns, name, values, question))
            return
        words, refused = _refusal(line, words, REFUSALS)
        values = read_verb(verb, words[1:], words[-1].end() if refused else line.end())
        if verb.text == "day":
            self.clock.begin(values["date"], words[1])
        elif verb.text == "close":
            self.clock.close()
        self.lines.append(VerbLine(line.place, text, self.clock.time_ns, verb.text, values, refused))


def _refusal(line: Word, words: list[Word], allowed: tuple[str, ...]) -> tuple[list[Word], str]:
    """(words before `->`, reason after it; empty without one). NotationError: `-> refused REASON` has another form."""
    places = [place for place, word in enumerate(words) if word.text == "->"]
    if not places:
        return words, ""
    rest = words[places[0] + 1 :]
    form = [("refused",), allowed]
    for place, choice in enumerate(form):
        if len(rest) <= place or rest[place].text not in choice:
            raise notation_error(rest[place] if len(rest) > place else line.end(), " ".join(choice))
    if len(rest) > len(form):
        raise notation_error(rest[len(form)], "the end of the line")
    return words[: places[0]], rest[1].text


def _config(line: Word, text: str, words: list[Word]) -> ConfigLine:
    words, refused = _refusal(line, words, CONFIG_REFUSALS)
    if len(words) != 2 or "." not in words[0].text:
        wrong = words[2] if len(words) > 2 else words[0] if len(words) == 2 else line.end()
        raise notation_error(wrong, "config KEY VALUE, a key like chips.H100.psr_mills")
    value = None if words[1].text == "null" else words[1].text
    return ConfigLine(line.place, text, words[0].text, value, refused)
