"""The closing window of the next close: prints inside it make settlement prices (SETTLE-001, SETTLE-002).

The engine knows no calendar. LIST and DAY_LIMITS name the window; without one no print counts.
"""

import numpy as np

from exchange.engine.control.checks import require

NONE_NAMED = (0, 0)


def check_closing_window(name: str, window_ns: tuple[int, int]) -> None:
    """Raise ControlError unless the window begins before it ends, or none is named."""
    start_ns, end_ns = window_ns
    require(window_ns == NONE_NAMED or 0 < start_ns < end_ns, f"{name}: a window from {start_ns} to {end_ns} ns")


def set_closing_window(state: np.record, window_ns: tuple[int, int]) -> None:
    """Set the window of the next close, if one is named. Sums of each book go back to 0 with its settlement."""
    if window_ns != NONE_NAMED:
        state.window_from_ns, state.window_to_ns = window_ns
