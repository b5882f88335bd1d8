"""Submits the commands that are due by the clock. The engine itself reads no clock.

    CLOCK        when a GTD order expires or a dead-man timer fires (TIF-009, COD-005)
    INDICATIVE   for each book that collects orders and has changed, at most every 100 ms (AUC-001)
    SET_STATE    ends RESERVED after velocity logic or a breaker (STATE-004), and follows the scheduled day if there
                 is one (SESSION-001): closed books wait for their settlement (SESSION-003)
    DAY_LIMITS   settles a group after its scheduled close (`daily.settler`); then EXPIRE, CASCADE and LIST bring it to
                 the instruments of the coming day (`daily.life_keeper`)
    INDEX        takes the value of an index day at noon, before the marks (`daily.house_keeper`)
    SPOT_MONTHS  changes spot months and their limits (`daily.house_keeper`)
    MARK         values positions within the day, and pays variation margin at noon (`daily.marker`)
    MARGIN       calls accounts, and NEW closes positions of those whose call was not met (`daily.caller`)

Call `turn` often. A command is not sent again before the last one like it is released.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np

from contracts_spec.periods import day_number
from exchange.codes import CommandKind, EventKind, MarketState, StateReason
from exchange.engine import query
from exchange.engine.event_rows import Row
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.settlement_status import SettlementStatus
from exchange.records import column
from exchange.seams import Clock
from exchange.venue.daily.caller import Caller
from exchange.venue.daily.house_keeper import HouseKeeper
from exchange.venue.daily.life_keeper import LifeKeeper
from exchange.venue.daily.marker import Marker
from exchange.venue.daily.missed_days import MissedDays
from exchange.venue.daily.settler import Settler
from exchange.venue.day_schedule import DaySchedule, next_step

INDICATIVE_NS = 100_000_000
COLLECTING = (MarketState.PREOPEN, MarketState.NOCANCEL, MarketState.RESERVED, MarketState.PAUSED)
# By kind of event: whether it changes a book that collects orders.
_IS_CHANGE = np.zeros(256, np.bool_)
_IS_CHANGE[
    [
        EventKind.ORDER_ACCEPTED,
        EventKind.ORDER_RESTED,
        EventKind.ORDER_REPLACED,
        EventKind.ORDER_CANCELLED,
        EventKind.UNCROSSED,
    ]
] = True
_STA, _SETTLED = int(EventKind.STATE_CHANGED), int(EventKind.SETTLED)

# submit(fields of a COMMAND row, done): add the row to the next batch; `done` is called when it is released.
Submit = Callable[[dict[str, int], Callable[[list[Row]], None]], None]


class Timekeeper:
    """The sequenced timers of one venue."""

    def __init__(
        self,
        states: np.ndarray,
        clock: Clock,
        submit: Submit,
        settlement_status: SettlementStatus,
        warn: Callable[[str], None],
        schedule: DaySchedule | None = None,
    ) -> None:
        """states   the engine's STATE, read between batches

        submit   adds a command to the next batch, see `Submit`
        warn     called with a line that a person should act on
        """
        self._states = states
        self._clock = clock
        self._submit = submit
        self._settlement_status = settlement_status
        self._warn = warn
        self._schedule = schedule
        self._settler: Settler | None = None
        self._marker: Marker | None = None
        self._life_keeper: LifeKeeper | None = None
        self._house_keeper: HouseKeeper | None = None
        self._caller: Caller | None = None
        self._warned: set[tuple[int, int]] = set()  # day and group
        self._missed: MissedDays | None = None
        if schedule is not None:
            self._missed = MissedDays(states, schedule, _open_day(states, clock.now_ns(), schedule), warn)
        self._unsettled: set[int] = set()  # groups that were CLOSED when the day changed
        self._released = query.group_states(states)  # as the last released events say; the engine is a batch ahead
        self._sent: set[tuple[str, int]] = set()  # commands not released yet: (kind, book or group)
        self._collecting: set[int] = set()
        self._changed: set[int] = set()
        self._asked_ns: dict[int, int] = {}  # book -> when its indicative price was last asked for
        self._update_collecting()

    @property
    def schedule(self) -> DaySchedule | None:
        """The scheduled day; None: market states change only by the operator."""
        return self._schedule

    def run_days_with(
        self, settler: Settler, marker: Marker, life_keeper: LifeKeeper, house_keeper: HouseKeeper, caller: Caller
    ) -> None:
        """Settle groups after their close, end and list instruments, mark positions, call margin from now on; until
        then a person does it, or nobody."""
        self._settler, self._marker, self._life_keeper = settler, marker, life_keeper
        self._house_keeper, self._caller = house_keeper, caller

    def turn(self) -> None:
        """Submit every command that is due now."""
        now_ns = self._clock.now_ns()
        due_ns = query.next_due_ns(self._states)
        if 0 < due_ns <= now_ns:
            self._send("clock", 0, {"kind": CommandKind.CLOCK})
        for index in [index for index in self._changed if now_ns - self._asked_ns.get(index, 0) >= INDICATIVE_NS]:
            if self._send("indicative", index, {"kind": CommandKind.INDICATIVE, "instrument": index}):
                self._changed.discard(index)
                self._asked_ns[index] = now_ns
        if self._collecting:
            self._reopen(now_ns)
        missed, keeper = self._missed, self._house_keeper
        acting_ns = missed.moment_ns(now_ns, self._is_done) if missed is not None else now_ns
        if keeper is not None:
            keeper.turn(acting_ns, self._schedule)
        if self._marker is not None:
            self._mark(self._marker, now_ns)
        if self._caller is not None and not self._is_settling(now_ns):
            self._caller.turn(now_ns, self._schedule)
        if missed is not None and not (missed.behind and keeper is not None and keeper.is_busy):
            self._follow_schedule(missed, acting_ns)

    def take(self, batch: ReleasedBatch) -> None:
        """Follow which books collect orders, and which of those have changed."""
        if _STA in batch.kinds:
            self._update_collecting()
            self._note_states(batch.events)
        if self._marker is not None:
            self._marker.note(batch.kinds)
        if _SETTLED in batch.kinds and self._caller is not None:
            self._caller.ask()
        if self._collecting:
            changed = batch.events["instrument"][_IS_CHANGE[batch.events["kind"]]]
            self._changed |= self._collecting.intersection(changed.tolist())

    def _note_states(self, events: np.ndarray) -> None:
        rows = events[(events["kind"] == _STA) & (events["instrument"] == 0)]
        states = map(MarketState, column(rows, "market_state").tolist())
        self._released.update(zip(column(rows, "group").tolist(), states, strict=True))

    def _update_collecting(self) -> None:
        """Update the set of books that collect orders, after a change of state.

        A book with orders on both sides counts as changed when it begins to collect: it may be crossed already.
        """
        books = self._states["books"][0]
        collecting = set(np.nonzero(np.isin(books["market_state"], COLLECTING))[0].tolist())
        two_sided = set(np.nonzero(books["best"].all(axis=1))[0].tolist())
        self._changed = (self._changed | (collecting - self._collecting) & two_sided) & collecting
        self._collecting = collecting

    def _mark(self, marker: Marker, now_ns: int) -> None:
        """Mark positions that are due. The run at noon is made once a trading day; one that the close has overtaken is
        left out."""
        marker.mark(now_ns)
        schedule = self._schedule
        if schedule is None or not self._has_begun(now_ns):
            return
        day = schedule.noon_day(now_ns)
        is_today = day == schedule.day_number(now_ns)
        if is_today and day > int(self._states["variation_day"][0]) and self._is_open():
            marker.mark_noon(day)

    def _is_settling(self, now_ns: int) -> bool:
        """Whether, after the close, a group still waits for its settlement or for the instruments of the coming day;
        margin is computed afterwards, or when the settlement is late."""
        schedule = self._schedule
        if schedule is None:
            return False
        if not self._has_begun(now_ns):
            return True
        return not schedule.is_late(now_ns) and MarketState.CLOSED in query.group_states(self._states).values()

    def _has_begun(self, now_ns: int) -> bool:
        """Whether the close before the present trading day has been made, with all that was missed before it."""
        return self._missed is None or self._missed.began == self._missed.schedule.day_at(now_ns)

    def _is_open(self) -> bool:
        return MarketState.OPEN in query.group_states(self._states).values()

    def _reopen(self, now_ns: int) -> None:
        """Open books and groups whose RESERVED state has run out; they uncross then."""
        terms = {"kind": CommandKind.SET_STATE, "market_state": MarketState.OPEN, "state_reason": StateReason.SCHEDULE}
        groups, books = query.due_to_reopen(self._states, now_ns)
        if self._marker is not None and (groups or books):
            self._marker.note_reopened(now_ns)
        for group in groups:
            self._send("state", group, {**terms, "group": group})
        for index in books:
            self._send("book", index, {**terms, "instrument": index})

    def _follow_schedule(self, missed: MissedDays, now_ns: int) -> None:
        """Bring every group one step towards its scheduled state. If a close was missed, it comes first.

        now_ns  moment as of which the schedule acts
        """
        schedule = missed.schedule
        states, today = query.group_states(self._states), schedule.day_at(now_ns)
        if any(self._released.get(group, state) != state for group, state in states.items()):
            return  # a change is not released yet: the settlement status is that of before
        closed = {group for group, state in states.items() if state == MarketState.CLOSED}
        if today != missed.began and len(closed) == len(states):
            if missed.begin(today):
                self._settlement_status.close(closed)
            self._unsettled = closed
        self._unsettled &= closed
        has_begun = today == missed.began
        if has_begun:
            self._settle_or_name(missed, now_ns, closed)
        unready = self._unready(missed, schedule.closing_day(now_ns), closed) if has_begun else closed
        for group, present in states.items():
            wanted = MarketState.CLOSED
            if has_begun and group not in unready and not missed.behind:
                wanted = schedule.state_at(now_ns, self._settlement_status.published_ns(group, now_ns))
            if present == wanted == MarketState.CLOSED:
                self._warn_if_late(missed, schedule.closing_day(now_ns), group)
            elif present != MarketState.OPEN or not has_begun:
                self._step(group, next_step(present, wanted))

    def _settle_or_name(self, missed: MissedDays, now_ns: int, closed: set[int]) -> None:
        """Settle the groups whose close has come; while all trade, see to it that the closing window is named."""
        settler, schedule = self._settler, missed.schedule
        if settler is None:
            return
        if not closed:
            settler.name_window(schedule.closing_window_ns(now_ns))
        day = schedule.closing_day(now_ns)
        due = [group for group in closed if missed.behind or self._is_unsettled(group, day_number(day))]
        due = [group for group in due if not self._is_settled(missed, group, day)]
        if due and schedule.is_settling(now_ns):
            settler.settle(due, day, schedule.closing_window_ns(now_ns))

    def _unready(self, missed: MissedDays, day: date, closed: set[int]) -> set[int]:
        """The settled groups that have not yet the instruments of the coming day, which are brought there."""
        keeper = self._life_keeper
        if keeper is None:
            return set()
        settled = [group for group in closed if self._is_settled(missed, group, day)]
        keeper.turn(settled, day, self._clock.now_ns())
        return {group for group in settled if not keeper.is_ready(group, day)}

    def _is_done(self, group: int, day: date) -> bool:
        """Whether a CLOSED group has come to a missed day, or a person was warned that it has not."""
        settler, keeper = self._settler, self._life_keeper
        if self._states["groups"]["settled_day"][0, group] < day_number(day):
            return settler is None or (settler.has_tried(group, day) and not settler.is_busy(group))
        return keeper is None or keeper.is_ready(group, day) or keeper.has_failed(group)

    def _is_settled(self, missed: MissedDays, group: int, day: date) -> bool:
        """Whether a CLOSED group is settled for a day that opens, or for a missed one."""
        if missed.behind:
            return bool(self._states["groups"]["settled_day"][0, group] >= day_number(day))
        return self._settlement_status.is_published(group)

    def _is_unsettled(self, group: int, day: int) -> bool:
        """Whether a CLOSED group waits for the settlement of its close. One that a person has closed within the day
        waits for that person."""
        row = self._states["groups"][0, group]
        is_scheduled = group in self._unsettled or row["reason"] == StateReason.SETTLING
        return bool(is_scheduled or 0 < row["settled_day"] < day)

    def _step(self, group: int, step: MarketState) -> None:
        if step != MarketState.NONE:
            reason = StateReason.SETTLING if step == MarketState.CLOSED else StateReason.SCHEDULE
            fields = {"kind": CommandKind.SET_STATE, "group": group, "market_state": step, "state_reason": reason}
            self._send("state", group, fields)

    def _warn_if_late(self, missed: MissedDays, day: date, group: int) -> None:
        """Warn once a day of a CLOSED group whose settlement nobody has published or is about to."""
        now_ns, settler = self._clock.now_ns(), self._settler
        if not missed.schedule.is_late(now_ns) or self._is_settled(missed, group, day):
            return
        if settler is not None and (settler.is_busy(group) or (missed.behind and not settler.has_tried(group, day))):
            return
        warned = missed.schedule.day_at(now_ns), group
        if warned not in self._warned:
            self._warned.add(warned)
            self._warn(f"group {group} stays CLOSED: its settlement is not published (SESSION-003)")

    def _send(self, what: str, number: int, fields: dict[str, Any]) -> bool:
        """Submit a command, unless the last one with the same `what` and `number` is not released yet."""
        key = (what, number)
        if key in self._sent:
            return False
        self._sent.add(key)
        self._submit(fields, lambda _events: self._sent.discard(key))
        return True


def _open_day(states: np.ndarray, now_ns: int, schedule: DaySchedule) -> int:
    """The trading day that a venue was in when it stopped, by the closing window of its state, else by its last
    command; a new venue begins today. If that day has ended since, all groups are closed first."""
    end_ns, last_ns = int(states["window_to_ns"][0]), int(states["time_ns"][0])
    return min(schedule.day_at(now_ns), schedule.day_at(end_ns - 1 if end_ns else last_ns or now_ns))
