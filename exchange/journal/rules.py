"""The rules that this release follows, and those that a journal says its commands were decided under (DUR-111)."""

import json
from collections.abc import Sequence

from exchange.journal.claims import due_at
from exchange.journal.frames import FrameKind
from exchange.journal.scan import Walk
from exchange.journal.segments import BLOCK_BYTES, SegmentFile

RULES = 5  # up by one with every change of what equal commands come to: journals note from where on it holds


def number_of(body: bytes) -> int | None:
    """The number in the body of a RULES frame; None: it names none."""
    number = json.loads(body).get("rules") if body else None
    return number if isinstance(number, int) else None


def named(number: int | None) -> str:
    """In words for people."""
    return "rules without a number" if number is None else f"rules {number}"


def rules_at(segments: Sequence[SegmentFile], segment: int, offset: int) -> bytes:
    """Body of the RULES frame that holds at a place: the last in front of it, looked up segment by segment."""
    for number in range(segment, 0, -1):
        found, end = b"", min((segment, offset), (number + 1, 0))
        for frame in Walk([*segments], None, number, BLOCK_BYTES, due_at(segments[number - 1])).frames():
            if (frame.segment, frame.offset) >= end:
                break
            if frame.kind == FrameKind.RULES:
                found = frame.payload
        if found:
            return found
    return b""
