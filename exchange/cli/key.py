"""`gpux key`: makes keys for clients and operators (`key_making`)."""

import cyclopts

from exchange.cli.arguments import parse_day
from exchange.cli.operator import NOBODY, By

app = cyclopts.App(name="key", help="Make keys for clients.")


@app.command(name="make")
def key_make(
    folder: str,
    name: str,
    *,
    account: int,
    deposit: int = 0,
    scopes: str = "read,trade",
    firm: int = 0,
    date: str = "",
    file: str = "",
    public: str = "",
    by: By = NOBODY,
) -> None:
    """Make a key for an account, while the venue runs or not. A new account is defined.

    Args:
        folder: Data folder of the venue; a missing one becomes a new venue.
        name: The key's id will be k_NAME; the private key goes to FOLDER/NAME.pem, readable by its owner only.
        account: Account number.
        deposit: Money to pay in, in mills.
        scopes: Rights of the key: read, trade, cancel, dc, risk, separated by commas; or only admin, for an operator.
        firm: Clearing firm of the key, and of a new account; 0: none, for dc and risk that of the account.
        date: Trading day of a new venue's catalogue; without it, today.
        file: Path of the private key, instead of FOLDER/NAME.pem.
        public: Public half of a key that was made elsewhere, as a web page shows it; no private key is written.
    """
    from rich.console import Console

    from exchange.cli import key_making
    from exchange.main import Settings

    settings = Settings(day=parse_day("--date", date))
    chosen = tuple(scope.strip() for scope in scopes.split(","))
    console = Console(stderr=True)
    pair, path = key_making.make_key(folder, name, account, deposit, chosen, firm, file, settings, console, by, public)
    what = "private" if path else "public"
    print(f"{what} key of {pair.key} (account {pair.account}, scopes {scopes}) {f'in {path}' if path else 'enrolled'}")
    if path and "trade" in chosen:
        console.print(f"to trade: gpux top --key {path}, or once gpux login --key {path}", markup=False, soft_wrap=True)
