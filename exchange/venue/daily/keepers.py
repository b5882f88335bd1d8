"""Makes the keepers of a venue's days, and the controls that open the indices of a new venue."""

from collections.abc import Callable, Iterable

import numpy as np

from contracts_spec.outrights import Instrument
from contracts_spec.schema import Spec
from exchange.engine.control.house.index_opening import opening_payload
from exchange.engine.control.registry import encode_payload
from exchange.venue.daily.caller import Caller
from exchange.venue.daily.house_keeper import HouseKeeper
from exchange.venue.daily.index_days import last_noon_day
from exchange.venue.daily.life_keeper import LifeKeeper
from exchange.venue.daily.marker import Marker
from exchange.venue.daily.settler import Settler
from exchange.venue.day_schedule import DaySchedule
from exchange.venue.own_commands import OwnCommands

Keepers = tuple[Settler, Marker, LifeKeeper, HouseKeeper, Caller]


def day_keepers(states: np.ndarray, spec: Spec, own: OwnCommands, warn: Callable[[str], None]) -> Keepers:
    """What runs the days of a venue (`Timekeeper.run_days_with`); arguments as for `Settler`."""
    caller = Caller(states, spec, own, warn)
    return (
        Settler(states, spec, own, warn), Marker(states, spec.margin, own, warn, caller.ask),
        LifeKeeper(states, spec, own, warn), HouseKeeper(states, spec, own, warn), caller,
    )  # fmt: skip


def opening_indices(instruments: Iterable[Instrument], spec: Spec, now_ns: int) -> list[bytes]:
    """Payloads of the INDEX controls of a new venue: one, or none if it lists no index contract."""
    opening = opening_payload(instruments, spec, last_noon_day(now_ns, DaySchedule().noon_s))
    return [] if opening is None else [encode_payload(opening)]
