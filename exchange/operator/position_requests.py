"""The operator's requests that change positions: busts of trades, transfers between accounts (SEC-061)."""

from exchange.codes import CommandKind
from exchange.engine import query
from exchange.engine.control.house.transfer import TransferPayload
from exchange.engine.control.registry import encode_payload
from exchange.errors import UserError
from exchange.operator.acts import Acts
from exchange.operator.busted_trades import bust_of, find_trade
from exchange.operator.pending_answer import Reply, answer_control
from exchange.operator.requests import BustTrade, TransferLots
from exchange.units import price_text
from exchange.venue.venue import Venue


class PositionRequests:
    """Each public method serves one kind of request, for which two people must ask (NeedsTwo: one does)."""

    def __init__(self, venue: Venue, acts: Acts) -> None:
        self._venue, self._acts = venue, acts

    def bust_trade(self, request: BustTrade, reply: Reply) -> None:
        """Take a trade back. UserError: it is not kept any more, or an instrument of it has ended."""
        self._acts.need_two(f"a bust of trade {request.trade}")
        rows, ended = find_trade(self._venue.history, request.trade)
        payload = bust_of(self._venue.states[0], rows, request.trade)
        books = {trade.instrument for trade in payload.trades} | {fill.instrument for fill in payload.fills}
        if books & ended:
            raise UserError(f"trade {request.trade}: an instrument of it has ended since")
        symbols = {row.index: row.symbol for row in query.instruments(self._venue.states)}
        prints = [
            f"trade {one.trade_id}: {one.lots:,} {symbols[one.instrument]} at {price_text(one.tick)} taken back"
            for one in payload.trades
        ]
        answer_control(self._acts, CommandKind.BUST, encode_payload(payload), "; ".join(prints), reply)

    def transfer_lots(self, request: TransferLots, reply: Reply) -> None:
        """Move lots from one account to another. UserError: no such outright is listed."""
        self._acts.need_two(f"a transfer from account {request.giver} to {request.taker}")
        index, tick = self._outright(request.symbol), self.transfer_tick(request)
        payload = TransferPayload(index, request.lots, tick, request.giver, request.taker, by_two=True)
        lots = f"{request.lots:+,} {request.symbol} at {price_text(tick)}"
        text = f"{lots} moved from account {request.giver} to {request.taker}"
        answer_control(self._acts, CommandKind.TRANSFER, encode_payload(payload), text, reply)

    def transfer_tick(self, request: TransferLots) -> int:
        """The price of a transfer, ticks: the present mark if none is given. UserError: no such outright is listed."""
        if request.price is not None:
            return request.price
        return int(self._venue.states["books"][0][self._outright(request.symbol)]["mark_tick"])

    def _outright(self, symbol: str) -> int:
        rows = {row.symbol: row for row in query.instruments(self._venue.states) if not row.combo}
        if symbol not in rows:
            raise UserError(f"no outright {symbol} is listed")
        return rows[symbol].index
