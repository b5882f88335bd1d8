"""A `new` or `replace` against what is known of its instrument: the engine's checks that need no book (ORDER-004).

The order of the checks is the engine's, so that the first reason is the same.
"""

from typing import NamedTuple

from msgspec import UNSET

from exchange.codes import MarketState, RejectReason
from exchange.units import PRICE_MAX
from exchange.wire.errors import ErrorCode, error, reason_code, reason_text
from exchange.wire.fields import PRICE_BOUND
from exchange.wire.messages import Err, InstrumentDefinition, New, Replace
from exchange.wire.request_checks import EXPIRED, STOP_TYPES

IMMEDIATE = ("ioc", "fok")
LASTING = ("gtc", "gtd")  # an order that lives until a later day may wait outside the daily limits (BAND-004)
CLOSED_PHASES = ("CLOSED", "HALT")


class KnownTerms(NamedTuple):
    """What a client knows of a listed instrument, for `request_checks.check_new`."""

    low_tick: int
    revision: int


def known_terms(definition: InstrumentDefinition | None) -> KnownTerms | None:
    if definition is None:
        return None
    return KnownTerms(-PRICE_BOUND if definition.combo else 1, definition.revision)


def time_fault(expiry_us: int, expires_us: int, venue_us: int) -> Err | None:
    """Whether the request's own time or the order's has passed. `venue_us`: the venue's time at the last heartbeat.

    The venue accepts a GTD order that is over and ends it at once (TIF-009); nobody means that, so it is refused here.
    """
    if expires_us and expires_us < venue_us:
        late = error(0, ErrorCode.EXPIRED_REQUEST, EXPIRED)
        late.time_us = venue_us
        return late
    if expiry_us and expiry_us <= venue_us:
        text = f"OUT_OF_RANGE: till {expiry_us} is not after the venue's time {venue_us} (field till)"
        return error(0, ErrorCode.BAD_MESSAGE, text)
    return None


def entry_fault(request: New, definition: InstrumentDefinition, phase: str) -> Err | None:
    """Why the engine would refuse a `new`, as far as it needs no book. `phase`: the market's; empty: not known."""
    reason = _entry_reason(request, definition, phase)
    return None if reason == RejectReason.NONE else _refusal(request, reason, definition, phase)


def _entry_reason(request: New, definition: InstrumentDefinition, phase: str) -> RejectReason:
    immediate, market = request.tif in IMMEDIATE, request.order_type in ("market", "mtl")
    keeps_out = bool(request.post_only) or request.display_lots is not UNSET
    if request.order_type in STOP_TYPES and (immediate or request.post_only):
        return RejectReason.BAD_COMBO
    if keeps_out and (immediate or market):
        return RejectReason.BAD_COMBO
    if phase in CLOSED_PHASES or (phase not in ("", "OPEN") and (immediate or market)):
        return RejectReason.STATE
    if definition.ioc_only and not immediate:
        return RejectReason.IOC_ONLY
    reason = _number_reason(request.price_tick, request.trigger_tick, request.order_lots, definition)
    if reason != RejectReason.NONE:
        return reason
    if request.order_type == "limit" and isinstance(request.price_tick, int) and _is_outside(request, definition):
        return RejectReason.BAND
    return RejectReason.NONE


def replace_fault(request: Replace, definition: InstrumentDefinition) -> Err | None:
    """As `entry_fault`, of a `replace`: its increment and its lots."""
    lots = request.order_lots if isinstance(request.order_lots, int) else 0
    reason = _number_reason(request.price_tick, request.trigger_tick, lots, definition)
    return None if reason == RejectReason.NONE else _refusal(request, reason, definition, "")


def _number_reason(price: object, trigger: object, lots: int, definition: InstrumentDefinition) -> RejectReason:
    if any(isinstance(tick, int) and tick % definition.minimum_increment for tick in (trigger, price)):
        return RejectReason.OFF_TICK
    return RejectReason.BAD_LOT if lots > definition.order_lots_max else RejectReason.NONE


def _is_outside(request: New, definition: InstrumentDefinition) -> bool:
    """Whether a limit price is outside the daily limits and may not wait there (BAND-001, BAND-004)."""
    price_tick, (low, high) = request.price_tick, definition.limit_ticks
    assert isinstance(price_tick, int)
    if low <= price_tick <= high:
        return False
    is_passive = price_tick < low if request.side == "b" else price_tick > high
    return not (is_passive and request.tif in LASTING and price_tick <= PRICE_MAX)


def _refusal(request: New | Replace, reason: RejectReason, definition: InstrumentDefinition, phase: str) -> Err:
    state = MarketState[phase] if phase else MarketState.NONE
    refused = error(0, reason_code(reason, state), reason_text(reason))
    refused.client_order_id, refused.phase = request.client_order_id, phase
    if reason == RejectReason.BAND:
        refused.low_tick, refused.high_tick = definition.limit_ticks
    return refused
