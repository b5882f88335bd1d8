"""Shapes of what a clearing scenario expects. The values before the bar ask, those after it are the answer."""

from exchange.conformance.clearing.shapes import Shape, Values
from exchange.conformance.words import Word, notation_error


class Expectation:
    """One kind of expectation: the shape of its line, and the labels of the values that ask."""

    def __init__(self, question: str, answer: str) -> None:
        self.shape = Shape(f"{question} {answer}".strip())
        self.question = tuple(part.label for part in Shape(question).parts if part.label)


EXPECTATIONS = {
    name: Expectation(*(part.strip() for part in usage.split("|")))
    for name, usage in {
        "settle": "SYMBOL | PRICE [SETTLED] [FLAG]",
        "mark": "SYMBOL | PRICE",
        "limits": "SYMBOL | LOW..HIGH",
        "state": "SYMBOL | LIFE",
        "phase": "SYMBOL | PHASE",
        **dict.fromkeys(("cash", "balance", "equity"), "ACCOUNT | MILLS"),
        "position": "ACCOUNT SYMBOL | LOTS [sum SUM]",
        "open": "SYMBOL | LOTS",
        "order": "ORDER | ORDERSTATE [WHY] [left LEFT]",
        "account": "ACCOUNT | STANDING",
        "call": "ACCOUNT | MILLS [due TIME]",
        "margin": "ACCOUNT | (MARGINPART MILLS)...",
        "whatif": "ACCOUNT (LOTS SYMBOL)... | total MILLS",
        "statement": "ACCOUNT | (ENTRY MILLS)...",
        "index": "INDEX DATE | TAKEN HOW",
        "lotset": "LOTSET | LOTSTATE [TIER] [G] [until DATE]",
        "cdc": "CDC | CDCSTATE [TIER]",
        "stock": "SYMBOL | LOTS",
        "spotlimit": "CHIPMONTH | LOTS",
        "assigned": "CDC | ACCOUNTS",
        "invoice": "CDC | (ITEM MILLS)...",
        "result": "CDC | OUTCOME",
        "flag": "ACCOUNT LIMIT | YESNO",
        "fund": "ACCOUNT | MILLS",
        **dict.fromkeys(("fees", "sitg", "resold", "tearup"), "| MILLS"),
    }.items()
}


def read_expectation(words: list[Word], end: Word) -> tuple[str, Values, tuple[str, ...]]:
    """(name, values, labels of the values that ask) of the words after `expect`. NotationError: no such shape."""
    if not words or words[0].text not in EXPECTATIONS:
        raise notation_error(words[0] if words else end, f"an expectation: {' '.join(EXPECTATIONS)}")
    name, *rest = words
    expectation = EXPECTATIONS[name.text]
    return name.text, expectation.shape.read(rest, end), expectation.question


def differences(expected: Values, question: tuple[str, ...], actual: Values) -> list[tuple[str, object, object]]:
    """(label, expected, actual) of each value that the answer has otherwise.

    A value that the line does not tell is not compared. Of pairs (part, amount) the answer has a mapping; of several
    allowed names it has one.

    actual   the answer: values by label
    """
    found: list[tuple[str, object, object]] = []
    for label, value in expected.items():
        if label in question or value is None:
            continue
        answer = actual.get(label)
        if isinstance(value, list) and isinstance(value[0], tuple):
            parts = answer if isinstance(answer, dict) else {}
            found += [(part, amount, parts.get(part)) for part, amount in value if parts.get(part) != amount]
        elif answer not in value if isinstance(value, list) else answer != value:
            found.append((label, value, answer))
    return found
