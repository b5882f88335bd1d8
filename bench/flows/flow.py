"""Seeded synthetic order flow: four kinds of traffic on a filled book, as COMMAND rows.

The generator has its own small first-in-first-out book. So it cancels only live orders, its aggressors always trade,
and it predicts the number of trades: an engine with another number is wrong. The distance of a price from the opposite
best price is Lomax distributed (x0 = 40 ticks, a = 1.5), at most 700 ticks, as measured in equity books (Bouchaud,
Mezard, Potters 2002). The same arguments give the same bytes.
"""

from dataclasses import dataclass, replace

import numpy as np

from bench.flows.flow_book import (
    ADD,
    AGGRESS,
    CANCEL,
    CURSOR,
    LEVEL,
    LOTS_MAX,
    ORDER,
    REPLACE,
    STEP,
    TICKS,
    play_steps,
)
from exchange.codes import CommandFlag, CommandKind, TimeInForce
from exchange.records import COMMAND

KINDS = ("add", "cancel", "replace", "aggressive")
DISTANCE_X0 = 40.0
DISTANCE_A = 1.5
DISTANCE_MAX = 700
STEP_NS = 1_000
START_NS = 1_798_761_600_000_000_000  # 2027-01-01T00:00:00Z


@dataclass(frozen=True)
class Parameters:
    """Parameters of one kind of traffic. `add`, `cancel`, `replace`, `aggressive`: percent of commands, 100 in all."""

    name: str
    commands: int
    add: float
    cancel: float
    replace: float
    aggressive: float
    aggressor_lots_max: int = 29
    recent_cancels: float = 60.0  # percent of cancels that are for one of the last RECENT_ORDERS orders
    warm_orders: int = 30_000
    accounts: int = 256
    books: int = 1
    seed: int = 1

    def __post_init__(self) -> None:
        assert abs(self.add + self.cancel + self.replace + self.aggressive - 100) < 1e-9
        assert min(self.commands, self.warm_orders, self.accounts, self.books) > 0


# Orders have 5.5 lots on average. An aggressor of mixed has 15 lots on average and removes about 2.7 orders; one of
# sweep has 50.5 lots and removes about 9. With these shares the size of the book stays about the same.
FLOWS = {
    flow.name: flow
    for flow in (
        Parameters("mixed", 2_000_000, add=52, cancel=38, replace=5, aggressive=5),
        Parameters("churn", 2_000_000, add=50, cancel=50, replace=0, aggressive=0),
        Parameters("passive", 1_000_000, add=100, cancel=0, replace=0, aggressive=0),
        Parameters("sweep", 2_000_000, add=74.75, cancel=19.25, replace=0, aggressive=6, aggressor_lots_max=100),
    )
}


@dataclass(frozen=True)
class Flow:
    """Rows that fill the book, rows to measure, and the results that the generator predicts."""

    parameters: Parameters
    warm: np.ndarray  # COMMAND, shape (warm_orders,)
    commands: np.ndarray  # COMMAND, shape (commands,)
    warm_steps: np.ndarray  # STEP, one for each warm row
    steps: np.ndarray  # STEP, one for each command
    resting: tuple[int, int]  # orders in the books before and after the commands
    levels: tuple[int, int]  # price levels of both sides of all books, before and after

    @property
    def fills(self) -> int:
        """Number of trades of the commands; an engine emits two FILL rows for each."""
        return int(self.steps["fills"].sum())

    def mix(self) -> dict[str, float]:
        """Percentage of each kind of command in the flow, and the mean number of trades of an aggressor."""
        counts = np.bincount(self.steps["kind"], minlength=len(KINDS))
        shares = {name: 100 * int(count) / len(self.steps) for name, count in zip(KINDS, counts, strict=True)}
        return shares | {"fills_per_aggressor": self.fills / max(1, int(counts[AGGRESS]))}


