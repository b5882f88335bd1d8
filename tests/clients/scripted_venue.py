"""A venue of a few lines, in memory: it says what a test tells it to say and shows what the client sent.

Messages are the complete lines of the protocol text wherever one fits, so the client is tested against that text.
"""

import json
from typing import Any

from clients.core import Core
from clients.credentials import Ed25519
from clients.events import Event
from clients.logon import Dial

NONCE = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8"
KEY = "k_5f2c9a"
SEED = bytes(range(32))
H27 = 34734166
HELLO: dict[str, Any] = {
    "t": "hello", "v": "1.0", "venue": "gpux-demo", "history": "h_7c1e44", "feed": "f_0003", "conn": 88123,
    "nonce": NONCE, "ts": 1799668800000123, "dur": "local", "hb_ms": 1000, "dead_ms": 5000, "inflight": 256,
    "max_frame": 4096, "dedup": 4096, "replay_h": 24, "max_channels": 500,
    "out": {"soft_kb": 256, "soft_ms": 50, "hard_kb": 1024, "hard_ms": 2000, "private_kb": 4096},
    "limits": [{"k": "order", "rate": 200, "burst": 400, "per": "account"},
               {"k": "cancel", "rate": 400, "burst": 2000, "per": "account"}],
    "notes": [],
}  # fmt: skip
WELCOME: dict[str, Any] = {
    "t": "welcome", "re": 1, "sid": "s_91c2d07e", "acc": [7], "scopes": ["read", "trade"], "resumed": False,
    "s": [[7, 1041]], "last_id": 0, "cod": {"mode": "session", "orders": "all", "on": "drop", "grace_ms": 3000},
    "until": 1799755200000000,
}  # fmt: skip
MARGIN: dict[str, Any] = {"ccy": "USD", "eq": 25000000, "im": 0, "mm": 0, "free": 25000000}
SNAPSHOT: dict[str, Any] = {
    "t": "account", "acc": 7, "s": 1041, "e": 9000400, "ts": 1799668790000000, "pos": [], "margin": MARGIN,
    "orders": [{"i": H27, "oid": 90044, "coid": "mm7-000000012001", "st": "open", "side": "b", "typ": "limit",
                "tif": "gtc", "px": 2840, "q": 20, "lv": 20, "cum": 0, "val": 0}],
}  # fmt: skip
LIVE: dict[str, Any] = {"t": "live", "acc": 7, "s": 1041}
EXEC_NEW: dict[str, Any] = {
    "t": "exec", "acc": 7, "s": 1058, "e": 9000412, "ts": 1799668803000120, "ev": "new", "i": H27, "oid": 90071,
    "coid": "mm7-000000012345", "st": "open", "side": "b", "typ": "limit", "tif": "day", "px": 2845, "q": 12,
    "lv": 12, "cum": 0, "val": 0, "sid": "s_91c2d07e",
}  # fmt: skip
FILL: dict[str, Any] = {
    "t": "fill", "acc": 7, "s": 1059, "e": 9000460, "ts": 1799668806500000, "i": H27, "oid": 90071,
    "coid": "mm7-000000012345", "tid": 55501, "side": "b", "px": 2845, "q": 4, "lv": 8, "cum": 4, "val": 11380,
    "liq": "maker", "fee": 0, "st": "open",
}  # fmt: skip
OK_NEW: dict[str, Any] = {
    "t": "ok", "re": 101, "oid": 90071, "coid": "mm7-000000012345", "st": "open", "lv": 12, "cum": 0, "e": 9000412
}  # fmt: skip
INSTRUMENT: dict[str, Any] = {
    "i": H27, "sym": "H100.G90.H27", "rev": 3, "fam": "PHY", "chip": "H100", "floor_bp": 9000, "kind": "month",
    "from": "2027-03-01", "hours": 744, "tick_mills": 1, "min_inc": 1, "min_q": 1, "max_q": 10000, "unit_lots": 8,
    "ccy": "USD", "match": "fifo", "band": 200, "limit": [2277, 3415], "settle": 2846, "ltd": 1803326400000000,
    "deliv_from": 1803859200000000, "deliv_to": 1806537600000000, "maker_fee": 0, "taker_fee": 2, "phase": "OPEN",
}  # fmt: skip


class ScriptedVenue:
    """Drives one core: `says` hands it messages, `heard` takes what it sent since the last look."""

    def __init__(self, key: str = KEY, margin: bool = False) -> None:
        path = "/v1/oe" if key else "/v1/md"
        self.now = 0.0
        secret = Ed25519.from_seed(SEED) if key else None
        self.core = Core(Dial("localhost", path), key, secret, margin=margin, clock=lambda: self.now)

    def says(self, *messages: dict[str, Any]) -> list[Event]:
        """One frame: a message, or an array of them."""
        frame = json.dumps(messages[0] if len(messages) == 1 else messages).encode()
        return self.core.receive(frame, self.now)

    def heard(self) -> list[dict[str, Any]]:
        decoded = [json.loads(frame) for frame in self.core.frames()]
        return [message for part in decoded for message in (part if isinstance(part, list) else [part])]

    def log_on(self) -> list[Event]:
        """A fresh logon, up to live; what the client sent on the way is taken."""
        self.core.opened(self.now)
        events = self.says(HELLO)
        (auth,) = self.heard()
        events += self.says(WELCOME | {"re": auth["id"]}, SNAPSHOT, LIVE)
        return events

    def subscribe(self, *specs: Any) -> list[dict[str, Any]]:
        """Subscribe and accept: channels 4021, 4022, ... in the order asked."""
        feeds = self.core.subscribe(specs)
        sent = self.heard()
        for message in sent:
            if message["t"] == "sub":
                pairs = [[4021 + count, 0] for count in range(len(message["ch"]))]
                self.says({"t": "ok", "re": message["id"], "ch": pairs})
        assert all(feed.channel for feed in feeds)
        return sent
