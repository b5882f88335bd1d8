"""Signatures, keys and what is refused at enrolment."""

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from exchange.errors import UserError
from exchange.gateway.auth import (
    FIELD,
    SMALL_ORDER_Y,
    KeyPair,
    check_public_key,
    decode_bytes,
    encode_bytes,
    signed_text,
    verify,
)

NONCE = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8"
SIGNATURE = "t51XbSHVboG6_Vg08KVf2BO9rf0DyDjD3vjuJo-mGOcTZdvasG7je207WXualVGvDgW_76T3cWtke3CDWlClDg"
PAIR = KeyPair("k_5f2c9a", 7, bytes(range(32)))
TEXT = signed_text("localhost", "/v1/oe", NONCE, "k_5f2c9a", "")


@pytest.mark.rule("SESS-001")
def test_logon_text_and_signature_are_those_of_the_published_vector() -> None:
    assert encode_bytes(PAIR.public()) == "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"
    assert PAIR.sign(TEXT) == SIGNATURE
    assert verify(PAIR.public(), TEXT, SIGNATURE)


@pytest.mark.rule("SEC-024", "BAD-045")
@pytest.mark.parametrize(
    "signature",
    [
        encode_bytes(bytes(64)),
        SIGNATURE[:-4],
        SIGNATURE + "AAAA",
        "",
        "not base64!",
        SIGNATURE + "==",
        encode_bytes(decode_bytes(SIGNATURE)[:63] + b"\x00"),
    ],
)
def test_signature_that_is_zero_truncated_or_changed_is_wrong(signature: str) -> None:
    assert not verify(PAIR.public(), TEXT, signature)


@pytest.mark.rule("SEC-020")
@pytest.mark.parametrize("place", range(5))
def test_signature_over_another_host_path_nonce_key_or_session_is_wrong(place: int) -> None:
    lines = ["localhost", "/v1/oe", NONCE, "k_5f2c9a", ""]
    lines[place] += "x"
    assert not verify(PAIR.public(), signed_text(*lines), SIGNATURE)


@pytest.mark.rule("SEC-010", "BAD-046")
def test_unknown_key_is_never_right_though_the_dummy_key_is_public() -> None:
    dummy = KeyPair("k_none", 1, bytes(32))
    assert not verify(None, TEXT, dummy.sign(TEXT))


@pytest.mark.rule("SEC-024", "BAD-045")
def test_key_of_small_order_is_refused_at_enrolment() -> None:
    for height in SMALL_ORDER_Y:
        for sign in (0, 1 << 255):
            with pytest.raises(UserError, match="small order"):
                check_public_key((height | sign).to_bytes(32, "little"))


@pytest.mark.rule("SEC-024")
def test_heights_of_small_order_are_the_points_that_eight_times_themselves_are_zero() -> None:
    """The curve's own arithmetic: doubling three times leads to the neutral point (0, 1), whatever the sign of x."""
    d = -121665 * pow(121666, FIELD - 2, FIELD) % FIELD
    for height in SMALL_ORDER_Y:
        x_squared = (height * height - 1) * pow(d * height * height + 1, FIELD - 2, FIELD) % FIELD
        for _ in range(3):
            # Doubling in terms of x^2 and y alone: y' = (y^2 + x^2) / (2 - (y^2 - x^2)), x'^2 from the curve.
            y_squared = height * height % FIELD
            height = (y_squared + x_squared) * pow((2 - y_squared + x_squared) % FIELD, FIELD - 2, FIELD) % FIELD
            x_squared = (height * height - 1) * pow(d * height * height + 1, FIELD - 2, FIELD) % FIELD
        assert (x_squared, height) == (0, 1)


@pytest.mark.rule("SEC-024")
def test_key_that_is_not_canonical_or_too_short_is_refused() -> None:
    with pytest.raises(UserError, match="canonical"):
        check_public_key((FIELD + 3).to_bytes(32, "little"))
    with pytest.raises(UserError, match="31 bytes"):
        check_public_key(bytes(31))


def test_private_key_file_is_readable_as_pem() -> None:
    private = load_pem_private_key(PAIR.pem(), None)
    assert private.public_key().public_bytes_raw() == PAIR.public()  # type: ignore[union-attr]
