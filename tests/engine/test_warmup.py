"""The warm-up's small day goes through every kind of command. That it compiles every kernel: test_kernel_inventory."""

from types import SimpleNamespace

import numpy as np
import pytest

from exchange.codes import CommandKind, EventKind
from exchange.engine import warmup
from exchange.engine.engine import Engine, blank_commands
from exchange.limits import MEDIUM


def opened() -> Engine:
    engine = Engine(MEDIUM)
    for kind, payload in (*warmup.definitions(), warmup.day_limits(1)):
        row = blank_commands(1)
        row["sequence"], row["kind"] = engine.sequence + 1, kind
        engine.check_control(kind, payload)
        engine.control(row, payload)
    return engine


def test_its_day_trades_and_nothing_in_it_is_refused() -> None:
    engine = opened()
    events = engine.apply(warmup._small_day(engine.sequence))
    seen = {EventKind(int(kind)) for kind in events["kind"]}
    assert {EventKind.ORDER_ACCEPTED, EventKind.FILL, EventKind.QUOTE_ACCEPTED, EventKind.ORDER_CANCELLED} <= seen
    assert not seen & {EventKind.ORDER_REJECTED, EventKind.COMMAND_REFUSED, EventKind.CANCEL_REJECTED}


def test_its_rows_are_numbered_on_from_the_state() -> None:
    rows = warmup._small_day(41)
    assert rows["sequence"].tolist() == list(range(42, 42 + len(rows)))
    assert np.isin(rows["kind"], [int(kind) for kind in CommandKind]).all()


def test_what_is_done_counts_every_kernel_and_the_loop_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting, done = SimpleNamespace(signatures=[]), SimpleNamespace(signatures=["(states)"])
    monkeypatch.setattr(warmup, "KERNELS", [done, waiting])
    shares = []
    for loop in (waiting, done):
        monkeypatch.setattr(warmup, "apply_commands", loop)
        shares.append(warmup.share_done())
    assert shares == [warmup.EACH / 2, warmup.EACH / 2 + warmup.APPLY]
    monkeypatch.setattr(warmup, "KERNELS", [done])
    assert warmup.share_done() == 1
