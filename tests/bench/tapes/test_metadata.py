"""The metadata of a tape: every field of its type, of every version, or one line that names the field."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.tapes.metadata import TAPE_VERSION, TapeFacts, decode_metadata, facts_of, installed, written_by
from exchange.errors import UserError
from exchange.limits import NAMED
from exchange.records import ROW_VERSION
from exchange.wire.version import RELEASE

FILE = Path("day.parquet")
WRITTEN: dict[str, Any] = {
    "tape_version": TAPE_VERSION, "row_version": ROW_VERSION, "shard": "H100", "first_sequence": 1,
    "last_sequence": 9, "rows": 8, "controls": 1, "resting_rows": 2, "rules_hash": "a", "instruments_hash": "b",
    "state_hash": "c", "tape_hash": "d", "limits": "medium", "notes": {"fills": 3, "from": "a test"},
    "written_by": {"gpux": "0.5.0"},
}  # fmt: skip


def decoded(**changes: Any) -> dict[str, Any]:
    return dict(decode_metadata(FILE, json.dumps(WRITTEN | changes).encode()))


@pytest.mark.rule("TAPE-002")
def test_what_was_written_is_read_and_nothing_is_kept_of_version_1() -> None:
    assert decoded() == WRITTEN | {"kept": []}


@pytest.mark.rule("TAPE-002")
def test_version_1_has_its_controls_in_the_metadata() -> None:
    found = decoded(tape_version=1, controls=[["AAEC", "e30="]])
    assert (found["tape_version"], found["controls"], found["kept"]) == (1, 1, [(b"\0\1\2", b"{}")])


def test_facts_are_those_of_the_metadata() -> None:
    expected = TapeFacts("medium", "H100", "a", "c", 2, {"fills": 3, "from": "a test"})
    assert facts_of(decode_metadata(FILE, json.dumps(WRITTEN).encode())) == expected


def test_what_writes_a_tape_is_named_with_commit_and_packages() -> None:
    found = written_by()
    assert found["gpux"] == RELEASE and found["numpy"] == installed("numpy") != "" and "commit" in found
    assert installed("no-such-package") == ""


def test_a_file_without_a_version_is_of_the_first() -> None:
    text = {name: value for name, value in WRITTEN.items() if name != "tape_version"} | {"controls": []}
    assert decode_metadata(FILE, json.dumps(text).encode())["tape_version"] == 1


@pytest.mark.parametrize("limits", NAMED)
def test_every_state_size_is_known(limits: str) -> None:
    assert decoded(limits=limits)["limits"] == limits


def test_a_state_size_keeps_its_place_when_its_name_changes() -> None:
    assert decoded(limits="medium")["limits"] == "medium"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"row_version": 99}, "99"),
        ({"tape_version": 4}, "4"),
        ({"limits": "huge"}, "huge"),
        ({"rows": -1}, "$.rows"),
        ({"resting_rows": 9}, "resting_rows 9 not in 0..8"),
        ({"written_by": 3}, "$.written_by"),
        ({"notes": {"fills": "many"}}, "$.notes.fills"),
        ({"shard": 7}, "$.shard"),
    ],
)
def test_a_wrong_field_is_one_line_that_names_it(changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(UserError) as refused:
        decoded(**changes)
    assert expected in str(refused.value) and str(FILE) in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize("text", [b"", b"no JSON", b"[]", b"\xff"])
def test_what_is_no_object_is_damaged(text: bytes) -> None:
    with pytest.raises(UserError, match="damaged"):
        decode_metadata(FILE, text)
