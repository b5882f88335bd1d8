"""Is a tape small, is it read as fast as DBN, and is it replayed faster than hftbacktest replays its own file?

Each contestant reads or replays a file of the same flow, in turn, in the same run; the page cache of the system is
warm. Each result is checked: number of rows, state hash, best prices. Times are processor time of all threads of the
process and wall time; a machine with other load makes the wall time longer, most of all for a program with one thread.

Not shown: a disk, strategies, own orders. hftbacktest gets a feed, in which matching is done already, and keeps a book
of orders (or only of levels); the engine matches, and has accounts, margin and positions.
"""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter_ns, process_time_ns

from bench.extras import check_package
from bench.from_file.contestants import read_dbn, read_dbn_array, read_parts, replay_hftbacktest, replay_parts
from bench.from_file.feed import TapeFeed, feed_of, npz_events, npz_levels, write_dbn, write_npz
from bench.record import Distribution, Report, distribution
from bench.research.sources import flow_tape
from bench.tapes.cache import cached_parts
from bench.tapes.market import engine_at
from bench.tapes.reader import TapeReader
from bench.tapes.tape import Tape, write_tape
from exchange.engine import query

FLOW, SEED = "mixed", 1
COMMANDS, QUICK_COMMANDS, PASSES = 1_000_000, 50_000, 7
BYTES_MOST, READ_MOST, REPLAY_LEAST = 8.0, 1.5, 3.0
Check = Callable[[], bool]
Times = dict[str, tuple[Distribution, Distribution]]  # by contestant: processor time, wall time


def run_tapes(report: Report, _: str) -> None:
    """Bytes a message, and reading beside DBN. AssertionError: a result is wrong."""
    check_package("gpux bench tapes", "databento_dbn", "research")
    tape, feed = recorded_flow(report.quick)
    with tempfile.TemporaryDirectory() as folder:
        path, dbn = Path(folder, "flow.parquet"), Path(folder, "flow.dbn.zst")
        write_tape(tape, path)
        write_dbn(feed, dbn)
        rows, records = len(tape.commands) + len(tape.controls), len(feed.kinds)
        contestants: dict[str, tuple[int, Check]] = {
            "tape": (rows, lambda: read_parts(path) == rows),
            "DBN by databento-dbn": (records, lambda: read_dbn(dbn) == records),
            "DBN as an array": (records, lambda: read_dbn_array(dbn) == records),
        }
        sizes = {"tape": path.stat().st_size / rows, "DBN": dbn.stat().st_size / records}
        times = in_turn(contestants, report.passes(PASSES))
    good = reached(sizes["tape"] <= BYTES_MOST)
    detail = f"must: at most {BYTES_MOST:g}: {good}; DBN.zst {sizes['DBN']:.2f} a record; {rows:,} rows of {FLOW}"
    report.row("tape: bytes a message", f"{sizes['tape']:.2f}", detail)
    report.keep("sizes", dict(sizes), {"flow": FLOW, "seed": SEED, "rows": rows, "records": records})
    ratio = times["tape"][0].least / times["DBN by databento-dbn"][0].least
    must = f"must: at most {READ_MOST:g} of it: {reached(ratio <= READ_MOST)}"
    show(report, "read", times, "DBN by databento-dbn", {"tape": must})


def run_files(report: Report, _: str) -> None:
    """Replay from files beside hftbacktest. AssertionError: a result is wrong."""
    check_package("gpux bench files", "hftbacktest", "bench")
    tape, feed = recorded_flow(report.quick)
    with tempfile.TemporaryDirectory() as folder:
        path, orders, levels = (Path(folder, name) for name in ("flow.parquet", "orders.npz", "levels.npz"))
        write_tape(tape, path)
        write_npz(npz_events(feed), orders)
        write_npz(npz_levels(feed), levels)
        best, ticks = best_prices(tape), (int(feed.events["price"].min()) - 1, int(feed.events["price"].max()) + 1)
        commands = len(tape.commands)
        contestants: dict[str, tuple[int, Check]] = {
            "tape": (commands, lambda: replay_file(path, tape.limits) == feed.state_hash),
            "tape in the cache": (
                commands,
                lambda: replay_parts(cached_parts(path, Path(folder)), tape.limits) == feed.state_hash,
            ),
            "rows in memory": (commands, lambda: replay_parts(tape.parts(), tape.limits) == feed.state_hash),
            "hftbacktest, orders": (commands, lambda: replay_hftbacktest(orders, True, ticks) == best),
            "hftbacktest, levels": (commands, lambda: replay_hftbacktest(levels, False, ticks) == best),
        }
        times = in_turn(contestants, report.passes(PASSES))
    peer = "hftbacktest, orders"
    musts = {}
    for name in ("tape", "tape in the cache"):
        ratio = times[peer][0].least / times[name][0].least
        musts[name] = f"must: {REPLAY_LEAST:g} times as fast: {reached(ratio >= REPLAY_LEAST)}"
    show(report, "replay", times, peer, musts)


def recorded_flow(quick: bool) -> tuple[Tape, TapeFeed]:
    """The flow as a tape and as a feed. AssertionError: the engine does not make the trades that the flow predicts."""
    tape = flow_tape(FLOW, SEED, QUICK_COMMANDS if quick else COMMANDS)
    feed = feed_of(tape)
    assert feed.fills == tape.notes["fills"], f"{feed.fills:,} trades, the flow predicts {tape.notes['fills']:,}"
    return replace(tape, state_hash=feed.state_hash), feed


def replay_file(path: Path, limits: str) -> str:
    """Replay a tape from its file, row group by row group; returns the state hash."""
    with TapeReader(path) as reader:
        return replay_parts(reader.parts(), limits)


def best_prices(tape: Tape) -> tuple[float, float]:
    """Best bid and ask of the only book after a tape."""
    bids, asks = query.depth(engine_at(tape, len(tape.commands)).states, 1, 1)
    return float(bids[0][0]), float(asks[0][0])


def in_turn(contestants: dict[str, tuple[int, Check]], passes: int) -> Times:
    """Times of each contestant, in ns a message. The first round warms up. AssertionError: a result is wrong.

    contestants   by name: number of messages, and the work, which returns whether its result is right
    """
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
    for turn in range(passes + 1):
        for name, (messages, work) in contestants.items():
            processor, wall = process_time_ns(), perf_counter_ns()
            right = work()
            times = (process_time_ns() - processor) / messages, (perf_counter_ns() - wall) / messages
            assert right, f"{name}: wrong result"
            if turn:
                found[name].append(times)
    return {
        name: (distribution([one for one, _ in times], "ns"), distribution([one for _, one in times], "ns"))
        for name, times in found.items()
    }


def show(report: Report, what: str, times: Times, peer: str, musts: dict[str, str]) -> None:
    """One row for each contestant, with its ratio to the peer, and its times in the result file."""
    for name, (processor, wall) in times.items():
        ratios = [times[peer][place].least / one.least for place, one in enumerate((processor, wall))]
        beside = f"{peer} takes {ratios[0]:.2f} times its processor time, {ratios[1]:.2f} times its wall time"
        beside = "" if name == peer else beside
        detail = "; ".join(text for text in (beside, musts.get(name, ""), f"wall {wall.text()}") if text)
        report.row(f"{what}: {name}", processor.text(), detail)
    figures = {name: {"processor": processor, "wall": wall} for name, (processor, wall) in times.items()}
    report.keep(what, figures, {"flow": FLOW, "seed": SEED, "passes": next(iter(times.values()))[0].count})


def reached(is_reached: bool) -> str:
    return "reached" if is_reached else "not reached"
