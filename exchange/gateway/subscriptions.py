"""Market data requests of one connection, and what happens to one that reads too slowly (RATE-006).

A subscription is served between two releases, when the engine's state is what has been released: the reply first, then
the snapshot, then the channel's messages without a gap.
"""

from typing import TYPE_CHECKING, Any

from exchange.wire.errors import CloseCode, ErrorCode, error
from exchange.wire.messages import (
    OFFERED_CHANNELS,
    ChannelSpec,
    Lag,
    Ok,
    Replay,
    Resync,
    Subscribe,
    Unsubscribe,
)

if TYPE_CHECKING:
    from exchange.gateway.connection import Session
    from exchange.gateway.gateway import Hub


def subscribe(session: "Session", message: Subscribe) -> None:
    """Rows are granted or refused one by one (MDATA-004); the request as a whole if no row names a channel that there
    is."""
    wait = session.subs.take(session.now_ns, len(message.channels))
    if wait:
        session.refuse_rate(message.request_id, session.subs, wait)
        return
    missing = _not_offered(message)
    if missing and all(spec.name_of_channel not in OFFERED_CHANNELS for spec in message.channels):
        session.refuse(message.request_id, ErrorCode.UNKNOWN_CHANNEL, missing)
        return

    def serve() -> None:
        if session.closed:
            return
        rows, added = [], []
        for spec in message.channels:
            number, code = _grant(session, spec)
            rows.append((number, int(code)))
            if number:
                session.channels.add(number)
                added.append(number)
        _regroup(session)
        session.reply(Ok(message.request_id, channels=rows, message=missing))
        for number in added:
            _send_snapshot(session, number)
        session.got_answer()

    session.expect_answer()
    session.hub.room.ask(serve)


def _not_offered(message: Subscribe) -> str:
    """Which channel is none of this venue's, the first of them, and which there are; empty: all are."""
    for place, spec in enumerate(message.channels):
        if spec.name_of_channel not in OFFERED_CHANNELS:
            name, there_are = spec.name_of_channel, ", ".join(OFFERED_CHANNELS)
            return f"channel {name} is not offered here (field ch[{place}].n), allowed: {there_are}"
    return ""


def _grant(session: "Session", spec: ChannelSpec) -> tuple[int, int]:
    if spec.name_of_channel == "depth" and spec.cadence_ms == 0 and not session.live:
        return 0, ErrorCode.NOT_LOGGED_ON
    if len(session.channels) >= session.hub.profile.channels_max:
        return 0, ErrorCode.TOO_MANY_CHANNELS
    market = session.hub.room.market
    number, code = market.subscribe(spec)
    if number in session.channels:
        # Asked for twice: one subscription, and a fresh snapshot.
        market.unsubscribe(number)
    return number, code


def unsubscribe(session: "Session", message: Unsubscribe) -> None:
    unknown = [number for number in message.channel if number not in session.channels]
    if unknown:
        text = f"channel {unknown[0]} is not subscribed (field c)"
        session.refuse(message.request_id, ErrorCode.UNKNOWN_CHANNEL, text)
        return
    for number in set(message.channel):
        session.channels.discard(number)
        session.beaten.pop(number, None)
        session.hub.room.market.unsubscribe(number)
    _regroup(session)
    session.reply(Ok(message.request_id))


def resync(session: "Session", message: Resync) -> None:
    """A fresh snapshot in the channel's own stream (MDATA-015)."""
    wait = session.subs.take(session.now_ns)
    if wait:
        session.refuse_rate(message.request_id, session.subs, wait)
        return
    number = message.channel
    if number not in session.channels:
        text = f"channel {number} is not subscribed (field c)"
        session.refuse(message.request_id, ErrorCode.UNKNOWN_CHANNEL, text)
        return

    def serve() -> None:
        if session.closed or number not in session.channels:
            return
        _regroup(session)
        session.reply(Ok(message.request_id))
        _send_snapshot(session, number)
        session.got_answer()

    session.expect_answer()
    session.hub.room.ask(serve)


