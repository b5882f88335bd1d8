"""Faces of objects that live in another thread: to read an attribute or call a method takes a step of that thread."""

from collections.abc import Callable
from inspect import isawaitable
from types import FunctionType
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from clients.blocking.loop_thread import LoopThread
from clients.errors import SessionOver


class Host:
    """The thread in which objects live, and the kinds of faces that they get."""

    def __init__(self, thread: LoopThread, kinds: dict[type, type["Face"]], timeout_s: float) -> None:
        """`kinds`: the class of the face of each class of objects; `timeout_s`: default of all calls."""
        self.thread, self.timeout_s = thread, timeout_s
        self._kinds = kinds

    def wrap(self, value: Any) -> Any:
        """A result as the other thread may have it: faces in place of objects, also in lists, tuples and events."""
        kind = self._kinds.get(type(value))
        if kind is not None:
            return kind(self, value)
        if isinstance(value, list) and value and type(value[0]) in self._kinds:
            return [self.wrap(part) for part in value]
        if isinstance(value, tuple) and type(value) is tuple:
            return tuple(map(self.wrap, value))
        if type(value) is dict:
            return dict(value)  # a copy: the session goes on changing its own
        if isinstance(value, Struct):
            found = {
                name: part for name in ("book", "order") if type(part := getattr(value, name, None)) in self._kinds
            }
            return replace(value, **{name: self.wrap(part) for name, part in found.items()}) if found else value
        return value

    def invoke(self, what: str, call: Callable[[], Any], timeout_s: float | None) -> Any:
        """Call a function in the thread, await it if it is to be awaited, and return its wrapped result."""

        async def step() -> Any:
            found = call()
            return await found if isawaitable(found) else found

        if self.thread.has_ended:
            return self._after_the_end(what, call)
        return self.wrap(self.thread.run(step, self.timeout_s if timeout_s is None else timeout_s, what))

    def _after_the_end(self, what: str, call: Callable[[], Any]) -> Any:
        """Read what does not change any more. SessionOver: it would have to wait."""
        found = call()
        if isawaitable(found):
            found.close()  # type: ignore[attr-defined]  # a coroutine
            raise SessionOver(f"{what}: the session is over")
        return self.wrap(found)


class Face:
    """What another thread sees of an object. Two faces of one object are equal."""

    def __init__(self, host: Host, target: Any) -> None:
        self._host, self._target = host, target

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        what = f"{type(self._target).__name__}.{name}"
        if isinstance(getattr(type(self._target), name, None), FunctionType):
            return self._method(name, what)
        return self._host.invoke(what, lambda: getattr(self._target, name), None)

    def _method(self, name: str, what: str) -> Callable[..., Any]:
        def method(*arguments: Any, timeout_s: float | None = None, **terms: Any) -> Any:
            given = [unwrapped(argument) for argument in arguments]
            named = {key: unwrapped(value) for key, value in terms.items()}
            return self._host.invoke(what, lambda: getattr(self._target, name)(*given, **named), timeout_s)

        method.__name__ = name
        method.__doc__ = getattr(type(self._target), name).__doc__
        return method

    def __dir__(self) -> list[str]:
        return [name for name in dir(self._target) if not name.startswith("_")]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Face) and other._target is self._target

    def __hash__(self) -> int:
        return id(self._target)

    def __len__(self) -> int:
        return int(self._host.invoke(f"len({type(self._target).__name__})", lambda: len(self._target), None))

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return repr(self._target)


def unwrapped(value: Any) -> Any:
    """The object behind a face; any other value as it is."""
    return value._target if isinstance(value, Face) else value
