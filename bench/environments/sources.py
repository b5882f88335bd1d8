"""Where the messages of an episode come from: a recorded tape, or a flow that is generated for each seed.

`NoiseSource` reacts to the book, orders of agents included; it is also the flow of `QuoteVectorEnv`. A tape and a
generated flow such as `mixed` are fixed: their messages are the same whatever the agents do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from os import PathLike
from typing import Protocol, cast

import numpy as np

from bench.flows.flow import FLOWS, make_flow
from bench.flows.registry import FLOW_NAMES, MODELS, model_tape
from bench.many.books import LIMITS, MARKET, USUAL_FLOW, Books, check_weights, flow_rows
from bench.research.order_names import NO_ORDER_ID
from bench.research.sources import Source, is_generated, open_source
from bench.research.tape_rows import TapeRows
from bench.tapes.market import DEPOSIT_MILLS, engine_at, flow_market, market_tape
from bench.tapes.tape import Tape
from exchange.codes import CommandKind
from exchange.engine import query
from exchange.engine.control.define_account import AccountPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.engine import Engine, blank_commands
from exchange.errors import UserError
from exchange.records import column

FLOW_ORDERS = 300  # orders in the book of a generated flow before the first message
FLOW_ACCOUNTS = 16
FLOW_LIMITS = "medium"
NOISE = "noise"  # name of the flow of NoiseSource
WARM_MESSAGES = 1_000
OWN_ACCOUNT = 1  # the account of `bench.many.books` that its flow does not use
PARAMETER_MAX = 1_000_000_000
# Range of a parameter of `flow_rows`, where it is not 1..PARAMETER_MAX. All accounts below are those of agents.
RANGES = {"take_weight": (0, PARAMETER_MAX), "first_account": (OWN_ACCOUNT + 1, MARKET.accounts), "instrument": (1, 1)}


class EpisodeSource(Protocol):
    """Opens a market for an episode and plays its messages. Seeds that agree give the same messages."""

    def open(self, seed: int) -> Engine:
        """An engine with an open market and orders in its book."""

    def accounts(self, engine: Engine, count: int) -> list[int]:
        """Numbers of so many funded accounts for agents. Call it once, after `open`."""

    def advance(self, engine: Engine, count: int) -> int:
        """Apply the next messages of the flow. Returns how many there were: fewer than `count` at the end."""


class NoiseSource:
    """Zero-intelligence flow that is drawn from the book as it is (`bench.many.noise`). It does not end.

    warm     messages before an episode begins, which fill the book
    flow     parameters of the flow (`bench.many.books.USUAL_FLOW`)
    """

    def __init__(self, warm: int = WARM_MESSAGES, **flow: int) -> None:
        check_flow(flow)
        self._flow, self._warm = flow_rows(1, **flow), warm
        self._books = Books(1)

    def open(self, seed: int) -> Engine:
        self._books.reset()
        self._books.streams["word"] = seed
        self._books.step(self._flow, self._warm)
        return Engine(self._books.limits, self._books.states)

    def accounts(self, engine: Engine, count: int) -> list[int]:
        return [OWN_ACCOUNT, *add_accounts(engine, count - 1)]

    def advance(self, engine: Engine, count: int) -> int:
        self._books.step(self._flow, count)
        return count


def check_flow(flow: Mapping[str, int]) -> None:
    """Raise ValueError if a parameter of `flow_rows` is unknown or not in its range, or they do not fit together.

    The flow has accounts of its own: above that of an agent, and in the market, as further agents come behind it.
    """
    for name, value in flow.items():
        if name not in USUAL_FLOW:
            raise ValueError(f"flow parameter {name!r}: not one of {', '.join(USUAL_FLOW)}")
        low, high = RANGES.get(name, (1, PARAMETER_MAX))
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"flow parameter {name} {value!r}: not an integer in {low}..{high}")
    wanted = USUAL_FLOW | dict(flow)
    first, accounts = wanted["first_account"], wanted["accounts"]
    if first + accounts - 1 > MARKET.accounts:
        raise ValueError(
            f"flow parameters first_account {first} and accounts {accounts}: the last one would be "
            f"{first + accounts - 1}, allowed: up to {MARKET.accounts}"
        )
    check_weights(flow_rows(1, **flow), LIMITS)


class TapeSource:
    """A tape from its first message on, or from one that the seed chooses.

    tape            its controls come before its rows. Cancels and replaces by order id are changed to client order ids
                    (`bench.research.order_names`), because own orders change order ids
    episode_rows    0: every episode begins at the first message; else an episode begins at a multiple of this
    ValueError: the tape cannot be played together with orders of others
    """

    def __init__(self, tape: Tape, episode_rows: int = 0) -> None:
        self._rows = TapeRows(tape)
        check_tape(self._rows)
        self._first = self._next = tape.resting_rows
        messages = len(tape.commands) - tape.resting_rows
        self._starts = max(1, messages // episode_rows) if episode_rows else 1
        self._episode_rows = episode_rows
        self._opening = engine_at(tape, tape.resting_rows)

    def open(self, seed: int) -> Engine:
        engine = self._opening.fork()
        self._next = self._first
        self.advance(engine, seed % self._starts * self._episode_rows)
        return engine

    def accounts(self, engine: Engine, count: int) -> list[int]:
        return add_accounts(engine, count)

    def advance(self, engine: Engine, count: int) -> int:
        """As EpisodeSource. A mass quote is one command in several rows and is never split: it may be a few more."""
        stop = min(self._next + count, len(self._rows.renamed))
        stop = self._rows.quote_end(stop, len(self._rows.renamed))
        rows = self._rows.renamed[self._next : stop].copy()
        rows["sequence"] = np.arange(engine.sequence + 1, engine.sequence + 1 + len(rows))
        engine.run_silently(rows)
        self._next = stop
        return len(rows)


def check_tape(rows: TapeRows) -> None:
    """Raise ValueError if own orders would change what the rows of a tape mean."""
    controls, commands = rows.tape.controls, rows.tape.commands
    if controls and len(commands) and controls[-1].sequence > int(commands["sequence"][0]):
        raise ValueError(f"control at sequence {controls[-1].sequence}: controls must come before all rows")
    named = np.flatnonzero((rows.renamed["order_id"] != 0) & (rows.renamed["order_id"] != NO_ORDER_ID))
    if len(named):
        sequence = int(commands["sequence"][named[0]])
        raise ValueError(
            f"command at sequence {sequence} names an order by its order id, and own orders change these ids; "
            "allowed: orders with client order ids"
        )


@dataclass
class FlowSource:
    """A generated flow (`bench.flows.registry`), another one for each seed.

    name       a flow, such as "mixed" or "hawkes"
    messages   length of the flow
    """

    name: str = "mixed"
    messages: int = 50_000

    def __post_init__(self) -> None:
        if self.name not in FLOW_NAMES:
            raise ValueError(f"flow {self.name!r}: not one of {', '.join(FLOW_NAMES)}")
        self._tape: TapeSource | None = None

    def open(self, seed: int) -> Engine:
        make = model_tape if self.name in MODELS else small_flow
        self._tape = TapeSource(make(self.name, seed, self.messages))
        return self._tape.open(seed)

    def accounts(self, engine: Engine, count: int) -> list[int]:
        return add_accounts(engine, count)

    def advance(self, engine: Engine, count: int) -> int:
        assert self._tape is not None, "open comes first"
        return self._tape.advance(engine, count)


def small_flow(name: str, seed: int, messages: int) -> Tape:
    """One of FLOWS in a small book of few accounts."""
    parameters = replace(FLOWS[name], commands=messages, warm_orders=FLOW_ORDERS, accounts=FLOW_ACCOUNTS, seed=seed)
    flow = make_flow(parameters)
    return market_tape(flow_market(flow), [flow.warm, flow.commands], limits=FLOW_LIMITS)


def add_accounts(engine: Engine, count: int) -> list[int]:
    """Define accounts behind those of the market and fund them. Returns their numbers.

    ValueError: the state has no space for them
    """
    first = max(query.accounts(engine.states), default=0) + 1
    most = engine.limits.accounts
    if first + count - 1 > most:
        raise ValueError(f"{count} own accounts after {first - 1}: state size {engine.limits.name!r} has {most}")
    numbers = list(range(first, first + count))
    for number in numbers:
        row = next_row(engine, CommandKind.DEFINE_ACCOUNT)
        payload = encode_payload(AccountPayload(number))
        engine.check_control(int(row["kind"][0]), payload)
        engine.control(row, payload)
        deposit = next_row(engine, CommandKind.DEPOSIT)
        deposit["account"] = number
        column(deposit, "amount_mills")[:] = DEPOSIT_MILLS
        engine.run_silently(deposit)
    return numbers


def next_row(engine: Engine, kind: CommandKind) -> np.ndarray:
    """A COMMAND row that follows the engine's last command, at its time."""
    row = blank_commands(1)
    row["sequence"], row["time_ns"], row["kind"] = engine.sequence + 1, engine.time_ns, kind
    return row


def source_of(source: object) -> EpisodeSource:
    """A source from what a user gives: an EpisodeSource, the name of a flow, or what `open_source` takes, such as a
    Tape or the path of one. ValueError: none of them, or it cannot be opened.
    """
    if source == NOISE:
        return NoiseSource()
    if is_generated(cast(Source, source)):
        return FlowSource(str(source))
    if isinstance(source, Tape | str | PathLike | tuple):
        try:
            tape = open_source(source)
        except UserError as error:
            raise ValueError(f"{error} (environments also take the flow {NOISE})") from None
        return TapeSource(tape)
    if all(hasattr(source, name) for name in ("open", "accounts", "advance")):
        return cast(EpisodeSource, source)
    names = ", ".join((NOISE, *FLOW_NAMES))
    raise ValueError(f"source {source!r}: want a Tape, a path, the name of a flow ({names}), or an EpisodeSource")
