"""One message of a scenario, read: what the runner needs to send it."""

from dataclasses import dataclass, field

from exchange.codes import CommandKind


@dataclass(frozen=True)
class Message:
    """One message.

    word       its first word; N for an order
    text       as it was written, with single spaces
    target     id of its order
    account    name of the account; empty: the owner of the order
    session    name of the session
    clock      the scenario's clock that it sets, 0 none
    fields     COMMAND fields that it gives
    lead       percentage of the order's account as lead market maker, 0 none
    entries    of a mass quote: the COMMAND fields that each entry gives
    """

    word: str
    text: str
    kind: CommandKind
    target: str = ""
    account: str = ""
    session: str = ""
    clock: int = 0
    fields: dict[str, int] = field(default_factory=dict)
    lead: int = 0
    entries: tuple[dict[str, int], ...] = ()
