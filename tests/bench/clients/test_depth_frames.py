"""The recording that the rates of a book are measured on is of a real venue, and whole."""

from bench.clients.depth_frames import SYMBOL, DepthTraffic, recorded
from clients.recording.file_format import RecordKind
from exchange.engine.warmup import warm_up
from exchange.limits import MEDIUM


def test_a_recording_has_the_changes_of_a_venue_that_trades() -> None:
    warm_up(MEDIUM)
    recording = recorded(DepthTraffic(orders=160))
    assert recording.header.path == "/v1/oe" and recording.records[0].kind == RecordKind.HEADER
    frames = [record.data for record in recording.records if record.kind == RecordKind.RECEIVED]
    assert sum(b'"depth"' in frame for frame in frames) > 40 and any(SYMBOL.encode() in frame for frame in frames)
