"""Shows the frames and records of a data folder as JSON lines, read only (DUR-124)."""

import json
import re
from collections.abc import Iterator

from exchange.codes import CommandKind
from exchange.errors import UserError
from exchange.journal.frames import EPOCH_BODY, MARK_BODY, Frame, FrameKind
from exchange.journal.replay import read_frames
from exchange.journal.segments import require_folder
from exchange.records import COMMAND, unpack_client_order_id, unpack_tag
from exchange.seams import Disk, RealDisk

RANGE = re.compile(r"([0-9]{1,18})(-)?((?<=-)[0-9]{1,18})?")
WORDS = ("client_order_id_0", "client_order_id_1", "client_order_id_2")


def dump(folder: str, first: int = 1, last: int = 0, disk: Disk | None = None) -> Iterator[str]:
    """Yield one line for each record from `first` to `last`, and for each frame without records between them.

    last     0: to the end
    raises   Refusal at the first damage, after the lines before it
    """
    disk = disk or RealDisk()
    require_folder(disk, folder)
    for frame in read_frames(folder, disk):
        if last and frame.sequence > last:
            return
        for line in record_lines(frame) if frame.records else [frame_line(frame)]:
            sequence = int(str(line.get("sequence", frame.sequence)))
            if first <= sequence and (not last or sequence <= last):
                yield json.dumps(line)


def parse_range(text: str) -> tuple[int, int]:
    """(first, last) of a text `A-B`, `A-` or `A`; last 0 means to the end. UserError: it is none of these."""
    found = RANGE.fullmatch(text)
    if found is None:
        raise UserError(f"--seq {text!r} is not A-B, A- or A, whole numbers of digits from 0 to 9, like 1-60")
    first, dash, last = found.groups("")
    numbers = int(first), int(last) if last else 0 if dash else int(first)
    if numbers[0] < 1 or 0 < numbers[1] < numbers[0]:
        raise UserError(f"--seq {text!r}: not 1 <= A <= B")
    return numbers


def frame_line(frame: Frame) -> dict[str, object]:
    """The content of a frame without records, by field name."""
    line: dict[str, object] = {
        "frame": FrameKind(frame.kind).name, "segment": frame.segment, "offset": frame.offset, "epoch": frame.epoch,
        "time_ns": frame.time_ns, "next_sequence": frame.sequence, "hash": frame.hash.hex(),
    }  # fmt: skip
    if frame.kind == FrameKind.SNAPMARK:
        sequence, of_events, of_state = MARK_BODY.unpack(frame.body)
        line |= {"marked_sequence": sequence, "event_hash": of_events.hex(), "state_hash": of_state.hex()}
    elif frame.kind == FrameKind.EPOCH:
        line["epoch_before"] = EPOCH_BODY.unpack(frame.body)[1]
    elif frame.kind in (FrameKind.RULES, FrameKind.VOID):
        line["body"] = _read(frame.payload)
    return line


def record_lines(frame: Frame) -> Iterator[dict[str, object]]:
    """Yield each row of a frame as a dict: fields that are not zero, ids as text, and a control's payload."""
    for row in frame.rows:
        line: dict[str, object] = {"frame": FrameKind(frame.kind).name}
        line |= {name: int(row[name]) for name in COMMAND.names or () if name not in WORDS and row[name]}
        kind = int(row["kind"])
        line["kind"] = CommandKind(kind).name if kind in list(CommandKind) else kind
        if row[WORDS[0]]:
            line["client_order_id"] = unpack_client_order_id(*(int(row[word]) for word in WORDS))
        if row["tag"]:
            line["tag"] = unpack_tag(int(row["tag"]))
        if frame.kind == FrameKind.CONTROL:
            payload = line["payload"] = _read(frame.payload)
            if kind == CommandKind.ACT and isinstance(payload, dict) and "line" in payload:
                line["asked"] = _read(payload["line"])
        yield line


def _read(text: bytes | str) -> object:
    """Parse JSON; anything else becomes its ASCII repr: the content of a foreign journal is not trusted."""
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return ascii(text)
