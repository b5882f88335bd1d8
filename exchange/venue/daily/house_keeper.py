"""What the clearing house does by the clock beside the close: index values at noon, spot months."""

from collections.abc import Callable

import numpy as np

from contracts_spec.schema import Spec
from exchange.venue.daily.index_keeper import IndexKeeper
from exchange.venue.daily.spot_keeper import SpotKeeper
from exchange.venue.day_schedule import DaySchedule
from exchange.venue.own_commands import OwnCommands


class HouseKeeper:
    """Submits INDEX and SPOT_MONTHS controls that are due. Call `turn` before the marks of noon."""

    def __init__(self, states: np.ndarray, spec: Spec, own: OwnCommands, warn: Callable[[str], None]) -> None:
        """As for `IndexKeeper`."""
        self._index, self._spot = IndexKeeper(states, spec, own, warn), SpotKeeper(states, spec, own, warn)

    @property
    def is_busy(self) -> bool:
        """Whether a control or a change of state is on its way."""
        return self._index.is_busy or self._spot.is_busy

    def turn(self, now_ns: int, schedule: DaySchedule | None) -> None:
        """A venue without a schedule, or with days that have no noon, takes no index value and changes no month."""
        if schedule is None or schedule.noon_s >= schedule.day_s:
            self._index.keep_halts(now_ns)
            return
        self._index.turn(now_ns, schedule.noon_s, schedule.day_number(now_ns))
        self._spot.turn(schedule.day_number(now_ns))
