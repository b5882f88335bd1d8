"""How far the stores may write: to the end of the last batch that was shown as a whole."""

import numpy as np
import pytest

from exchange.publish.consumer import ReleasedBatch
from exchange.publish.shown import ShownSequence
from exchange.records import EVENT


@pytest.mark.rule("DUR-152")
def test_commands_without_events_count_as_shown_too() -> None:
    shown = ShownSequence()
    assert shown.sequence == 0
    shown.set(7)
    assert shown.sequence == 7
    shown.take(ReleasedBatch(np.zeros(0, EVENT), 8, 10, 1))
    assert shown.sequence == 10
