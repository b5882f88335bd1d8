"""Where the messages of an episode come from: a recorded tape, or a flow that is generated for each seed.

`NoiseSource` reacts to the book, orders of agents included; it is also the flow of `QuoteVectorEnv`. A tape and a
generated flow such as `mixed` are fixed: their messages are the same whatever the agents do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol, cast

import numpy as np

from bench.flows.flow import FLOWS, make_flow
from bench.many.books import LIMITS, MARKET, USUAL_FLOW, Books, check_weights, flow_rows
from bench.tapes.market import DEPOSIT_MILLS, engine_at, flow_market, market_tape
from bench.tapes.tape import Tape
from exchange.codes import CommandKind
from exchange.engine import query
from exchange.engine.control.define_account import AccountPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.engine import Engine, blank_commands
from exchange.records import column

FLOW_ORDERS = 300  # orders in the book of a generated flow before the first message
FLOW_ACCOUNTS = 16
FLOW_LIMITS = "test"
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

    tape            its controls come before its rows; its cancels and replaces name client order ids
    episode_rows    0: every episode begins at the first message; else an episode begins at a multiple of this
    ValueError: the tape cannot be played together with orders of others
    """

    def __init__(self, tape: Tape, episode_rows: int = 0) -> None:
        check_tape(tape)
        self._tape, self._rows = tape, tape.commands[tape.resting_rows :]
        self._starts = max(1, len(self._rows) // episode_rows) if episode_rows else 1
        self._episode_rows, self._next = episode_rows, 0
        self._engine = engine_at(tape, tape.resting_rows)
        self._opening = self._engine.states.view(np.uint8).copy()

    def open(self, seed: int) -> Engine:
        np.copyto(self._engine.states.view(np.uint8), self._opening)
        self._next = seed % self._starts * self._episode_rows
        self._engine.run_silently(self._rows[: self._next])
        return self._engine

    def accounts(self, engine: Engine, count: int) -> list[int]:
        return add_accounts(engine, count)

    def advance(self, engine: Engine, count: int) -> int:
        rows = self._rows[self._next : self._next + count].copy()
        rows["sequence"] = np.arange(engine.sequence + 1, engine.sequence + 1 + len(rows))
        engine.run_silently(rows)
        self._next += len(rows)
        return len(rows)


def check_tape(tape: Tape) -> None:
    """Raise ValueError if own orders would change what the rows of a tape mean."""
    if tape.controls and len(tape.commands) and tape.controls[-1].sequence > int(tape.commands["sequence"][0]):
        raise ValueError(f"control at sequence {tape.controls[-1].sequence}: controls must come before all rows")
    named = np.flatnonzero(tape.commands["order_id"])
    if len(named):
        sequence = int(tape.commands["sequence"][named[0]])
        raise ValueError(
            f"command at sequence {sequence} names an order id of the engine, and own orders change these ids; "
            "allowed: cancels and replaces by client order id"
        )


@dataclass
class FlowSource:
    """A generated flow (`bench.flows.flow`), another one for each seed.

    name       a flow, such as "mixed"
    messages   length of the flow
    """

    name: str = "mixed"
    messages: int = 50_000

    def __post_init__(self) -> None:
        if self.name not in FLOWS:
            raise ValueError(f"flow {self.name!r}: not one of {NOISE}, {', '.join(FLOWS)}")
        self._tape: TapeSource | None = None

    def open(self, seed: int) -> Engine:
        parameters = replace(
            FLOWS[self.name],
            commands=self.messages,
            warm_orders=FLOW_ORDERS,
            accounts=FLOW_ACCOUNTS,
            seed=seed,
        )
        flow = make_flow(parameters)
        self._tape = TapeSource(market_tape(flow_market(flow), [flow.warm, flow.commands], limits=FLOW_LIMITS))
        return self._tape.open(seed)

    def accounts(self, engine: Engine, count: int) -> list[int]:
        return add_accounts(engine, count)

    def advance(self, engine: Engine, count: int) -> int:
        assert self._tape is not None, "open comes first"
        return self._tape.advance(engine, count)


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
    """A source from what a user gives: a EpisodeSource, a Tape, or the name of a flow. ValueError: neither of them."""
    if isinstance(source, Tape):
        return TapeSource(source)
    if isinstance(source, str):
        return NoiseSource() if source == NOISE else FlowSource(source)
    if all(hasattr(source, name) for name in ("open", "accounts", "advance")):
        return cast(EpisodeSource, source)
    raise ValueError(
        f"source {source!r}: want a Tape, the name of a flow ({NOISE}, {', '.join(FLOWS)}), or an EpisodeSource"
    )
