"""`gpux operator`: the requests of the operator to a running venue (`exchange.operator`)."""

from dataclasses import dataclass
from typing import Annotated, Literal

import cyclopts

app = cyclopts.App(name="operator", help="Steer a venue that `gpux serve` runs: states, settlement, members.")
StateName = Literal["closed", "preopen", "nocancel", "open", "reserved", "paused", "halt"]
ScopeName = Literal["account", "session", "firm"]


@cyclopts.Parameter(name="*")
@dataclass(frozen=True)
class By:
    """Options of every act: the operator's key, and the reason."""

    sign: Annotated[str, cyclopts.Parameter(help="Private key file of the operator; needed once there is one.")] = ""
    reason: Annotated[str, cyclopts.Parameter(help="Why; it is journalled with the act.")] = ""


NOBODY = By()
# Names of request fields on the command line, where they are not options of the same name.
ARGUMENTS = {
    "account": "NUMBER", "mills": "MILLS", "in_s": "--after", "order_lots_max": "--order-lots",
    "position_lots_max": "--position-lots", "term_lots_max": "--term-lots",
}  # fmt: skip


def _ask(folder: str, name: str, by: By = NOBODY, **fields: object) -> None:
    """Send a request to the venue of a folder and print its answer. UserError: a field is out of range, or the venue
    refuses."""
    from exchange.errors import UserError
    from exchange.operator import port, requests, signing

    request = getattr(requests, name)(**fields, reason=by.reason)
    if found := requests.first_out_of_bounds(request):
        field, what = found
        raise UserError(f"{ARGUMENTS.get(field, '--' + field)} {what}")
    for line in port.ask(folder, request, signing.load_private(by.sign) if by.sign else None):
        print(line)


@app.command
def status(folder: str) -> None:
    """Show the state of every product group, and of each instrument that has one of its own.

    Args:
        folder: Data folder of the running venue.
    """
    _ask(folder, "ShowStatus")


@app.command
def proposals(folder: str) -> None:
    """Show what one operator has signed and another has yet to confirm: name, who, until when, what, and why two.

    Args:
        folder: Data folder of the running venue.
    """
    _ask(folder, "Proposals")


@app.command
def confirm(folder: str, proposal: str, *, by: By = NOBODY) -> None:
    """Confirm what another operator has proposed; then it is done.

    Args:
        folder: Data folder of the running venue.
        proposal: Its name, as `gpux operator proposals` shows it.
    """
    _ask(folder, "Confirm", by, proposal=proposal)


@app.command
def audit(folder: str) -> None:
    """Show every act in the journal of a venue and check its signatures; it is only read. Exit code 65 if one is wrong.

    Args:
        folder: Data folder, of a venue that runs or not.
    """
    import sys

    from exchange.journal.errors import EXIT_DATA
    from exchange.operator import audit as auditing

    findings = []
    for finding in auditing.audit(folder):
        print(finding.text())
        findings.append(finding)
    print(auditing.summary(findings))
    sys.exit(EXIT_DATA if any(finding.faults for finding in findings) else 0)


@app.command
def state(
    folder: str, target: str, to: StateName, *, admin: bool = False, clamp: bool = False, by: By = NOBODY
) -> None:
    """Bring a product group or one instrument into a state; the venue refuses what its table of states lacks.

    Args:
        folder: Data folder of the running venue.
        target: A chip, like H100, for all its instruments, or one symbol, like H100.G90.H27.
        to: The state.
        admin: An administrative measure: clients read HALT_ADMIN.
        clamp: With open: an auction whose price lies beyond its collar uncrosses at the collar's edge.
    """
    _ask(folder, "SetState", by, target=target, to=to, admin=admin, clamp=clamp)


@app.command
def settle(
    folder: str,
    *prices: str,
    chip: tuple[str, ...] = (),
    day: str = "",
    increment: tuple[str, ...] = (),
    by: By = NOBODY,
) -> None:
    """Publish the settlement of closed groups: their books may open again, within limits around it.

    Args:
        folder: Data folder of the running venue.
        prices: Settlements in dollars, like H100.G90.H27=2.845; an outright that is not named keeps its last one.
        chip: Only this chip; without it all that are closed and wait for their settlement.
        day: Trading day that the limits are for, like 2026-11-24; without it the one that ends next, another takes two
            operators.
        increment: From now on prices of an instrument have to be multiples of this, like H100.G90.H27=0.005; orders
            that are not are cancelled.
    """
    from exchange.operator.arguments import parse_day
    from exchange.operator.prices import parse_prices

    _ask(
        folder, "Settle", by, chips=list(chip), prices=parse_prices(prices), increments=parse_prices(increment),
        day=str(parse_day("--day", day) or ""),
    )  # fmt: skip


