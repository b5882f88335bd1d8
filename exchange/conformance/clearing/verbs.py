"""Shapes of verbs, and the reasons for which a line can be refused."""

from exchange.codes import RejectReason
from exchange.conformance.clearing.shapes import Shape, Values
from exchange.conformance.words import Word, notation_error

VERBS = {
    name: Shape(usage)
    for name, usage in {
        "trade": "ACCOUNT SIDE LOTS SYMBOL @PRICE WAY MAKER",
        "block": "ACCOUNT SIDE LOTS SYMBOL @PRICE WAY MAKER [made TIME]",
        "order": "ORDER ACCOUNT SIDE LOTS SYMBOL @PRICE [gtc]",
        "cancel": "ORDER",
        "market": "CHIP PAUSED",
        "deposit": "ACCOUNT MILLS",
        "withdraw": "ACCOUNT MILLS",
        "adjust": "DATE SYMBOL (ACCOUNT MILLS)...",
        "settle": "DATE SYMBOL PRICE",
        "index": "INDEX DATES PRINT [now]",
        "rental": "INDEX DATES SELLER HOURSh @PRICE",
        "committee": "INDEX DATE VALUE",
        "lotset": "LOTSET CHIP OWNER nodes NODES [region REGION] [rating RATING]",
        "submit": "LOTSET",
        "measure": "LOTSET DATE DAILY... [agent AGENT] [fabric REDUCE/ALL]",
        "record": "LOTSET DATE G [unsigned] [workload] [serials]",
        "telemetry": "LOTSET DATES REPORT [hours HOURS]",
        "audit": "LOTSET G",
        "revoke": "LOTSET",
        "pull": "OBJECT",
        "cdc": "CDCS... LOTSET MONTH [node NODE] [by OWNER]",
        "tender": "ACCOUNT CDCS... into SYMBOL",
        "delivered": "CDC DATES [none] [HOURSh G] [now]",
        "access": "CDC DATE TIME",
        "resale": "ACCOUNT CDC HOURSh proceeds PROCEEDS from BUYER",
        "auction": "ACCOUNT SYMBOL LOTS @PRICE to BUYER",
        "default": "ACCOUNT",
        "day": "DATE",
        "close": "",
    }.items()
}

CONFIG_REFUSALS = (*(f"CONFIG-{number:03d}" for number in range(1, 12)), "UNKNOWN_KEY")
REFUSALS = (
    *dict.fromkeys(
        [
            *(reason.abbreviation for reason in RejectReason if reason),
            *("FROZEN", "EARLY", "LATE", "OUT_OF_RANGE", "DUPLICATE", "WINDOW", "UNSIGNED", "WORKLOAD", "SERIALS"),
            *("AGENT", "SIZE", "REGION", "SERIAL_USED", "DUP_ID", "WRONG_STATE", "OWNER", "SOURCE", "UNBALANCED"),
            *("TIME", "CHIP", "MONTH", "GRADE", "EXPIRES", "POSITION", "UNKNOWN"),
        ]
    ),
)
_WAYS = {"buys": "from", "sells": "to"}


def read_verb(verb: Word, words: list[Word], end: Word) -> Values:
    """The values of a verb. NotationError: it has another shape."""
    values = VERBS[verb.text].read(words, end)
    if "way" in values and values["way"] != _WAYS[values["side"]]:
        wrong = next(word for word in words if word.text == values["way"])
        raise notation_error(wrong, _WAYS[values["side"]])
    if verb.text == "delivered" and (values["hours"] is None) is not values["none"]:
        raise notation_error(end, f"HOURSh and G, or none, as in: {VERBS[verb.text].usage}")
    if "cdcs" in values:
        values["cdcs"] = [name for several in values["cdcs"] for name in several]
    return values
