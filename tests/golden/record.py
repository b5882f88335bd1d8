"""Records golden tapes: short random runs that together reach as many features as can be, one real venue's day, and
days of a clearing house over the turn of a year.

The random runs are those of the differential test, cut short. Of some hundred candidates those are kept that reach
features which none kept before has reached: a change of one rule shows in few runs, and little follows it there.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from bench.research.sources import folder_tape
from bench.tapes.tape import Tape, TapeControl, write_tape
from exchange.codes import CommandKind, MarketState, OrderType, TimeInForce
from exchange.conformance.venues import rows
from exchange.engine import query
from exchange.kernel import source_hash
from exchange.limits import MEDIUM
from exchange.main import Settings, prepare
from exchange.operator.settlement import given_limits
from exchange.records import COMMAND, pack_client_order_id
from exchange.venue.bootstrap import OpenVenue
from exchange.wire.version import RELEASE
from tests.gateway.harness import DAY, StillClock
from tests.golden.changes import FOLDER
from tests.golden.clearing_days import clearing_tape
from tests.golden.events_text import replayed
from tests.properties.driver import Run
from tests.properties.plans import PLANS, Plan, plan_of

CANDIDATES = 500
COMMANDS = 40  # behind the opening
QUOTING_COMMANDS = 160  # until a protection trips
WORTH = 2  # features that a run must add
BUY, SELL = 0, 1
SYMBOLS = ("H100.G90.F27-G27", "H100.G95-G90.F27", "H100.G90.F27/I")


def record() -> str:
    """Write the tapes of this version; what was written, in words."""
    folder = FOLDER / RELEASE
    if folder.exists():
        raise SystemExit(f"{folder.name} is recorded already: what a version did is recorded once")
    folder.mkdir()
    for name, tape in [*random_runs(), ("venue", venue_day()), ("clearing", clearing_tape())]:
        events, state_hash = replayed(tape)
        write_tape(replace(tape, rules_hash=source_hash(), state_hash=state_hash), folder / f"{name}.parquet")
        (folder / f"{name}.events").write_text("\n".join(events) + "\n")
    return f"{folder.name}: {len(list(folder.glob('*.parquet')))} tapes"


def random_runs() -> Iterator[tuple[str, Tape]]:
    """(name, tape) of the runs kept, the one that adds most first."""
    found = {seed: short_run(seed) for seed in range(CANDIDATES) if plan_of(seed).crowd == 0}
    seen: set[str] = set()
    while True:
        seed = max(found, key=lambda one: len(found[one].seen.keys() - seen))
        run = found.pop(seed)
        if len(run.seen.keys() - seen) < WORTH:
            return
        seen |= run.seen.keys()
        yield f"{_slug(plan_of(seed))}-{seed}", tape_of(run.pair.history, f"seed {seed}")


def short_run(seed: int) -> Run:
    """The opening of a seed's market and some commands of its kind."""
    plan = plan_of(seed)
    run = plan.begin(seed)
    if plan in (PLANS[2], PLANS[7]):
        run.days(1, COMMANDS // 2)
    elif plan is PLANS[5]:
        run.collect(MarketState.PAUSED, plan.weights, COMMANDS)
    else:
        run.go(QUOTING_COMMANDS if plan is PLANS[6] else COMMANDS)
    return run


def _slug(plan: Plan) -> str:
    return plan.name.split(",")[0].replace(" ", "-")


def tape_of(history: list[tuple[CommandKind, Any]], source: str) -> Tape:
    """A tape of the steps of a run, numbered from 1; a control has the time of the row before it."""
    commands, controls, time_ns = [], [], 0
    for sequence, (kind, step) in enumerate(history, 1):
        if isinstance(step, dict):
            row = np.zeros(1, COMMAND)
            row["sequence"], row["time_ns"], row["kind"] = sequence, time_ns, kind
            controls.append(TapeControl(row, msgspec.json.encode(step)))
        else:
            time_ns = step.time_ns
            commands.append(step._replace(sequence=sequence))
    return Tape(rows(commands), controls, MEDIUM.name, "golden", notes={"source": source})


def venue_day() -> Tape:
    """A venue of the launch catalogue with keys and acts: some trades, a settlement, and a trade of the next day."""
    settings = Settings(day=DAY, symbols=SYMBOLS, durability="none", limits="medium", clock=StillClock())
    with tempfile.TemporaryDirectory() as folder:
        with prepare(f"{folder}/venue", settings) as opened:
            for number in (1, 2):
                act = msgspec.json.encode({"act": "key_make", "by": "golden", "reason": "a first day"})
                opened.make_key(f"k{number}", number, 10**12, seed=bytes([number]) * 32, firm=number, act=act)
            _trade(opened, "a")
            _settle(opened)
            _trade(opened, "b")
        tape = folder_tape(Path(folder) / "venue", MEDIUM.name, "")
    return replace(tape, shard="golden", notes={"source": "a venue of the launch catalogue"})


def _trade(opened: OpenVenue, name: str) -> None:
    """In each book an offer that rests, and a purchase of a part of it."""
    request = opened.engine.sequence
    for row in query.instruments(opened.engine.states):
        for side, account, lots, tif in ((SELL, 1, 5, TimeInForce.GTC), (BUY, 2, 2, TimeInForce.IOC)):
            request += 1
            words = pack_client_order_id(f"{name}{row.index}.{side}")
            names = {f"client_order_id_{place}": word for place, word in enumerate(words)}
            fields = {"side": side, "account": account, "lots": lots, "tif": tif, "price": row.settle_tick}
            terms = {"kind": CommandKind.NEW, "order_type": OrderType.LIMIT, "instrument": row.index}
            opened.venue.own.run_now({**terms, **fields, **names, "request_id": request})


def _settle(opened: OpenVenue) -> None:
    """Close, take over the settlement, open again."""
    groups = sorted(set(opened.venue.groups.values()))
    _states(opened, groups, MarketState.CLOSED)
    prices = {"H100.G90.F27": 2_830}
    for payload in given_limits(opened.engine.states, opened.spec, DAY, prices, groups).values():
        opened.control(CommandKind.DAY_LIMITS, payload)
    _states(opened, groups, MarketState.PREOPEN, MarketState.OPEN)


def _states(opened: OpenVenue, groups: list[int], *states: MarketState) -> None:
    for state in states:
        for group in groups:
            opened.set_state(group, state)
