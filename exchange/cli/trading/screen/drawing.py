"""The frame of the trading screen: lines of text for a width and a height, 80 x 24 at least.

What a colour says, a word, a sign or a place says too. Bids are blue and asks orange, which people who do not tell red
from green see as different (Okabe and Ito, "Color Universal Design", 2008).
"""

from rich.text import Text

from exchange.cli.trading.market import ShownMarket
from exchange.cli.trading.screen.desk import STALE_S, TradingDesk
from exchange.cli.trading.screen.ladder import HEADING, WIDTH, Rung, rungs
from exchange.cli.trading.showing import clock
from exchange.units import money_text, price_text

BID, ASK, QUIET, ALARM, HEAD = "#56b4e9", "#e69f00", "dim", "bold reverse", "underline"
SIDE_STYLES = {"b": BID, "s": ASK, "": QUIET}
AGGRESSORS = {"b": "B", "s": "S", "n": "="}
AROUND = 7  # lines of the frame above and below its middle
LADDER_MIN, TAPE_MIN, POSITIONS_MAX = 3, 3, 5
KEYS = "b buy  s sell  x cancel  o orders  K kill  / find  ? help  q quit"
KEYS_PUBLIC = "/ find  ? help  q quit          read only: no key"


def ladder_height(height: int) -> int:
    """Lines of the ladder in a frame: odd, so that bids and asks have as many."""
    return max(LADDER_MIN, (height - AROUND - 1) // 2 * 2 + 1)


def frame(desk: TradingDesk, width: int, height: int, cursor: int | None, now: float) -> list[Text]:
    """The lines of one frame. `cursor`: price of the marked line; `now`: of the event loop's clock, in seconds."""
    market = desk.market
    if market is None:
        return [_line(f"loading {len(desk.instruments):,} instruments", width)]
    rows = ladder_height(height)
    left = rungs(market, desk.orders(market.instrument.instrument), rows, desk.places)
    right = side_pane(desk, market, rows, width - WIDTH - 3)
    body = [_joined(rung, text, cursor, width) for rung, text in zip(left, right, strict=True)]
    return [
        *_heading(desk, market, width),
        _line(f"{HEADING} │ {'time UTC':<8}   {'price':>7} {'lots':>6}", width, HEAD),
        *body,
        _account(desk, width),
        _line(desk.notice, width, "bold"),
        link(desk, market, width, now),
        _line(KEYS if desk.account else KEYS_PUBLIC, width, "reverse"),
    ]


def _line(text: str, width: int, style: str = "") -> Text:
    return Text(text[:width].ljust(width), style, no_wrap=True, end="")


def _heading(desk: TradingDesk, market: ShownMarket, width: int) -> tuple[Text, Text]:
    phase = market.phase_text(desk.now_us())
    first = _line(f"{market.instrument.symbol}  {phase}", width, "bold" if market.phase == "OPEN" else ALARM)
    return first, _line(market.day_text(), width)


def _joined(rung: Rung, right: Text, cursor: int | None, width: int) -> Text:
    """One line of the body. The marked line is reversed, and has a sign for those who see no colours."""
    marked = rung.price_tick is not None and rung.price_tick == cursor
    text = rung.text.ljust(WIDTH)
    line = Text(no_wrap=True, end="")
    line.append(f"▸{text[1:]}" if marked else text, f"{SIDE_STYLES[rung.side]}{' reverse' if marked else ''}")
    line.append(" │ ", QUIET)
    line.append_text(right)
    line.truncate(width, pad=True)
    return line


def side_pane(desk: TradingDesk, market: ShownMarket, rows: int, width: int) -> list[Text]:
    """`rows` lines: the tape, and below it the positions, if there is an account."""
    below = _positions(desk, max(0, rows - TAPE_MIN), width)
    shown = rows - len(below)
    tape = [
        Text(f"{clock(one.time_us)} {AGGRESSORS[one.aggressor]} {price_text(one.price_tick):>7} {one.lots:>6,}"[:width],
             SIDE_STYLES.get(one.aggressor, ""))
        for one in list(market.tape)[:shown]
    ]  # fmt: skip
    return [*tape, *[Text("")] * (shown - len(tape)), *below]


def _positions(desk: TradingDesk, most: int, width: int) -> list[Text]:
    if not desk.account or most < 2:
        return []
    positions = desk.positions()
    lines = []
    for one in positions[: min(most, POSITIONS_MAX + 1) - 1]:
        gain = (one.unrealised_mills + (one.realised_mills or 0)) // 1_000
        lines.append(Text(f"{desk.symbol(one.instrument)} {one.lots:+,} {gain:+,}"[:width]))
    heading = Text(f"{len(positions)} positions: lots, $ gain".ljust(width)[:width], HEAD)
    return [heading, *(lines or [Text("none", QUIET)])]


def _account(desk: TradingDesk, width: int) -> Text:
    margin = desk.margin()
    if margin is None:
        return _line("market data only: log on with --key FILE.pem to trade", width, QUIET)
    held = margin.hold_mills or margin.initial_margin_mills
    equity, held_text, free = map(money_text, (margin.equity_mills, held, margin.free_margin_mills))
    alarm = "STOPPED  " if desk.stopped else "KILLED  " if desk.killed else ""
    alarm += f"CALL {desk.call}  " if desk.call not in ("", "open") else ""
    text = f"acc {desk.account}  {len(desk.orders())} working  equity {equity}  held {held_text}  free {free} $"
    text += " kill?" if desk.killed is None else ""  # not known: help says so
    text += "" if desk.call else " call?"
    return _line(alarm + text, width, ALARM if alarm else "")


def link(desk: TradingDesk, market: ShownMarket, width: int, now: float) -> Text:
    """The line about the way to the venue: connection, round trip, lag, gaps, how old book and connection are."""
    silence = desk.silence_s(now)
    if desk.over:
        return _line(f"SESSION OVER: {desk.over}; q leaves", width, ALARM)
    if not desk.connected:
        return _line(f"DISCONNECTED {silence:.0f} s, connecting again: {market.problem}", width, ALARM)
    rtt = f"{desk.rtt_ms:.1f} ms" if desk.rtt_ms is not None else "-"
    age = f"{market.book.age_ms / 1e3:.0f} s" if market.book.time_us else "-"
    text = f"{desk.session.core.key or 'public'} rtt {rtt}  lag {'yes' if desk.lagging else 'no'}  gaps {desk.gaps}"
    text += f"  dropped {desk.drops}" if desk.drops else ""
    text += f"  book {age}  heard {silence:.1f} s"
    stale = silence > STALE_S or not market.book.synced
    return _line(f"{'STALE ' if stale else ''}{text}", width, ALARM if stale or desk.lagging else "")
