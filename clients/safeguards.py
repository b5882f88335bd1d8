"""What limits the damage of a program that fails: cancel on disconnect, the dead-man timer, the kill switch.

await session.set_cancel_terms(mode="account", grace_ms=0)
await session.arm_timer(10_000)          # again before 10 s are over, or all orders of the account leave
await desk.kill("account", account=7)    # with a key of scope `risk`
"""

from typing import Literal

from clients.session_base import SessionBase
from exchange.wire.messages import CancelOnDisconnect, FullCancelTerms, Kill, Timer, Unkill

KillScope = Literal["session", "account", "firm"]


class Safeguards(SessionBase):
    """Requests that stop things, or say when the venue shall."""

    async def set_cancel_terms(
        self,
        mode: Literal["session", "account", "off"] = "session",
        orders: Literal["all", "day"] = "all",
        on: Literal["drop", "logout", "both"] = "drop",
        grace_ms: int = 3_000,
    ) -> FullCancelTerms:
        """Which orders leave when the connection does, from now on and over reconnects (SESS-020); as now in force."""
        terms = CancelOnDisconnect(request_id=1, mode=mode, orders=orders, on=on, grace_ms=grace_ms)
        granted = (await self.request(terms)).cancel_terms
        assert granted is not None
        return granted

    async def arm_timer(self, ms: int, account: int = 0) -> int:
        """All orders of the account are cancelled in `ms` (1000 to 3600000) unless armed again before (SESS-022).
        Returns the venue's time of that, in microseconds."""
        return (await self.request(Timer(request_id=1, account=account, ms=ms))).until_us or 0

    async def disarm_timer(self, account: int = 0) -> None:
        """The account's orders no longer depend on the timer."""
        await self.request(Timer(request_id=1, account=account, ms=0))

    async def kill(self, scope: KillScope, *, account: int = 0, session_id: str = "") -> int:
        """Stop new orders of a session, an account or the key's own firm and cancel what works there; how many
        orders left. The key needs the scope `risk`, and only its party lifts it (ACCT-011)."""
        request = Kill(request_id=1, scope=scope, account=account, session_id=session_id)
        return (await self.request(request)).count or 0

    async def unkill(self, scope: KillScope, *, account: int = 0, session_id: str = "") -> None:
        """Let new orders in again; cancelled ones do not come back."""
        await self.request(Unkill(request_id=1, scope=scope, account=account, session_id=session_id))
