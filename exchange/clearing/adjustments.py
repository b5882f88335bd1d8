"""Cash adjustments: money that some accounts pay others, over the house's account of variation (SETTLE-011)."""

import numpy as np

from exchange.clearing.ledger import post
from exchange.kernel import kernel
from exchange.kernel_codes import HOUSE_VARIATION


@kernel
def move_variation(state: np.record, moved_mills: np.ndarray) -> None:
    """Post what each account receives, or pays if it is below 0. The amounts sum to zero, so the house keeps nothing.

    moved_mills  by account, int64
    """
    for account in range(1, moved_mills.shape[0]):
        if moved_mills[account] != 0:
            post(state, np.int64(account), HOUSE_VARIATION, moved_mills[account])
