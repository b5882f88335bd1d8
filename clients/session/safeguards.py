"""Requests that limit the damage of a failing program: cancel on disconnect, dead-man timer, kill switch.

await session.set_cancel_terms(mode="account", grace_ms=0)
await session.arm_timer(10_000)          # repeat within 10 s, or all orders of the account are cancelled
await desk.kill("account", account=7)    # with a key of scope `risk`
"""

from typing import Literal

from clients.session_base import SessionBase
from exchange.wire.messages import CancelOnDisconnect, FullCancelTerms, Kill, LimitsQuery, Timer, Unkill

KillScope = Literal["session", "account", "firm"]


class Safeguards(SessionBase):
    """Requests that cancel or block orders, now or under a condition."""

    async def set_cancel_terms(
        self,
        mode: Literal["session", "account", "off"] = "session",
        orders: Literal["all", "day"] = "all",
        on: Literal["drop", "logout", "both"] = "drop",
        grace_ms: int = 3_000,
    ) -> FullCancelTerms:
        """Set which orders are cancelled when the connection is lost (SESS-020), also after reconnects; returns the
        terms in force."""
        terms = CancelOnDisconnect(request_id=1, mode=mode, orders=orders, on=on, grace_ms=grace_ms)
        granted = (await self.request(terms)).cancel_terms
        assert granted is not None
        return granted

    async def arm_timer(self, ms: int, account: int = 0) -> int:
        """Cancel all orders of the account after `ms` (1000 to 3600000) unless armed again before (SESS-022). Returns
        the venue time of the cancel, in microseconds."""
        return (await self.request(Timer(request_id=1, account=account, ms=ms))).until_us or 0

    async def timer_until_us(self, account: int = 0) -> int:
        """The venue time at which the dead-man timer of the account fires, in microseconds; 0: it is not armed."""
        return (await self.request(LimitsQuery(request_id=1, account=account))).until_us or 0

    async def disarm_timer(self, account: int = 0) -> None:
        """Stop the dead-man timer of the account."""
        await self.request(Timer(request_id=1, account=account, ms=0))

    async def kill(self, scope: KillScope, *, account: int = 0, session_id: str = "") -> int:
        """Block new orders of a session, an account or the key's own firm, and cancel their orders; returns how many.
        The key needs the scope `risk`, and only the same party can lift the kill (ACCT-011)."""
        request = Kill(request_id=1, scope=scope, account=account, session_id=session_id)
        return (await self.request(request)).count or 0

    async def unkill(self, scope: KillScope, *, account: int = 0, session_id: str = "") -> None:
        """Allow new orders again; cancelled orders stay cancelled."""
        await self.request(Unkill(request_id=1, scope=scope, account=account, session_id=session_id))
