"""`dump`: records as JSON lines."""

import json

import pytest

from exchange.errors import UserError
from exchange.journal.dump import dump, parse_range, record_lines
from exchange.journal.replay import read_frames
from exchange.records import pack_client_order_id, pack_tag
from tests.journal.fault_disk import FaultDisk
from tests.journal.helpers import FOLDER, closed_folder, commands, reopen, rules_body, steer, trade


@pytest.mark.rule("DUR-124")
def test_records_and_frames_are_lines_in_order() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    trade(opened, 2)
    steer(opened, b'{"month":83}')
    opened.journal.snapshot(opened.engine)
    opened.journal.close()
    lines = [json.loads(line) for line in dump(FOLDER, disk=disk)]
    assert [line["frame"] for line in lines] == ["RULES", "DATA", "DATA", "CONTROL", "SNAPMARK", "SEAL"]
    assert lines[0]["body"] == json.loads(rules_body())
    assert (lines[1]["sequence"], lines[1]["kind"], lines[1]["request_id"]) == (1, "NEW", 1)
    assert (lines[3]["kind"], lines[3]["payload"]) == ("LIST", {"month": 83})
    assert lines[4]["state_hash"] == opened.engine.state_hash().hex()


@pytest.mark.rule("DUR-124")
def test_a_range_gives_only_its_sequences() -> None:
    disk = closed_folder([2, 5, 3])
    lines = [json.loads(line) for line in dump(FOLDER, 4, 8, disk)]
    assert [line["sequence"] for line in lines] == [4, 5, 6, 7, 8]


def test_texts_are_shown_as_text() -> None:
    disk = FaultDisk()
    opened = reopen(disk)
    rows = commands(1)
    rows["client_order_id_0"], rows["client_order_id_1"], rows["client_order_id_2"] = pack_client_order_id("quote-17-a")
    rows["tag"] = pack_tag("desk")
    opened.sequencer.stamp(rows)
    opened.journal.append(rows)
    frame = list(read_frames(FOLDER, disk))[-1]
    line = next(record_lines(frame))
    assert (line["client_order_id"], line["tag"]) == ("quote-17-a", "desk")


def test_ranges_are_read_as_people_write_them() -> None:
    assert [parse_range(text) for text in ("3-9", "3-", "3")] == [(3, 9), (3, 0), (3, 3)]
    for text in ("", "x", "9-3", "0-1", "1-x"):
        with pytest.raises(UserError, match="--seq"):
            parse_range(text)
