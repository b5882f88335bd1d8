"""All checks of a session before a request is sent, in the venue's order: form, scope, account, terms, instrument."""

from clients.checks.form import form_fault
from clients.checks.terms import entry_fault, known_terms, replace_fault, time_fault
from clients.core import Core
from clients.refusals.choice import refusal
from exchange.wire.errors import error
from exchange.wire.messages import (
    Batch,
    Cancel,
    CancelAll,
    Err,
    InstrumentDefinition,
    New,
    ProtectionReset,
    ProtectionSet,
    Quote,
    Replace,
    Request,
    Timer,
)
from exchange.wire.request_checks import check_cancel, check_new, check_replace, scope_fault

CANCELS = (Cancel, CancelAll, Timer)
TRADES = (New, Replace, Quote, ProtectionSet, ProtectionReset)


class LocalChecks:
    """What the venue would refuse, by what a session knows. `enabled`: False leaves all of it to the venue."""

    def __init__(self, core: Core, enabled: bool = True) -> None:
        self.enabled = enabled
        self._core = core

    def check(self, request: Request) -> None:
        """Raise the refusal that the venue would send (`Refused`, `is_local`); nothing if no fault is known."""
        if not self.enabled or not self._core.live or not self._core.key:
            return
        fault = form_fault(request) or self._access_fault(request) or self._own_fault(request)
        if fault is not None:
            raise refusal(fault, request=request, is_local=True)

    def _access_fault(self, request: Request) -> Err | None:
        """Scope and account of a trading request."""
        cancels = isinstance(request, CANCELS)
        if isinstance(request, Batch):
            cancels = all(isinstance(part, Cancel) for part in request.operations)
        elif not cancels and not isinstance(request, TRADES):
            return None
        welcome = self._core.welcome
        assert welcome is not None
        may = "trade" in welcome.scopes or (cancels and "cancel" in welcome.scopes)
        only = welcome.accounts[0] if len(welcome.accounts) == 1 else 0
        account = getattr(request, "account", 0) or only
        if isinstance(request, Batch) and may:
            return None  # each operation has an account of its own, and a result of its own
        return None if may and account in welcome.accounts else error(0, *scope_fault(account, may, welcome.scopes))

    def _own_fault(self, request: Request) -> Err | None:
        """Faults of a request about one order."""
        if isinstance(request, New):
            definition = self._definition(request.instrument)
            fault = check_new(request, known_terms(definition)) if self._core.feeds.instruments_known else None
            fault = fault or time_fault(request.expiry_us, request.expires_us, self._core.venue_us)
            if fault is None and definition is not None:
                fault = entry_fault(request, definition, self._core.feeds.phases.get(request.instrument, ""))
            return fault
        if isinstance(request, Replace):
            fault = check_replace(request) or time_fault(request.expiry_us, request.expires_us, self._core.venue_us)
            definition = self._definition(self._instrument_of(request))
            return fault or (replace_fault(request, definition) if definition is not None else None)
        if isinstance(request, Cancel):
            return check_cancel(request) or time_fault(0, request.expires_us, self._core.venue_us)
        return None

    def _definition(self, instrument: int) -> InstrumentDefinition | None:
        return self._core.feeds.instruments.get(instrument)

    def _instrument_of(self, request: Replace) -> int:
        order = self._core.orders.get(request.account or self._core.account, request.client_order_id)
        return order.instrument if order is not None else 0
