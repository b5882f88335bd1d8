"""One message of a scenario, read: what a stage needs to send it."""

from dataclasses import dataclass, field

from exchange.codes import CommandKind


@dataclass(frozen=True)
class Message:
    """One message as it was read.

    word       its first word; N for an order
    target     id of the order it is about
    account    name of the account, none: that of the order's owner
    session    name of the session
    fields     COMMAND fields that it says
    lead       percent of the order's account as lead market maker, 0 none
    features   words that NOT_BUILT may name
    entries    of a mass quote: the COMMAND fields that each says
    """

    word: str
    text: str
    kind: CommandKind
    target: str = ""
    account: str = ""
    session: str = ""
    clock: int = 0
    fields: dict[str, int] = field(default_factory=dict)
    features: tuple[str, ...] = ()
    lead: int = 0
    entries: tuple[dict[str, int], ...] = ()
