"""The number of the rules that this release follows, and of those that a journal was written under (DUR-111)."""

import json
from collections.abc import Sequence

from exchange.journal.claims import due_at
from exchange.journal.frames import FrameKind
from exchange.journal.scan import Walk
from exchange.journal.segments import BLOCK_BYTES, SegmentFile

RULES = 6  # raise it with every change by which the same commands give other events; journals record it


def rules_number(body: bytes) -> int | None:
    """The number in the body of a RULES frame; None: it has none."""
    number = json.loads(body).get("rules") if body else None
    return number if isinstance(number, int) else None


def rules_text(number: int | None) -> str:
    """The rules with this number, as text for people."""
    return "rules without a number" if number is None else f"rules {number}"


def rules_at(segments: Sequence[SegmentFile], segment: int, offset: int) -> bytes:
    """Body of the RULES frame in force at a place: the last one before it; empty if there is none."""
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
