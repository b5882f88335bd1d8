"""Records of `gpux.v1+bin`: what a client reads of them."""

import msgspec
import pytest

from exchange.wire.binary import HEAD, TEMPLATES, VERSION, decode_reports, report_record
from exchange.wire.messages import Cash


def cash(more: bytes = b"", version: int = VERSION) -> bytes:
    """A `cash` record, with bytes that a later version appends."""
    record = report_record(Cash)
    head = HEAD.pack(record.size + len(more), TEMPLATES[Cash], version, 0)
    return head + record.format.pack(1, 2, 3, -5, 3, 1) + more


@pytest.mark.rule("WIRE-011", "WIRE-031")
def test_a_client_skips_templates_and_fields_that_it_does_not_know() -> None:
    unknown = HEAD.pack(24, 999, VERSION, 0) + bytes(16)
    (plain,) = decode_reports(cash())
    assert (plain.account, plain.amount_mills, plain.reason, plain.currency) == (3, -5, "withdrawal", "USD")
    assert decode_reports(unknown + cash(bytes(8), VERSION + 1) + unknown + cash()) == [plain, plain]


@pytest.mark.parametrize(
    "data", [cash()[:-1], cash() + bytes(7), HEAD.pack(7, 24, VERSION, 0), HEAD.pack(0, 24, VERSION, 0)]
)
@pytest.mark.rule("WIRE-030")
def test_a_frame_that_holds_no_whole_records_is_refused(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_reports(data)
