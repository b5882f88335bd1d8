"""The execution client of a trading node: orders, and reports of orders, fills and positions."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from nautilus_trader.core.datetime import dt_to_unix_nanos
from nautilus_trader.live.execution_client import LiveExecutionClient
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import AccountId, ClientId, InstrumentId
from nautilus_trader.model.objects import AccountBalance, Money

from clients.adapters.nautilus.config import GpuxExecClientConfig
from clients.adapters.nautilus.instruments import NS_PER_US, VENUE, money_of
from clients.adapters.nautilus.order_events import OrderEvents
from clients.adapters.nautilus.order_ids import venue_id
from clients.adapters.nautilus.order_requests import cancel_of, new_of, replace_of, why_denied
from clients.adapters.nautilus.providers import GpuxInstrumentProvider
from clients.adapters.nautilus.reports import fill_report, order_report, position_report
from clients.client import Session
from clients.errors import NotLive, Refused, SessionOver
from clients.events import Event, Filled, OrderChanged, Reconnected
from exchange.wire.errors import ErrorCode
from exchange.wire.fields import BATCH_MAX
from exchange.wire.messages import Exec, Fill, Margin, MarginView, OrderView

NOT_SENT = (NotLive, SessionOver, ValueError)
EVENTS_PER_QUERY = 2_000  # of an account stream, for a query of fills


class GpuxExecutionClient(LiveExecutionClient):
    """Trading through a session of a key, for its first account."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, name: str | None, config: GpuxExecClientConfig, msgbus: Any, cache: Any,
        clock: Any, session: Session, provider: GpuxInstrumentProvider,
    ) -> None:  # fmt: skip
        super().__init__(
            loop=loop, client_id=ClientId(name or VENUE.value), venue=VENUE, oms_type=OmsType.NETTING,
            account_type=AccountType.MARGIN, base_currency=USD, instrument_provider=provider, msgbus=msgbus,
            cache=cache, clock=clock, config=config,
        )  # fmt: skip
        self._session, self._provider = session, provider
        self._orders = OrderEvents(self, provider, cache, clock)
        self._last_us = 0  # venue time of the last event of an order

    async def _connect(self) -> None:
        await self._session.__aenter__()
        await self._provider.learn()
        for instrument in self._provider.list_all():
            if self._cache.instrument(instrument.id) is None:
                self._cache.add_instrument(instrument)
        self._set_account_id(AccountId(f"{VENUE.value}-{self._session.core.account}"))
        self._report_account(await self._session.margin(), self._clock.timestamp_ns())
        await self._await_account_registered()
        self.create_task(self._read(), log_msg="read")

    async def _disconnect(self) -> None:
        await self._session.close()

    # -- events -------------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        async for event in self._session.events():
            self._take(event)
        self._log.info(f"No more account events: {self._session.failure}")

    def _take(self, event: Event) -> None:
        if isinstance(event, OrderChanged) and isinstance(event.cause, Exec):
            self._last_us = event.cause.time_us
            self._orders.take_exec(event.cause)
        elif isinstance(event, Filled):
            self._last_us = event.fill.time_us
            self._orders.take_fill(event.fill)
        elif isinstance(event, Margin):
            self._report_account(event, event.time_us * NS_PER_US)
        elif isinstance(event, Reconnected) and not event.resumed:
            self.create_task(self._catch_up(), log_msg="catch up")

    async def _catch_up(self) -> None:
        """Publish the fills that the node lacks, and the state of its orders, after events were lost."""
        async for fill in self._fills(self._last_us):
            self._orders.take_missed_fill(fill)
        for order in [*self._cache.orders_open(venue=VENUE), *self._cache.orders_inflight(venue=VENUE)]:
            view = await self._find(order.client_order_id, order.venue_order_id)
            if view is not None:
                self._send_order_status_report(self._order_report(view))

    def _report_account(self, margin: Margin | MarginView, ts_ns: int) -> None:
        """Report equity and free margin. Money bound by margin is locked."""
        total = money_of(margin.equity_mills, margin.currency)
        free = money_of(min(margin.free_margin_mills, margin.equity_mills), margin.currency)
        locked = Money(total.as_decimal() - free.as_decimal(), total.currency)
        balance = AccountBalance(total=total, locked=locked, free=free)
        self.generate_account_state(balances=[balance], margins=[], reported=True, ts_event=ts_ns)

    # -- commands -----------------------------------------------------------------------------------------------------

    async def _submit_order(self, command: Any) -> None:
        await self._submit(command.order, command.position_id is not None)

    async def _submit_order_list(self, command: Any) -> None:
        for order in command.order_list.orders:
            await self._submit(order, command.position_id is not None)

    async def _submit(self, order: Any, closes: bool) -> None:
        names = order.strategy_id, order.instrument_id, order.client_order_id
        if reason := why_denied(order, closes):
            self.generate_order_denied(*names, reason, self._clock.timestamp_ns())
            return
        self.generate_order_submitted(*names, self._clock.timestamp_ns())
        try:
            await self._session.request(new_of(order, self._provider.definition(order.instrument_id)))
        except Refused as refused:
            post_only = refused.error.code == ErrorCode.POST_ONLY_WOULD_TAKE
            if refused.error.applied == "no":
                self.generate_order_rejected(*names, str(refused), self._clock.timestamp_ns(), post_only)
            else:
                self._log.warning(f"{order.client_order_id}: outcome unknown: {refused}")
        except NOT_SENT as failure:
            self.generate_order_rejected(*names, str(failure), self._clock.timestamp_ns(), False)

    async def _modify_order(self, command: Any) -> None:
        try:
            await self._session.request(replace_of(command))
        except (Refused, *NOT_SENT) as failure:
            names = command.strategy_id, command.instrument_id, command.client_order_id, command.venue_order_id
            self.generate_order_modify_rejected(*names, str(failure), self._clock.timestamp_ns())

    async def _cancel_order(self, command: Any) -> None:
        await self._cancel([command])

    async def _cancel_all_orders(self, command: Any) -> None:
        """Cancel the open orders of the strategy; those of others stay."""
        side = command.order_side if command.order_side != OrderSide.NO_ORDER_SIDE else None
        filters = {"instrument_id": command.instrument_id, "strategy_id": command.strategy_id}
        orders = self._cache.orders_open(venue=VENUE, **filters)
        await self._cancel([order for order in orders if side is None or order.side == side])

    async def _batch_cancel_orders(self, command: Any) -> None:
        await self._cancel(command.cancels)

    async def _cancel(self, named: Sequence[Any]) -> None:
        """Cancel orders, twenty in a request."""
        for start in range(0, len(named), BATCH_MAX):
            part = named[start : start + BATCH_MAX]
            try:
                results = await self._session.batch(*map(cancel_of, part))
                reasons = [f"{one.name}: {one.message}" if one.code else "" for one in results]
            except (Refused, *NOT_SENT) as failure:
                reasons = [str(failure)] * len(part)
            for one, reason in zip(part, reasons, strict=True):
                if reason:
                    names = one.strategy_id, one.instrument_id, one.client_order_id, one.venue_order_id
                    self.generate_order_cancel_rejected(*names, reason, self._clock.timestamp_ns())

    # -- reports ------------------------------------------------------------------------------------------------------

    async def generate_order_status_report(self, command: Any) -> Any:
        view = await self._find(command.client_order_id, command.venue_order_id)
        return None if view is None else self._order_report(view)

    async def generate_order_status_reports(self, command: Any) -> list[Any]:
        """Working orders of the account, and the ends of those that the node thinks are open."""
        views = await self._session.open_orders()
        known = {str(view.order_id) for view in views}
        for order in self._cache.orders_open(venue=VENUE):
            if order.venue_order_id is not None and order.venue_order_id.value not in known:
                view = await self._find(order.client_order_id, order.venue_order_id)
                views += [view] if view is not None else []
        reports = [self._order_report(view) for view in views if self._id_of(view.instrument) is not None]
        wanted = command.instrument_id
        return [report for report in reports if wanted is None or report.instrument_id == wanted]

    async def generate_fill_reports(self, command: Any) -> list[Any]:
        """Fills since `start`, as far back as the venue keeps them; those of an order if it is named."""
        since_us = dt_to_unix_nanos(command.start) // NS_PER_US if command.start is not None else 0
        reports = []
        async for fill in self._fills(since_us):
            name = self._id_of(fill.instrument)
            if name is not None and command.instrument_id in (None, name):
                currency = self._provider.definition(name).currency
                reports.append(fill_report(fill, name, self.account_id, currency, self._clock.timestamp_ns()))
        order = command.venue_order_id
        return [report for report in reports if order is None or report.venue_order_id == order]

    async def generate_position_status_reports(self, command: Any) -> list[Any]:
        reports = []
        for position in await self._session.positions():
            name = self._id_of(position.instrument)
            if name is not None and position.lots and command.instrument_id in (None, name):
                reports.append(position_report(position, name, self.account_id, self._clock.timestamp_ns()))
        return reports

    async def _fills(self, since_us: int) -> AsyncIterator[Fill]:
        """The account's fills since a time, in order, as far back as the venue keeps them."""
        pages: list[list[Fill]] = []
        last = self._session.core.accounts[self._session.core.account].sequence
        while last > 0:
            try:
                page = await self._session.fills(max(1, last - EVENTS_PER_QUERY + 1), last)
            except Refused as refused:
                if refused.error.code != ErrorCode.REPLAY_RANGE:
                    raise
                break  # the venue does not keep older ones
            pages.append([fill for fill in page if fill.time_us >= since_us])
            if len(pages[-1]) < len(page):
                break
            last -= EVENTS_PER_QUERY
        for page in reversed(pages):
            for fill in page:
                yield fill

    async def _find(self, client_order_id: Any, venue_order_id: Any) -> OrderView | None:
        """An order by the venue's id or the node's; None: the venue does not know it any more."""
        try:
            if venue_order_id is not None:
                return await self._session.find_order(order_id=int(venue_order_id.value))
            return await self._session.find_order(venue_id(client_order_id.value))
        except (Refused, ValueError) as failure:
            self._log.warning(f"No order {client_order_id or venue_order_id}: {failure}")
            return None

    def _order_report(self, view: OrderView) -> Any:
        name = self._id_of(view.instrument)
        assert name is not None
        return order_report(view, name, self.account_id, self._clock.timestamp_ns())

    def _id_of(self, number: int) -> InstrumentId | None:
        """The id of a loaded instrument; others cannot be reported."""
        name = self._provider.id_of(number)
        if name is None or self._provider.find(name) is None:
            self._log.warning(f"Instrument {name or number} is not loaded: what the account has in it is not reported")
            return None
        return name
