"""Topics that `watch_` calls wait for: each returns when its topic has changed since the last call returned."""

import asyncio
from collections.abc import Hashable


class Topics:
    """Counts changes of topics, and wakes who waits for one."""

    def __init__(self) -> None:
        self._changes: dict[Hashable, int] = {}
        self._returned: dict[Hashable, int] = {}
        self._failure: Exception | None = None
        self._changed = asyncio.Event()

    def change(self, topic: Hashable) -> None:
        """Note that a topic has changed."""
        self._changes[topic] = self._changes.get(topic, 0) + 1
        self._changed.set()

    def fail(self, failure: Exception) -> None:
        """Raise an error in all that wait now or later."""
        self._failure = failure
        self._changed.set()

    async def newer(self, topic: Hashable) -> None:
        """Wait until a topic has changed since the last call for it returned."""
        while self._changes.get(topic, 0) == self._returned.get(topic, 0):
            if self._failure is not None:
                raise self._failure
            self._changed.clear()
            await self._changed.wait()
        self._returned[topic] = self._changes[topic]
