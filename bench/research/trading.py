"""The trading side of a replay or market: own orders and accounts, books and events."""

import numpy as np

from bench.research.accounts import MoneyView, OwnAccount, opening
from bench.research.books import BookLevels, blank_levels, checked_levels
from bench.research.driver import Driver
from bench.research.events import Events
from bench.research.orders import (
    Fields,
    Order,
    OrderError,
    OwnFill,
    OwnOrders,
    cancel_fields,
    command_fields,
    new_fields,
    number_in,
    replace_fields,
)
from bench.research.timeline import Timeline
from exchange.codes import CommandKind
from exchange.engine.engine import Engine
from exchange.engine.event_rows import Row
from exchange.engine.views import views
from exchange.errors import UserError
from exchange.units import MONEY_MAX


class Trading:
    """Own accounts in a market: what `Replay` and `Market` have in common. They say how time passes."""

    _begins_open = False  # whether own accounts are open and funded before the first own command

    def __init__(self, driver: Driver, timeline: Timeline | None, funds_mills: int) -> None:
        """timeline: of a latency model, None: there is none. funds_mills: paid into each own account."""
        self._driver, self._timeline = driver, timeline
        self._funds_mills = number_in("funds_mills", funds_mills, 0, MONEY_MAX)
        driver.listen = self._hear
        self._orders, self._is_open = OwnOrders(), self._begins_open
        self._bind()

    def _bind(self) -> None:
        states = self._driver.states
        self._books: dict[tuple[int, int], BookLevels] = {}
        self._money = MoneyView(states)
        self._count_ahead = views(states.dtype).count_ahead

    @property
    def engine(self) -> Engine:
        """The engine, for questions of `exchange.engine.query`. Its state is the caller's to read only."""
        return self._driver.engine

    @property
    def sequence(self) -> int:
        """Sequence of the last command applied, own ones counted."""
        return self._driver.sequence

    @property
    def time_ns(self) -> int:
        """Time at the own side, ns since 1970 UTC: that of the last command applied, and later by the feed's delay."""
        return self._driver.time_ns if self._timeline is None else self._timeline.now_ns

    def state_hash(self) -> str:
        """BLAKE3 of the engine's state, hexadecimal: equal histories give equal hashes."""
        return self._driver.engine.state_hash().hex()

    def _hear(self, rows: list[Row]) -> None:
        """Own events, as the engine emits them."""
        if self._timeline is None:
            self._orders.take(rows)
        else:
            self._timeline.answer(rows)

    def submit(
        self,
        side: str,
        price: int,
        lots: int,
        *,
        tif: str = "GTC",
        post_only: str = "no",
        display_lots: int = 0,
        instrument: int = 1,
        account: int | None = None,
    ) -> Order:
        """Send a limit order of an own account.

        side           buy or sell
        price          limit, ticks
        lots           1..10,000
        tif            DAY, GTC, IOC or FOK
        post_only      no; reject: refused if it would trade at once; slide: rests one tick off the opposite best price
        display_lots   lots that an iceberg shows at a time; 0: all
        account        number of an own account; None: the first
        returns        its handle, which its events keep up to date; without latency the answer is in it already
        OrderError: an argument is wrong in itself. What the engine refuses is in `Order.refusal`
        """
        order = self._orders.new(self._account(account), self._instrument(instrument), side, price, lots)
        fields = new_fields(order, tif=tif, post_only=post_only, display=display_lots)
        if not self._is_open:
            self._open()
        self._orders.add(order)
        self._send(fields, is_new=True)
        return order

    def replace(self, order: Order, *, price: int | None = None, lots: int | None = None) -> None:
        """Ask to change price (ticks), total lots, or both of an own order. A refusal is in `order.refusal`."""
        order = self.own(order)
        fields = replace_fields(order, self._orders.next_number, price, lots)
        self._orders.ask(order)
        self._send(fields, is_new=False)

    def cancel(self, order: Order) -> None:
        """Ask to cancel an own order. A refusal is in `order.refusal`."""
        order = self.own(order)
        fields = cancel_fields(order, self._orders.next_number)
        self._orders.ask(order)
        self._send(fields, is_new=False)

    def own(self, order: Order) -> Order:
        """The handle here of an order that was submitted here, or before a fork. OrderError: there is none."""
        found = self._orders.numbered(order.number)
        if found is None or (found.account, found.side) != (order.account, order.side):
            raise OrderError(f"order {order.client_order_id} was not submitted in this replay")
        return found

    def _account(self, account: int | None) -> int:
        first, last = self._driver.own
        return first if account is None else number_in("account", account, first, last)

    def _instrument(self, instrument: int) -> int:
        return number_in("instrument", instrument, 1, self.engine.limits.books)

    def _send(self, fields: Fields, is_new: bool) -> None:
        if self._timeline is None:
            self._run(self._driver.time_ns, fields)
        else:
            self._timeline.send(fields, is_new)

    def _run(self, time_ns: int, fields: Fields) -> None:
        self._driver.run_own(time_ns, fields)

    def _open(self) -> None:
        """Open and fund all own accounts. UserError: the engine refuses it."""
        self._is_open = True
        first, last = self._driver.own
        for account in range(first, last + 1):
            self._driver.run_own_control(CommandKind.DEFINE_ACCOUNT, opening(account))
            deposit = command_fields(CommandKind.DEPOSIT, account=account, amount_mills=self._funds_mills)
            self._driver.run_own(self._driver.time_ns, deposit)
            if self._money.cash_mills(account) != self._funds_mills:
                raise UserError(f"own account {account}: the engine refuses a deposit of {self._funds_mills} mills")

    def open_for_kernel(self) -> Driver:
        """The driver, with own accounts open. OrderError: own commands or answers are still on their way."""
        if self._timeline is not None and (self._timeline.waiting or self._timeline.unseen()):
            raise OrderError("a kernel strategy begins when no own command and no answer is on its way")
        if not self._is_open:
            self._open()
        return self._driver

    def send_later(self, commands: list[tuple[int, Fields]], sends: int) -> None:
        """Take over own commands on their way, by time of arrival. Only with latency there are any."""
        if self._timeline is not None:
            self._timeline.take_over(commands, sends)

    @property
    def sends(self) -> int:
        """Number of own commands sent with a delay."""
        return 0 if self._timeline is None else self._timeline.sends

    @property
    def requests(self) -> int:
        """Number of the last own request."""
        return self._orders.requests

    @requests.setter
    def requests(self, number: int) -> None:
        self._orders.requests = number

    def book(
        self, levels: int = 10, instrument: int = 1, into: tuple[np.ndarray, np.ndarray] | None = None
    ) -> BookLevels:
        """The best price levels of a book, as the own side sees them now.

        levels   most levels a side; not used with `into`
        into     the caller's LEVEL_VIEW buffers for bids and asks; None: buffers of this replay, which the next call
                 with the same arguments fills again
        OrderError: an argument is wrong in itself
        """
        if into is not None:
            return BookLevels(self._driver.states, self._instrument(instrument), *map(checked_levels, into)).read()
        book = self._books.get((levels, instrument))
        if book is None:
            self._instrument(instrument)
            number_in("levels", levels, 1, self.engine.limits.ladder_rows)
            book = BookLevels(self._driver.states, instrument, blank_levels(levels), blank_levels(levels))
            self._books[levels, instrument] = book
        return book.read()

    def queue_ahead(self, order: Order) -> tuple[int, int] | None:
        """Number of orders before an own order in its queue, and the lots that they show; None: it is in no queue."""
        orders, lots = self._count_ahead(self._driver.states, self.own(order).id)
        return (orders, lots) if orders >= 0 else None

    @property
    def orders(self) -> list[Order]:
        """All own orders, in the order in which they were submitted."""
        return self._orders.all

    @property
    def refused(self) -> int:
        """Number of commands of others that the engine has refused so far, such as a cancel of an order that has
        traded with an own one. Those that the record has itself are counted too."""
        return self._driver.refused

    @property
    def fills(self) -> list[OwnFill]:
        """All own fills seen so far, oldest first."""
        return self._orders.fills

    @property
    def events(self) -> Events:
        """All events of the engine so far, own and others. The first time this takes as long as the replay so far, and
        memory for them; later only as long as what has come since."""
        return self._driver.events()

    def account(self, number: int | None = None) -> OwnAccount:
        """An own account. `number`: None is the first. OrderError: it is no own account."""
        timeline = self._timeline
        return OwnAccount(self._account(number), self._money, list if timeline is None else timeline.unseen)

    @property
    def position(self) -> int:
        """Lots that the first own account holds in instrument 1, long > 0."""
        return self.account().position()

    @property
    def cash_mills(self) -> int:
        """Cash of the first own account, mills; before the first own command what it will be funded with."""
        return self.account().cash_mills if self._is_open else self._funds_mills

    @property
    def equity_mills(self) -> int:
        """As `cash_mills`, with the gain of its positions against their marks."""
        return self.account().equity_mills if self._is_open else self._funds_mills