def replay_channel(session: "Session", message: Replay) -> None:
    """A closed range of an event channel (RECOV-014, RECOV-015)."""
    market, number = session.hub.room.market, message.channel
    if not market.knows(number) or not market.is_event_channel(number):
        text = f"channel {number} is not an event channel of this feed (field c)"
        session.refuse(message.request_id, ErrorCode.UNKNOWN_CHANNEL, text)
        return
    oldest = market.oldest(number)
    if message.first_sequence < oldest:
        refusal = error(message.request_id, ErrorCode.REPLAY_RANGE, f"oldest retained is {oldest}")
        refusal.oldest = oldest
        session.reply(refusal)
        return
    last = message.last_sequence
    granted = Ok(message.request_id, first_sequence=message.first_sequence, last_sequence=last)
    again = market.replay(number, message.first_sequence, last, message.request_id)
    session.hub.replays.send(session, granted, again)


def leave_all(session: "Session") -> None:
    """The connection has ended."""
    market = session.hub.room.market
    for number in session.channels:
        market.unsubscribe(number)
    session.channels.clear()
    session.hub.outbox.subscribe(session.line, frozenset())


def _send_snapshot(session: "Session", number: int) -> None:
    for page in session.hub.room.market.snapshot(number):
        session.line.send(page)
    session.hub.slow.note_snapshot(session, number)


def _regroup(session: "Session") -> None:
    """What waits of its channels comes before what it is sent next, so call this first."""
    channels = session.channels
    if session.lagging:
        market = session.hub.room.market
        channels = {number for number in channels if market.is_event_channel(number)}
    session.hub.outbox.subscribe(session.line, frozenset(channels))


class SlowReaders:
    """Connections whose bytes pile up: thinned at the soft mark, closed at the hard one (RATE-006, RATE-007)."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._since: dict[Session, dict[int, int]] = {}
        self._stuck: dict[Session, tuple[int, int]] = {}  # (least bytes that waited, when that was)

    def notice(self, session: "Session", pending: int) -> None:
        """More than the soft mark waits for this connection."""
        profile = self._hub.profile
        hard_kb = profile.private_kb if session.seat is not None else profile.hard_kb
        if pending > hard_kb * 1_024:
            self._cut(session, f"{pending} bytes wait")
        elif not session.lagging and not session.closed:
            session.lagging = True
            market = self._hub.room.market
            self._since[session] = {
                number: market.sequence_of(number) for number in session.channels if not market.is_event_channel(number)
            }
            self._stuck[session] = (pending, self._hub.clock.mono_ns())
            _regroup(session)
            if self._since[session]:
                session.line.send(Lag(1, pending, 0, "conflate"))

    def note_snapshot(self, session: "Session", number: int) -> None:
        """A connection was sent a channel's snapshot: if it lags, what it misses begins there."""
        since, market = self._since.get(session), self._hub.room.market
        if since is None or market.is_event_channel(number):
            return
        if not since:
            session.line.send(Lag(1, session.line.transport.pending(), 0, "conflate"))
        since[number] = market.sequence_of(number)

    def look(self) -> None:
        """Now and then: who has caught up, who makes no progress."""
        for session in list(self._stuck):
            if session.closed:
                self.forget(session)
                continue
            pending = session.line.transport.pending()
            least, since_ns = self._stuck[session]
            now_ns = self._hub.clock.mono_ns()
            if pending < self._hub.profile.soft_kb * 512:
                self._hub.room.ask(self._catching_up(session, pending))
            elif pending < least:
                self._stuck[session] = (pending, now_ns)
            elif now_ns - since_ns > self._hub.profile.hard_ms * 1_000_000:
                self._cut(session, f"no progress for {self._hub.profile.hard_ms} ms")

    def forget(self, session: "Session") -> None:
        self._since.pop(session, None)
        self._stuck.pop(session, None)

    def _catching_up(self, session: "Session", pending: int) -> Any:
        def serve() -> None:
            since = self._since.get(session)
            if since is None or session.closed:
                return
            self.forget(session)
            session.lagging = False
            market = self._hub.room.market
            _regroup(session)
            for number in sorted(session.channels & set(since)):
                for page in market.merged(number, since[number]):
                    session.line.send(page)
            if since:
                session.line.send(Lag(0, pending, 0, "normal"))

        return serve

    def _cut(self, session: "Session", why: str) -> None:
        self.forget(session)
        session.close(CloseCode.SLOW_CONSUMER, why)
