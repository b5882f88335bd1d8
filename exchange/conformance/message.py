"""One parsed message of a scenario."""

from dataclasses import dataclass, field

from exchange.codes import CommandKind


@dataclass(frozen=True)
class Message:
    """One message, with all that the runner needs to send it.

    word       its first word; N for an order
    text       its text with single spaces
    target     id of the order that it names
    account    name of the account; empty: the owner of the order
    session    name of the session
    clock      time to which it sets the scenario's clock, s; 0: it does not
    fields     COMMAND fields
    lead       percentage that the order's account gets as lead market maker; 0: it is none
    entries    COMMAND fields of each entry of a mass quote
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
