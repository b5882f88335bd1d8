"""The events that a scenario expects: their syntax, and their form for comparison with the real events."""

import re

from exchange.codes import CancelReason, EventKind, MarketState, RejectReason
from exchange.conformance.market import BOOKS
from exchange.conformance.words import Word, notation_error

# Cancels for these reasons come from one command. They are compared in order of id, not of entry (ORDER-014).
SORTED_RUNS = re.compile(r"CXL \S+ [0-9]+ (KILL|COD|MMP|VELOCITY|EXPIRED)")
# Placeholders in the shapes below; every other word stands for itself.
SHAPE_WORDS = {
    "id": r"\S+",
    "name": r"\S+",
    "why": r"\S+",
    "lots": r"[0-9]+",
    "lots@price": r"[0-9]+@-?[0-9]+",
    "vis=n": r"vis=[0-9]+",
    "hid=n": r"hid=[0-9]+",
    "imb=i": r"imb=-?[0-9]+",
    "book": r"\S+",
    "state": r"\S+",
}
# `why` of a rejection, and of a cancel (CXL).
REFUSED_FOR = [reason.abbreviation for reason in RejectReason if reason]
CANCELLED_FOR = [reason.name for reason in CancelReason if reason]
VOCABULARY = {"why": REFUSED_FOR, "book": list(BOOKS), "state": [state.name.lower() for state in MarketState if state]}
SHAPES = {
    "ACK": ["id"],
    "REJ": ["id why"],
    "RST": ["id lots@price", "id lots@price hid=n"],
    "TRD": ["id id lots@price", "id id lots@price book", "id id lots@price book int"],
    "RFR": ["id vis=n"],
    "RPL": ["id", "id keep", "id lose"],
    "RREJ": ["id why"],
    "CREJ": ["id why", "why"],
    "CXL": ["id lots why"],
    "DEC": ["id id lots"],
    "TRG": ["id"],
    "UNX": ["lots@price imb=i"],
    "IOP": ["lots@price imb=i", "none"],
    "STA": ["state"],
    "KIL": ["name"],
    "DSC": ["name", "name queued"],
    "MMP": ["name"],
    "MMPR": ["name"],
    "REFUSED": ["why"],
}


def read_expected(entry: Word) -> str:
    """Check an expected event; returns its text with single spaces. NotationError: no event has this form."""
    kind, *words = entry.words() or [entry]
    if kind.text not in SHAPES:
        raise notation_error(kind, f"an event: {' '.join(SHAPES)}")
    shape = next((shape.split() for shape in SHAPES[kind.text] if _has_shape(words, shape.split())), None)
    if shape is None:
        raise notation_error(entry, " or ".join(f"{kind.text} {shape}" for shape in SHAPES[kind.text]))
    is_cancel = kind.text == EventKind.ORDER_CANCELLED.abbreviation
    vocabulary = {**VOCABULARY, "why": CANCELLED_FOR} if is_cancel else VOCABULARY
    for part, word in zip(shape, words, strict=True):
        if part in vocabulary and word.text not in vocabulary[part]:
            raise notation_error(word, " ".join(vocabulary[part]))
    return " ".join(word.text for word in (kind, *words))


def _has_shape(words: list[Word], shape: list[str]) -> bool:
    return len(words) == len(shape) and all(
        re.fullmatch(SHAPE_WORDS.get(part, part), word.text) for word, part in zip(words, shape, strict=True)
    )


def sorted_runs(events: list[str]) -> list[str]:
    """Events in the form for comparison: each unbroken run of CXL for one reason of `SORTED_RUNS` is sorted."""
    result: list[str] = []
    run: list[str] = []
    reason = ""
    for event in [*events, ""]:
        found = SORTED_RUNS.fullmatch(event)
        if run and (not found or found[1] != reason):
            result += sorted(run)
            run = []
        if found:
            run.append(event)
            reason = found[1]
        else:
            result.append(event)
    return result[:-1]
