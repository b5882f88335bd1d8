"""When own commands reach the engine and when the own side sees what happens, with a latency model.

Two clocks run. The exchange's is the time of the command that the engine has applied last. The own side's, `now_ns`, is
later by the feed's delay: it sees a command of the source at its time plus that delay, in order. So the engine is
always exactly as far as the own side has seen, and its book is the book that the own side knows.

An own command that is sent at `now_ns` reaches the engine after all recorded commands with a time up to `now_ns` plus
its delay, and not before an own command sent earlier. Its answers, and fills of own orders, are seen at their time plus
the response's delay, in order, and never before the feed of the same command.
"""

from collections import deque

import numpy as np

from bench.research.latency import Latency
from bench.research.orders import Fields
from exchange.engine.event_rows import TIME_NS, Row

NEVER = (1 << 63) - 1  # ns


class Timeline:
    """Own commands and answers on their way.

    latency    delays
    times_ns   times of all commands of the source, int64, ascending
    """

    def __init__(self, latency: Latency, times_ns: np.ndarray) -> None:
        self._latency, self._times = latency, times_ns
        self.seen_ns = np.maximum.accumulate(times_ns + latency.feed.many(times_ns))
        self.now_ns = 0
        self.sends = self._answered = 0  # counts, which number the draws of the delays
        self._queue: deque[tuple[int, Fields]] = deque()  # time of arrival, command
        self._inbox: deque[tuple[int, Row]] = deque()  # time when it is seen, own event
        self._last_arrival = self._last_answer = 0

    def fork(self) -> "Timeline":
        other = Timeline.__new__(Timeline)
        other.__dict__ = self.__dict__ | {"_queue": self._queue.copy(), "_inbox": self._inbox.copy()}
        return other

    def see(self, place: int) -> None:
        """Move the own clock to when command number `place` of the source is seen."""
        if place:
            self.pass_to(int(self.seen_ns[place - 1]))

    def pass_to(self, time_ns: int) -> None:
        """Move the own clock; it never goes back."""
        self.now_ns = max(self.now_ns, time_ns)

    def send(self, fields: Fields, is_new: bool) -> None:
        """Send an own command now. `is_new`: the delay is that of a new order, else of a cancel or replace."""
        delay = self._latency.place if is_new else self._latency.cancel
        self.sends += 1
        self._last_arrival = max(self._last_arrival, self.now_ns + delay.ns(self.sends, self.now_ns))
        self._queue.append((self._last_arrival, fields))

    def take_over(self, commands: list[tuple[int, Fields]], sends: int) -> None:
        """Own commands that a compiled loop has sent, by time of arrival; none was on its way before. `sends`: number
        of all own commands so far."""
        self.sends = sends
        self._queue.extend(commands)
        self._last_arrival = max([self._last_arrival, *(arrival for arrival, _ in commands)])

    @property
    def waiting(self) -> bool:
        """Whether an own command is on its way."""
        return bool(self._queue)

    def place_of_next(self) -> int:
        """Number of commands of the source before the next own command; all of them if none is on its way."""
        if not self._queue:
            return len(self._times)
        return int(np.searchsorted(self._times, self._queue[0][0], "right"))

    def arrives_by(self, time_ns: int, place: int) -> bool:
        """Whether the next own command has an effect that the own side sees by a time, at a place of the source."""
        return self._effect_ns(place) <= time_ns

    def _effect_ns(self, place: int) -> int:
        """When the own side sees the effect of the next own command, at a place of the source; NEVER: not next."""
        if not self._queue or self.place_of_next() > place:
            return NEVER
        arrival = self._queue[0][0]
        return arrival + self._latency.feed.ns(place, arrival)

    def next_seen_ns(self, place: int) -> int:
        """When the own side next sees an effect or an answer of an own command, at a place of the source; NEVER: only
        after something else."""
        return min(self._effect_ns(place), self._inbox[0][0] if self._inbox else NEVER)

    def next_own(self) -> tuple[int, Fields]:
        """Take the next own command: when it arrives, and its fields."""
        return self._queue.popleft()

    def answer(self, rows: list[Row]) -> None:
        """Own events, just emitted by the engine."""
        for row in rows:
            self._answered += 1
            time_ns = row[TIME_NS]
            self._last_answer = max(self._last_answer, time_ns + self._latency.response.ns(self._answered, time_ns))
            self._inbox.append((self._last_answer, row))

    def responses(self) -> list[Row]:
        """Take the own events that are seen by now."""
        found = []
        while self._inbox and self._inbox[0][0] <= self.now_ns:
            found.append(self._inbox.popleft()[1])
        return found

    def wait(self) -> None:
        """Move the own clock to when the last event so far is seen."""
        if self._inbox:
            self.pass_to(self._inbox[-1][0])

    def unseen(self) -> list[Row]:
        """Own events that have happened and are not seen yet."""
        return [row for _, row in self._inbox]