@app.command
def lead_makers(folder: str, target: str, *shares: str, by: By = NOBODY) -> None:
    """Name the lead market makers of pro-rata books, in place of those before; without any there are none.

    Args:
        folder: Data folder of the running venue.
        target: A chip, like H100, for all its pro-rata books, or one symbol, like H100.G90.H27.
        shares: Percent of what comes after TOP by account, like 7=30; together at most 50.
    """
    from exchange.operator.prices import parse_shares

    _ask(folder, "LeadMakers", by, target=target, makers=parse_shares(shares))


@app.command
def account(
    folder: str,
    number: int,
    *,
    firm: int | None = None,
    order_lots: int | None = None,
    position_lots: int | None = None,
    term_lots: int | None = None,
    close_only: bool | None = None,
    by: By = NOBODY,
) -> None:
    """Define an account, or change the limits that are given.

    Args:
        folder: Data folder of the running venue.
        number: The account.
        firm: Its clearing firm.
        order_lots: Largest order.
        position_lots: Largest position in one instrument.
        term_lots: Most lots of 3- and 5-year terms.
        close_only: Only orders that reduce risk are taken; --no-close-only ends it.
    """
    _ask(
        folder, "DefineAccount", by, account=number, firm=firm, order_lots_max=order_lots,
        position_lots_max=position_lots, term_lots_max=term_lots, close_only=close_only,
    )  # fmt: skip


@app.command
def deposit(folder: str, number: int, mills: int, *, by: By = NOBODY) -> None:
    """Pay money into an account.

    Args:
        folder: Data folder of the running venue.
        number: The account.
        mills: How much, above 0.
    """
    _ask(folder, "Money", by, account=number, mills=_amount(mills))


@app.command
def withdraw(folder: str, number: int, mills: int, *, by: By = NOBODY) -> None:
    """Pay money out of an account, as far as it is free.

    Args:
        folder: Data folder of the running venue.
        number: The account.
        mills: How much, above 0.
    """
    _ask(folder, "Money", by, account=number, mills=-_amount(mills))


@app.command
def kill(folder: str, scope: ScopeName, number: str, *, by: By = NOBODY) -> None:
    """Stop new orders of an account, a session or a firm, and cancel what works there.

    Args:
        folder: Data folder of the running venue.
        scope: What is stopped.
        number: Number of the account or firm, or name of the session, like s_0000002a.
    """
    _ask(folder, "KillSwitch", by, scope=scope, number=number)


@app.command
def unkill(folder: str, scope: ScopeName, number: str, *, by: By = NOBODY) -> None:
    """Lift a stop of the venue's own; cancelled orders do not come back.

    Args:
        folder: Data folder of the running venue.
        scope: What was stopped.
        number: Number of the account or firm, or name of the session.
    """
    _ask(folder, "KillSwitch", by, scope=scope, number=number, on=False)


@app.command
def revoke(folder: str, key: str, *, by: By = NOBODY) -> None:
    """End a key: its connections close at once, and it never logs on again.

    Args:
        folder: Data folder of the running venue.
        key: The key's id, like k_mm1.
    """
    _ask(folder, "Revoke", by, key=key)


@app.command
def stop(folder: str, *, after: int = 60, why: str = "maintenance", by: By = NOBODY) -> None:
    """Stop the venue cleanly, after its clients were told.

    Args:
        folder: Data folder of the running venue.
        after: Seconds until then; clients are promised 60.
        why: What clients are told.
    """
    _ask(folder, "Stop", by, in_s=after, why=why)


def _amount(mills: int) -> int:
    from exchange.errors import UserError
    from exchange.operator.requests import MILLS_MAX

    if mills <= 0:
        raise UserError(f"MILLS {mills} is not above 0")
    if mills > MILLS_MAX:
        raise UserError(f"MILLS {mills} not in 1..{MILLS_MAX}")
    return mills