def make_flow(parameters: Parameters) -> Flow:
    """Generate a flow: draw steps, play them in the generator's book, and write them as rows."""
    total = parameters.warm_orders + parameters.commands
    orders = np.zeros(total + 1, ORDER)
    levels = np.zeros((parameters.books, 2, TICKS), LEVEL)
    best = np.full((parameters.books, 2), [0, TICKS - 1], np.int32)
    live = np.zeros(total + 1, np.int32)
    cursor = np.zeros(1, CURSOR)
    warm_only = replace(parameters, name="warm", add=100, cancel=0, replace=0, aggressive=0)
    parts, resting, occupied = [], [], []
    for stream, (part, count) in enumerate(((warm_only, parameters.warm_orders), (parameters, parameters.commands))):
        steps = draw_steps(part, count, 2 * parameters.seed + stream)
        play_steps(steps, orders, levels, best, live, cursor)  # type: ignore[no-untyped-call]  # a kernel
        parts.append(steps)
        resting.append(int(cursor["live"][0]))
        occupied.append(int(np.count_nonzero(levels["head"])))
    warm, commands = (step_rows(steps, parameters.name) for steps in parts)
    stamp(warm, 0, START_NS)
    stamp(commands, len(warm), START_NS)
    return Flow(parameters, warm, commands, parts[0], parts[1], (resting[0], resting[1]), (occupied[0], occupied[1]))


def stamp(rows: np.ndarray, sequence: int, time_ns: int) -> None:
    """Number the rows after `sequence` and space them STEP_NS apart, in place."""
    rows["sequence"] = np.arange(sequence + 1, sequence + 1 + len(rows))
    rows["time_ns"] = time_ns + STEP_NS * rows["sequence"]


def random_words(seed: int, column: int, count: int) -> np.ndarray:
    """`count` uint64 of SplitMix64 (Steele, Lea, Flood 2014). Unlike a library's generator it will never change."""
    with np.errstate(over="ignore"):
        start = np.uint64((seed << 8 | column) & 0xFFFFFFFFFFFFFFFF) * np.uint64(0xD1342543DE82EF95)
        word = start + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return word ^ (word >> np.uint64(31))


def draw_steps(parameters: Parameters, count: int, seed: int) -> np.ndarray:
    """STEP rows with their random fields, before the book has played them."""

    def unit(column: int) -> np.ndarray:
        return (random_words(seed, column, count) >> np.uint64(11)) * 2.0**-53

    steps = np.zeros(count, STEP)
    shares = [parameters.add, parameters.cancel, parameters.replace]
    steps["kind"] = np.searchsorted(np.cumsum(shares) / 100, unit(0), side="right")
    steps["side"] = unit(1) < 0.5
    aggressive = steps["kind"] == AGGRESS
    steps["lots"] = 1 + unit(2) * np.where(aggressive, parameters.aggressor_lots_max, LOTS_MAX)
    tail = DISTANCE_X0 * ((1 - unit(3)) ** (-1 / DISTANCE_A) - 1)
    steps["distance"] = np.minimum(tail, DISTANCE_MAX)
    steps["account"] = 1 + unit(4) * parameters.accounts
    steps["book"] = unit(5) * parameters.books
    steps["recent"] = unit(6) < parameters.recent_cancels / 100
    steps["down"] = unit(7) < 0.5
    steps["pick"] = random_words(seed, 8, count)
    return steps


def step_rows(steps: np.ndarray, label: str) -> np.ndarray:
    """COMMAND rows of played steps. Orders have client order ids like `00001234-mixed`."""
    kinds = np.array([CommandKind.NEW, CommandKind.CANCEL, CommandKind.REPLACE, CommandKind.NEW], np.uint8)
    rows = np.zeros(len(steps), COMMAND)
    entry = np.isin(steps["kind"], (ADD, AGGRESS))
    rows["kind"] = kinds[steps["kind"]]
    rows["side"] = steps["side"]
    rows["tif"] = np.where(steps["kind"] == AGGRESS, TimeInForce.IOC, np.where(entry, TimeInForce.GTC, 0))
    kept = np.where(steps["down"], CommandFlag.KEEP_PRICE, CommandFlag.KEEP_LOTS)
    rows["flags"] = np.where(steps["kind"] == REPLACE, kept, 0)
    rows["account"] = steps["account"]
    rows["instrument"] = 1 + steps["book"]
    rows["client_order_id_0"] = decimal_words(steps["order"])
    rows["client_order_id_1"] = int.from_bytes(f"-{label:.7}".encode().ljust(8, b"\0"), "little")
    rows["price"] = np.where(steps["kind"] == CANCEL, 0, steps["price"])
    rows["lots"] = np.where(steps["kind"] == CANCEL, 0, steps["lots"])
    return rows


def decimal_words(numbers: np.ndarray) -> np.ndarray:
    """Eight ASCII digits of each number as one little-endian word."""
    rest: np.ndarray = numbers.astype(np.uint64)
    words: np.ndarray = np.zeros(len(numbers), np.uint64)
    for _ in range(8):
        rest, digit = np.divmod(rest, np.uint64(10))
        words = words << np.uint64(8) | (digit + np.uint64(ord("0")))
    return words
