"""Requests of the load, prepared before time is measured.

The outcome of every request is known before: it does not depend on the order in which the venue reads its clients.
"""

from collections import Counter, deque
from collections.abc import Iterator
from typing import Any

Message = dict[str, Any]

FIRST_ID = 10
LAG = 8  # orders between a new order and its cancel
DEPTH_TICKS = 20  # orders rest at so many prices a side
MAKER_LOTS = 10_000

# A round of the mix: N rests, F fills, X and O are refused, P replaces, C cancels, D is an earlier request sent again.
MIX = "NNNNNFNNPCNXCNPCFNCNPCNDCNFCPCNOCFCPCCCC"
MIX_KINDS = {
    "N": "rests", "F": "fills", "X": "refused", "O": "refused", "P": "replaced", "C": "cancelled", "D": "resent",
}  # fmt: skip
RESENT_AGE = len(MIX)  # the request that a D sends again is so many requests old: its reply has arrived


def plain_orders(instruments: list[list[int]], client: str, count: int) -> list[Message]:
    """New orders at changing prices that never trade; each is cancelled 16 requests later, so books stay small."""
    messages = []
    for number in range(count):
        order = number // 2
        if number % 2 == 0:
            instrument, price = instruments[order % len(instruments)]
            messages.append(_resting(number, instrument, price, order, f"{client}-{order}"))
        elif number < 2 * LAG:
            instrument, price = instruments[0]
            coid = f"{client}-{order}x"
            message = {"t": "new", "id": FIRST_ID + number, "i": instrument, "side": "b", "px": price - 30, "q": 1}
            messages.append(message | {"coid": coid})
        else:
            messages.append({"t": "cancel", "id": FIRST_ID + number, "coid": f"{client}-{order - LAG}"})
    return messages


def _resting(number: int, instrument: int, price: int, order: int, coid: str) -> Message:
    """A bid or an ask of one lot, 2 to 21 ticks from `price`: behind the best prices of the maker."""
    side = "b" if order % 2 == 0 else "s"
    offset = 2 + order // 2 % DEPTH_TICKS
    price += -offset if side == "b" else offset
    return {"t": "new", "id": FIRST_ID + number, "i": instrument, "side": side, "px": price, "q": 1, "coid": coid}


def maker_orders(instruments: list[list[int]], client: str, lots: int) -> list[Message]:
    """Orders at the best price of each side and instrument, for at least `lots` lots each. Takers trade with them."""
    messages: list[Message] = []
    for instrument, price in instruments:
        for side, best in (("b", price - 1), ("s", price + 1)):
            for _ in range(-(-lots // MAKER_LOTS)):
                number = len(messages)
                message = {"t": "new", "id": FIRST_ID + number, "i": instrument, "side": side, "px": best}
                messages.append(message | {"q": MAKER_LOTS, "coid": f"{client}-{number}"})
    return messages


def mixed_orders(instruments: list[list[int]], client: str, rounds: int) -> list[Message]:
    """`rounds` times the requests of MIX. They expect the orders of the maker at the best prices."""
    messages: list[Message] = []
    live: deque[Message] = deque()
    orders = 0
    for number in range(rounds * len(MIX)):
        kind = MIX[number % len(MIX)]
        request_id = FIRST_ID + number
        instrument, price = instruments[orders % len(instruments)]
        coid = f"{client}-{orders}"
        orders += kind in "NFXO"
        if kind == "N":
            message = _resting(number, instrument, price, orders, coid)
            live.append(message)
        elif kind in "FXO":
            message = _taking(request_id, kind, instrument, price, number, coid)
        elif kind == "P":
            order = live[-1]
            away, far = -1 if order["side"] == "b" else 1, 25 + number % 16
            message = {"t": "replace", "id": request_id, "coid": order["coid"], "px": order["px"] + far * away, "q": 2}
        elif kind == "C":
            message = {"t": "cancel", "id": request_id, "coid": live.popleft()["coid"]}
        else:
            message = _to_resend(messages, number)
        messages.append(message)
    return messages


def _taking(request_id: int, kind: str, instrument: int, price: int, number: int, coid: str) -> Message:
    """An order at the best opposite price. X says that it must not trade; O has a price beyond the day's limits."""
    side = "b" if number // len(MIX) % 2 == 0 else "s"
    best = price + 1 if side == "b" else price - 1
    message = {"t": "new", "id": request_id, "i": instrument, "side": side, "px": best, "q": 1, "coid": coid}
    if kind == "X":
        message["po"] = "reject"
    elif kind == "O":
        message["px"] = price * 2
        message["side"] = "b"
    return message


def _to_resend(messages: list[Message], number: int) -> Message:
    """An earlier request, or in the first round a `ping` instead, because there is none that is old enough."""
    if number < RESENT_AGE:
        return {"t": "ping", "id": FIRST_ID + number}
    return messages[(number // len(MIX) - 1) * len(MIX)]  # the first one of the round before, which rests


def asked_mix(clients: int, rounds: int) -> Counter[str]:
    """What has to happen to all requests of `mixed_orders`. The first round of each client has no resent request."""
    asked = Counter(dict.fromkeys(MIX_KINDS.values(), 0))
    for kind, name in MIX_KINDS.items():
        asked[name] += MIX.count(kind) * clients * (rounds - (kind == "D"))
    return asked


def book_changes(instruments: list[list[int]], ticks: int, each: int) -> Iterator[list[Message]]:
    """The requests of each tick, for one frame: `each` orders in every book in even ticks, else their cancels."""
    request_id = FIRST_ID
    for tick in range(ticks):
        messages = []
        for place in range(each):
            for index, (instrument, price) in enumerate(instruments):
                coid = f"f{index}-{place}-{tick // 2}"
                if tick % 2 == 0:
                    px = price - 2 - place - (tick // 2) % 40
                    message = {"t": "new", "id": request_id, "i": instrument, "side": "b", "px": px, "q": 1}
                    messages.append(message | {"coid": coid})
                else:
                    messages.append({"t": "cancel", "id": request_id, "coid": coid})
                request_id += 1
        yield messages
