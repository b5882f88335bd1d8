"""Reads or replays a file once. Each returns what shows that the work was done."""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from bench.tapes.parts import Part, TapeControl
from bench.tapes.reader import TapeReader
from bench.tapes.run import pieces
from exchange.engine.engine import Engine
from exchange.limits import NAMED

BLOCK_BYTES = 1 << 20
STEP_NS = 100_000_000  # hftbacktest's tutorials go on by 100 ms


def read_parts(path: Path) -> int:
    """Read a tape group by group, with all its checks; returns the number of rows."""
    with TapeReader(path) as reader:
        return sum(1 if isinstance(part, TapeControl) else len(part) for part in reader.parts())


def read_dbn(path: Path) -> int:
    """Read a DBN file with databento-dbn, block by block, as its objects; returns the number of records."""
    dbn = import_module("databento_dbn")
    decoder, records = dbn.DBNDecoder(compression=dbn.Compression.ZSTD), 0
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            decoder.write(block)
            records += len(decoder.decode())
    return records - 1  # without the metadata


def read_dbn_array(path: Path) -> int:
    """Decompress a DBN file and take its records as an array, without its library; returns the number of records."""
    import numpy as np
    import pyarrow as pa

    record = np.dtype(import_module("databento_dbn").MBOMsg._dtypes)
    with pa.input_stream(path, compression="zstd") as file:
        head = file.read(8)
        file.read(int.from_bytes(head[4:], "little"))
        return len(np.frombuffer(file.read(), record))


def replay_parts(parts: Iterable[Part], limits: str) -> str:
    """Run the parts of a tape on a new engine, without copying events; returns the state hash."""
    engine = Engine(NAMED[limits])
    for piece in pieces(parts):
        if isinstance(piece, TapeControl):
            engine.control(piece.row, piece.payload)
        else:
            engine.run_silently(piece)
    return engine.state_hash().hex()


def replay_hftbacktest(path: Path, orders: bool, ticks: tuple[int, int]) -> tuple[float, float]:
    """Run a file through hftbacktest to its end, as its tutorials do; returns the best bid and ask.

    orders   the file has orders (its level 3); else price levels (its level 2), which is less work
    ticks    least and greatest price
    """
    hft = import_module("hftbacktest")
    asset = hft.BacktestAsset().data([str(path)]).linear_asset(1.0).constant_order_latency(0, 0)
    asset = asset.l3_fifo_queue_model() if orders else asset.risk_adverse_queue_model()
    asset = asset.no_partial_fill_exchange().trading_value_fee_model(0, 0)
    asset = asset.tick_size(1.0).lot_size(1.0).last_trades_capacity(0)
    asset = asset.roi_lb(float(ticks[0])).roi_ub(float(ticks[1]))
    backtest = hft.ROIVectorMarketDepthBacktest([asset])
    while backtest.elapse(STEP_NS) == 0:
        pass
    depth = backtest.depth(0)
    best = float(depth.best_bid), float(depth.best_ask)
    backtest.close()
    return best
