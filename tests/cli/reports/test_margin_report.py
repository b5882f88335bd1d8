"""What `gpux margin` prints of the answer of a venue."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from clients.client import Session
from clients.credentials import Ed25519
from exchange.cli.reports import margin_report
from exchange.cli.reports.margin_report import MarginReport, of_key, of_venue, parse_orders, parse_positions
from exchange.cli.trading.place import Access
from exchange.main import RunningServer
from exchange.operator import port
from exchange.wire.messages import InstrumentDefinition
from tests.clients.scenes import SEEDS, play
from tests.gateway.harness import SYMBOL, Bench
from tests.operator.asking import do


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A venue that answers the operator's requests of this process."""
    with Bench(str(tmp_path)) as made:

        def ask(folder: str, request: msgspec.Struct) -> list[str]:
            fields = msgspec.to_builtins(request)
            return do(made, fields.pop("do"), **fields)

        monkeypatch.setattr(port, "ask", ask)
        yield made


def shown(report: MarginReport) -> str:
    console = Console(file=io.StringIO(), width=120)
    margin_report.show(report, console)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_orders_and_lots_are_read_as_a_person_types_them() -> None:
    assert parse_orders(["buy 10 H100.G90.F27 2.810", " sell  1 H100.G90.F27-G27 -0.005"]) == [
        ("H100.G90.F27", "b", 2_810, 10), ("H100.G90.F27-G27", "s", -5, 1),
    ]  # fmt: skip
    assert parse_positions(["H100.G90.F27=-5", "A=0"]) == [("H100.G90.F27", -5), ("A", 0)]


@pytest.mark.rule("MARGIN-018")
def test_the_margin_of_an_account_is_shown_by_commodity(bench: Bench) -> None:
    bench.connect(bench.keys[1]).ask(bench.order(10, "a1", order_lots=5))
    bench.connect(bench.keys[2]).ask(bench.order(10, "b1", side="s", order_lots=2))
    report = of_venue("data", 1, [], [])
    text = shown(report)
    assert report.then is None and "then" not in text
    total = report.now.total
    assert total is not None and total.required_mills > 0
    assert f"{total.required_mills:,}" in text and "H100" in text
    assert f"{report.now.free_margin_mills:,}" in text


@pytest.mark.rule("MARGIN-018")
def test_what_if_is_shown_beside_what_is_with_the_answer_to_each_order(bench: Bench) -> None:
    report = of_venue("data", 1, parse_orders([f"buy 3 {SYMBOL} 2.810"]), parse_positions([f"{SYMBOL}=-2"]))
    assert report.then is not None
    text = shown(report)
    for line in ("then", "change", "the same with the hypothetical lots", f"buy 3 {SYMBOL} 2.810", "passes"):
        assert line in text
    change = report.then.initial_margin_mills - report.now.initial_margin_mills
    assert change > 0 and f"{change:+,}" in text and f"{-change:+,}" in text


@pytest.mark.rule("MARGIN-018")
def test_a_trader_with_a_key_reads_what_the_operator_reads(tmp_path: Path) -> None:
    async def scene(server: RunningServer, session: Session, _: Session, row: InstrumentDefinition) -> None:
        await session.buy(row, 5, "2.810")
        key = tmp_path / "t1.pem"
        key.write_bytes(Ed25519.from_seed(SEEDS[1]).pem())
        orders, positions = parse_orders([f"buy 3 {row.symbol} 2.810"]), parse_positions([f"{row.symbol}=-2"])
        report = await of_key(Access(server.url, "k_t1", str(key)), 0, orders, positions)
        now, lots = await session.what_if(), [(row, -2)]
        assert (report.account, report.now) == (1, now)
        assert report.then == await session.what_if([session.new("b", row, 3, "2.810")], lots) != now

    play(tmp_path / "data", scene)


def test_json_has_the_keys_of_the_protocol(bench: Bench) -> None:
    plain = json.loads(margin_report.as_json(of_venue("data", 1, [], [])))
    assert plain["acc"] == 1 and plain.keys() == {"acc", "now"} and plain["now"]["total"]["req"] == 0
    asked = json.loads(margin_report.as_json(of_venue("data", 1, parse_orders([f"buy 3 {SYMBOL} 2.810"]), [])))
    (result,) = asked["then"]["res"]
    assert result["need"] == asked["then"]["im"] - asked["now"]["im"] and "code" not in result
