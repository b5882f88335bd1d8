"""`gpux operator`: requests of an operator to a running venue (`exchange.operator`)."""

from dataclasses import dataclass
from typing import Annotated, Literal

import cyclopts

app = cyclopts.App(name="operator", help="Operate a venue that `gpux serve` runs: states, settlement, members.")
StateName = Literal["closed", "preopen", "nocancel", "open", "reserved", "paused", "halt"]
ScopeName = Literal["account", "session", "firm"]


@cyclopts.Parameter(name="*")
@dataclass(frozen=True)
class By:
    """Options of every request that changes something: the operator's key, and the reason."""

    sign: Annotated[str, cyclopts.Parameter(help="Private key file of the operator; needed once there is one.")] = ""
    reason: Annotated[str, cyclopts.Parameter(help="Why; it is journalled with the act.")] = ""


NOBODY = By()
# By request field, its name on the command line, if it is not an option of the same name.
ARGUMENTS = {
    "account": "NUMBER", "mills": "MILLS", "lots": "LOTS", "trade": "TRADE", "in_s": "--after",
    "order_lots_max": "--order-lots", "position_lots_max": "--position-lots", "term_lots_max": "--term-lots",
}  # fmt: skip


def ask(folder: str, name: str, by: By = NOBODY, empty: str = "", **fields: object) -> None:
    """Send a request to the venue of a folder and print its answer.

    name     class of the request in `exchange.operator.requests`
    empty    what an answer without a line means
    fields   of the request
    UserError: a field is out of range, or the venue refuses
    """
    from exchange.errors import UserError
    from exchange.operator import port, requests, signing

    request = getattr(requests, name)(**fields, reason=by.reason)
    if found := requests.first_out_of_bounds(request):
        field, what = found
        raise UserError(f"{ARGUMENTS.get(field, '--' + field)} {what}")
    lines = port.ask(folder, request, signing.load_private(by.sign) if by.sign else None)
    if lines or empty:
        print("\n".join(lines) or empty)


@app.command
def status(folder: str) -> None:
    """Show the state of every product group, and of each instrument whose state differs from that of its group.

    Args:
        folder: Data folder of the running venue.
    """
    ask(folder, "ShowStatus")


@app.command
def ledger(folder: str) -> None:
    """Show the balances of the house's accounts and of all customers together, in mills. They sum to zero.

    Args:
        folder: Data folder of the running venue.
    """
    ask(folder, "ShowLedger")


@app.command
def proposals(folder: str) -> None:
    """List acts that one operator has signed and a second must confirm: name, operator, deadline, act, reason for two.

    Args:
        folder: Data folder of the running venue.
    """
    ask(folder, "Proposals", empty="no proposals")


@app.command
def confirm(folder: str, proposal: str, *, by: By = NOBODY) -> None:
    """Confirm an act that another operator has proposed; the venue then carries it out.

    Args:
        folder: Data folder of the running venue.
        proposal: Name of the proposal, as `gpux operator proposals` shows it.
    """
    ask(folder, "Confirm", by, proposal=proposal)


