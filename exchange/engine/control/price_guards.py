"""Price guards of a book: look-back windows and the collar of its auctions; and the lead month of a group (BAND-012,
AUC-014)."""

from collections.abc import Sequence

import msgspec
import numpy as np

from exchange.book.windows import BREAKER, VELOCITY
from exchange.clearing_codes import Life
from exchange.codes import BookFeature, ComboKind, Family, PeriodKind
from exchange.engine.control.checks import require, within
from exchange.limits import WINDOW_SLOTS
from exchange.units import NS_PER_DAY, PRICE_MAX

LEAD_FLOOR_BP = 9_000  # goodput floor of tier G90 (BAND-012)
EXTENSIONS_MAX = 1_000


class WindowTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One look-back window (BAND-012).

    width_ticks  how far a print may be from the others, 0: off
    window_ns    how far it looks back; 0: it measures from the settlement price
    pause_ns     how long RESERVED lasts after a breach
    """

    width_ticks: int = 0
    window_ns: int = 0
    pause_ns: int = 0


class GuardTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """All guards of a book.

    closing_from_ns, closing_to_ns  closing window, ns since midnight UTC: RESERVED lasts at most `closing_pause_ns`
    collar_ticks                    how far an uncross may be from its reference price (AUC-014), 0: off
    extension_ns, extensions_max    length of an extension of an auction, and how many are allowed
    """

    velocity: WindowTerms = WindowTerms()
    breaker: WindowTerms = WindowTerms()
    closing_from_ns: int = 0
    closing_to_ns: int = 0
    closing_pause_ns: int = 0
    collar_ticks: int = 0
    extension_ns: int = 0
    extensions_max: int = 0


def check_guard(name: str, terms: GuardTerms) -> None:
    """Raise ControlError if a term is out of range. `name`: of the instrument, for the message."""
    for window in (terms.velocity, terms.breaker):
        within(f"{name}: width_ticks", window.width_ticks, 0, 2 * PRICE_MAX)
        within(f"{name}: window_ns", window.window_ns, 0, NS_PER_DAY)
        within(f"{name}: pause_ns", window.pause_ns, 0, NS_PER_DAY)
        require(
            window.window_ns % WINDOW_SLOTS == 0, f"{name}: window_ns {window.window_ns} has no {WINDOW_SLOTS} slots"
        )
    within(f"{name}: closing_from_ns", terms.closing_from_ns, 0, NS_PER_DAY)
    within(f"{name}: closing_to_ns", terms.closing_to_ns, terms.closing_from_ns, NS_PER_DAY)
    within(f"{name}: closing_pause_ns", terms.closing_pause_ns, 0, NS_PER_DAY)
    within(f"{name}: collar_ticks", terms.collar_ticks, 0, 2 * PRICE_MAX)
    within(f"{name}: extension_ns", terms.extension_ns, 0, NS_PER_DAY)
    within(f"{name}: extensions_max", terms.extensions_max, 0, EXTENSIONS_MAX)


def set_guard(state: np.record, index: int, terms: GuardTerms) -> None:
    """Write the guards of a book, at its listing."""
    guard = state.guards[index]
    for number, window in ((VELOCITY, terms.velocity), (BREAKER, terms.breaker)):
        guard.windows[number].slot_ns = window.window_ns // WINDOW_SLOTS
        guard.windows[number].pause_ns = window.pause_ns
    guard.closing_from_ns = terms.closing_from_ns
    guard.closing_to_ns = terms.closing_to_ns
    guard.closing_pause_ns = terms.closing_pause_ns
    guard.extension_ns = terms.extension_ns
    guard.extensions_max = terms.extensions_max
    set_widths(state, [index], [terms.velocity.width_ticks], [terms.breaker.width_ticks], [terms.collar_ticks])


def set_widths(
    state: np.record,
    indices: Sequence[int],
    velocity_ticks: Sequence[int],
    breaker_ticks: Sequence[int],
    collar_ticks: Sequence[int],
) -> None:
    """Write the widths of windows and collars of books, which change with each settlement (BAND-012)."""
    state.guards["collar_ticks"][indices] = collar_ticks
    widths = state.guards["windows"]["width_ticks"]
    widths[indices, VELOCITY], widths[indices, BREAKER] = velocity_ticks, breaker_ticks
    kept = state.books["features"][indices] & ~BookFeature.VELOCITY
    watched = (np.array(velocity_ticks) != 0) | (np.array(breaker_ticks) != 0)
    state.books["features"][indices] = kept | np.where(watched, BookFeature.VELOCITY, 0)


def choose_lead(state: np.record, group: int) -> None:
    """Choose the lead month of a group: its G90 month with the largest open interest, of equal ones the nearest; none
    if the group has no such month (BAND-012).

    Call it when the day's settlement is known and the group is CLOSED.
    """
    listed = state.books[: int(state.books_listed) + 1]
    chosen = (
        (listed["group"] == group)
        & (listed["family"] == Family.PHY)
        & (listed["period_kind"] == PeriodKind.MONTH)
        & (listed["combo"] == ComboKind.OUTRIGHT)
        & (listed["floor_bp"] == LEAD_FLOOR_BP)
        & (listed["life"] == Life.LISTED)
    )
    indices = np.flatnonzero(chosen)
    months = zip(
        (-listed["long_and_short_lots"][indices]).tolist(),
        listed["start_month"][indices].tolist(),
        indices.tolist(),
        strict=True,
    )
    state.groups[group].lead_book = min(months, default=(0, 0, 0))[2]
