"""The load's process reads the processor time of another one, and counts what happened."""

import os
from time import process_time

import pytest

from bench.gateway.encodings import ENCODINGS
from bench.gateway.load import JOBS, LAST_ID, OUTCOMES, read_to_now, server_cpu_s
from bench.gateway.questions import QUESTIONS


def test_processor_time_of_a_process_is_its_own() -> None:
    before = process_time()
    read = server_cpu_s(os.getpid())
    assert before <= read <= process_time()


def test_an_unknown_process_is_an_error() -> None:
    with pytest.raises(OSError, match="Invalid argument"):
        server_cpu_s(2**22 + 1)


class LatePeer:
    """A connection on which events wait, in pieces, and then the answer to a ping."""

    encoding = ENCODINGS["json"]

    def __init__(self, parts: list[bytes]) -> None:
        self.parts, self.socket = parts, self

    def sendall(self, frame: bytes) -> None:
        assert b'"ping"' in frame

    def until(self, mark: bytes) -> bytes:
        data = b""
        while mark not in data:
            data += self.parts.pop(0)
        return data


def test_events_that_come_after_the_last_reply_are_counted() -> None:
    counter = LatePeer.encoding.counter(("ok", "fill"))
    counter.take(b'{"t":"ok","re":10}{"t":"fi')
    read_to_now(LatePeer([b'll","s":1}{"t":"fill","s":2}', b'{"t":"ok","re":', b"%d}" % LAST_ID]), counter)  # type: ignore[arg-type]
    assert counter.counts == {"ok": 1, "fill": 2}


def test_every_outcome_of_a_mix_is_counted() -> None:
    assert set(OUTCOMES) == {"ok", "err", "fill", "replaced", "cancelled", "resent"}
    jobs = {"latency", "throughput", "open_loop", "fanout", "last_reader", "resume", "relogon", "idle", "overload"}
    assert jobs | {"cancels"} == set(JOBS) and jobs <= set(QUESTIONS)