@app.command
def audit(folder: str) -> None:
    """List every act in the journal of a venue and check its signatures. Exit code 65 if a signature is wrong.

    Args:
        folder: Data folder of the venue, which may be running or not.
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
    """Change the state of a product group or one instrument. The venue refuses a change that its table does not allow.

    Args:
        folder: Data folder of the running venue.
        target: A chip, like H100, for all its instruments, or one symbol, like H100.G90.H27.
        to: The new state.
        admin: Mark it as an administrative measure; clients then see HALT_ADMIN.
        clamp: With open: if the auction price is outside its collar, uncross at the edge of the collar.
    """
    ask(folder, "SetState", by, target=target, to=to, admin=admin, clamp=clamp)


@app.command
def settle(
    folder: str,
    *prices: str,
    chip: tuple[str, ...] = (),
    day: str = "",
    increment: tuple[str, ...] = (),
    dry_run: bool = False,
    by: By = NOBODY,
) -> None:
    """Publish the settlement prices of closed groups. Their books may then open, with daily limits around these prices.

    Args:
        folder: Data folder of the running venue.
        prices: Settlement prices in dollars, like H100.G90.H27=2.845; the venue finds those of other outrights.
        chip: Only this chip; without it, all groups that are closed and wait for their settlement.
        day: Trading day of the new limits, like 2026-11-24; without it, the day that ends next. Another day takes two
            operators.
        increment: New price increment of an instrument, like H100.G90.H27=0.005; orders at other prices are cancelled.
        dry_run: Change nothing: print the price, method and change of each outright, as if the venue settled now.
    """
    from exchange.cli.arguments import parse_day
    from exchange.cli.prices import parse_prices
    from exchange.errors import UserError

    if dry_run:
        if prices or increment or day:
            raise UserError("--dry-run shows what the venue finds itself: prices, --day and --increment do not fit")
        ask(folder, "ShowSettlements", chips=list(chip))
        return
    ask(
        folder, "Settle", by, chips=list(chip), prices=parse_prices(prices), increments=parse_prices(increment),
        day=str(parse_day("--day", day) or ""),
    )  # fmt: skip


@app.command
def lead_makers(folder: str, target: str, *shares: str, by: By = NOBODY) -> None:
    """Set the lead market makers of pro-rata books; without shares there are none from now on.

    Args:
        folder: Data folder of the running venue.
        target: A chip, like H100, for all its pro-rata books, or one symbol, like H100.G90.H27.
        shares: By account, its percentage of the lots that remain after TOP, like 7=30; together at most 50.
    """
    from exchange.cli.prices import parse_shares

    ask(folder, "LeadMakers", by, target=target, makers=parse_shares(shares))


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
    """Define a new account, or change the given fields of an account.

    Args:
        folder: Data folder of the running venue.
        number: Account number.
        firm: Clearing firm of the account.
        order_lots: Largest order, in lots.
        position_lots: Largest position in one instrument, in lots.
        term_lots: Largest number of lots in 3- and 5-year terms.
        close_only: Accept only orders that reduce risk; --no-close-only ends it.
    """
    ask(
        folder, "DefineAccount", by, account=number, firm=firm, order_lots_max=order_lots,
        position_lots_max=position_lots, term_lots_max=term_lots, close_only=close_only,
    )  # fmt: skip


@app.command
def deposit(folder: str, number: int, mills: int, *, by: By = NOBODY) -> None:
    """Pay money into an account.

    Args:
        folder: Data folder of the running venue.
        number: Account number.
        mills: Amount in mills, above 0.
    """
    ask(folder, "Money", by, account=number, mills=_amount(mills))


@app.command
def withdraw(folder: str, number: int, mills: int, *, by: By = NOBODY) -> None:
    """Pay money out of an account. The venue refuses more than its free margin.

    Args:
        folder: Data folder of the running venue.
        number: Account number.
        mills: Amount in mills, above 0.
    """
    ask(folder, "Money", by, account=number, mills=-_amount(mills))


@app.command
def kill(folder: str, scope: ScopeName, number: str, *, by: By = NOBODY) -> None:
    """Block new orders of an account, a session or a firm, and cancel its working orders.

    Args:
        folder: Data folder of the running venue.
        scope: Whether to block an account, a session or a firm.
        number: Number of the account or firm, or name of the session, like s_0000002a.
    """
    ask(folder, "KillSwitch", by, scope=scope, number=number)


@app.command
def unkill(folder: str, scope: ScopeName, number: str, *, by: By = NOBODY) -> None:
    """Lift a block that the venue has set. Cancelled orders stay cancelled.

    Args:
        folder: Data folder of the running venue.
        scope: Whether an account, a session or a firm is blocked.
        number: Number of the account or firm, or name of the session.
    """
    ask(folder, "KillSwitch", by, scope=scope, number=number, on=False)


@app.command
def revoke(folder: str, key: str, *, by: By = NOBODY) -> None:
    """Revoke a key. Its connections are closed at once, and it can never log on again.

    Args:
        folder: Data folder of the running venue.
        key: The key's id, like k_mm1.
    """
    ask(folder, "Revoke", by, key=key)


@app.command
def stop(folder: str, *, after: int = 60, why: str = "maintenance", by: By = NOBODY) -> None:
    """Announce a stop to all clients, and then stop the venue cleanly.

    Args:
        folder: Data folder of the running venue.
        after: Seconds from the announcement to the stop; the rules promise clients 60.
        why: Reason that clients get.
    """
    ask(folder, "Stop", by, in_s=after, why=why)


def _amount(mills: int) -> int:
    from exchange.errors import UserError
    from exchange.operator.requests import MILLS_MAX

    if mills <= 0:
        raise UserError(f"MILLS {mills} is not above 0")
    if mills > MILLS_MAX:
        raise UserError(f"MILLS {mills} not in 1..{MILLS_MAX}")
    return mills
