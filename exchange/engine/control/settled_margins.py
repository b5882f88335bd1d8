"""The margin that each account holds after a settlement, which its statement shows (SETTLE-013)."""

import numpy as np

from exchange.clearing.margin import recompute_holds


def note_margins(state: np.record) -> None:
    """Note what all accounts hold now, for positions and working orders together."""
    recompute_holds(state, np.flatnonzero(state.accounts["changed_scans"]))
    state.settled_margin_mills[:] = state.accounts["initial_margin_mills"]
