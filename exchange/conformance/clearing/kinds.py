"""What single words of a clearing scenario mean: numbers, dates, symbols, names. Shapes refer to them in capitals."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from contracts_spec.formulas.fees import FEE_KINDS
from contracts_spec.load import load_spec
from contracts_spec.periods import parse_period
from contracts_spec.symbols import parse_symbol
from exchange.codes import Family, PeriodKind

NUMBER = re.compile(r"[+-]?([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,30})")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,23}")
CODE = re.compile(r"[A-Z][A-Z0-9./:-]*")
CHIP_TIER = re.compile(r"(?P<chip>[A-Z][A-Z0-9]*)\.(?P<tier>G\d\d)")
CHIP_MONTH = re.compile(r"(?P<chip>[A-Z][A-Z0-9]*)\.(?P<month>[FGHJKMNQUVXZ]\d\d)")
NAMED_RANGE = re.compile(r"(?P<head>[a-z]+)(?P<first>[0-9]+)\.\.(?P=head)(?P<last>[0-9]+)")
TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")
DAYS_MAX = 3_660
NAMES_MAX = 10_000
KIND_NAMES = {"M": PeriodKind.MONTH, "Q": PeriodKind.QUARTER, "Y": PeriodKind.YEAR, "T3": PeriodKind.TERM3}
KIND_NAMES["T5"] = PeriodKind.TERM5
METHODS = ("T1", "T2", "T3", "T4")
SETTLE_METHODS = (*METHODS, "INDEX", "FINAL", "SEED")
PARTS = ("certificates", "delivery", "default")  # parts of a clearing house that a scenario may need
LIVES = ("NONE", "LISTED", "EXPIRED", "CASCADED", "IN_DELIVERY", "SETTLED", "DELISTED")
STANDINGS = ("OPEN", "CLOSE_ONLY", "LIQUIDATING", "DEFAULTED")
INDEX_SOURCES = ("PRINT", "CARRIED", "CDP", "FRONT", "COMMITTEE", "LAST", "MISSING")
LOTSET_STATES = (
    *("DRAFT", "SUBMITTED", "MEASURING", "CERTIFIED", "REJECTED", "DOWNGRADED", "SUSPENDED", "REVOKED", "EXPIRED"),
    "WITHDRAWN",
)
CDC_STATES = (
    *("REGISTERED", "TENDERED", "ASSIGNED", "DELIVERING", "FULFILLED", "SHORTFALL", "RETIRED", "WITHDRAWN"),
    *("SUSPENDED", "REVOKED", "EXPIRED"),
)
MARGIN_PARTS = ("scan", "intra", "tier", "cover", "addon", "concentration", "delivery", "inter", "total")
STATEMENT_PARTS = ("vm", "fees", "delivery", "moved", "adjusted", "closing", "im")
INVOICE_PARTS = ("H", "S", "gross", "unpaid", "cover", "damages", "net")


@dataclass(frozen=True)
class Kind:
    """One kind of word. `what` says it in words; `read` returns the value, and raises ValueError for any other word."""

    what: str
    read: Callable[[str], Any]


def whole(text: str) -> int:
    """A whole number: `12000`, `12,000`, `+10`, `-4`."""
    if NUMBER.fullmatch(text) is None:
        raise ValueError(text)
    return int(text.replace(",", ""))


def seconds(text: str) -> int:
    """Seconds since midnight of a time like `20:58` or `20:58:01`."""
    if TIME.fullmatch(text) is None:
        raise ValueError(text)
    hours, minutes, *rest = (int(part) for part in text.split(":"))
    return hours * 3600 + minutes * 60 + sum(rest)


def day(text: str) -> date:
    """A date like `2026-12-14`."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) is None:
        raise ValueError(text)
    return date.fromisoformat(text)


def days(text: str) -> list[date]:
    """One date, or every date from the first to the last: `2027-01-13..2027-01-14`."""
    first, dots, last = text.partition("..")
    start, end = day(first), day(last if dots else first)
    if not 0 <= (end - start).days < DAYS_MAX:
        raise ValueError(text)
    return [start + timedelta(days=count) for count in range((end - start).days + 1)]


def names(text: str) -> list[str]:
    """A name, or several that count up: `c1..c8`."""
    if ".." not in text:
        return [_lower(text)]
    found = NAMED_RANGE.fullmatch(text)
    numbers = range(int(found["first"]), int(found["last"]) + 1) if found else range(0)
    if not found or not 0 < len(numbers) <= NAMES_MAX:
        raise ValueError(text)
    return [f"{found['head']}{number}" for number in numbers]


def name(text: str) -> str:
    if NAME.fullmatch(text) is None:
        raise ValueError(text)
    return text


def _lower(text: str) -> str:
    """A certificate or an order: its name has a small letter first."""
    if not name(text)[0].islower():
        raise ValueError(text)
    return text


def _capitals(text: str) -> str:
    if re.fullmatch(r"[A-Z_]+", text) is None:
        raise ValueError(text)
    return text


def account(text: str) -> str:
    """An account: its name has a capital first."""
    if not name(text)[0].isupper():
        raise ValueError(text)
    return text


def one_of(*allowed: str) -> Kind:
    """A word out of a few."""

    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(text)
        return text

    return Kind(" ".join(allowed), read)


def _code(text: str) -> str:
    if CODE.fullmatch(text) is None:
        raise ValueError(text)
    return text


def _symbol(text: str) -> str:
    parse_symbol(text)
    return text


def _month(text: str) -> str:
    if parse_period(text).kind is not PeriodKind.MONTH:
        raise ValueError(text)
    return text


@cache
def _chips() -> tuple[str, ...]:
    return tuple(chip.name for chip in load_spec().chips)


def _chip(text: str) -> str:
    if text not in _chips():
        raise ValueError(text)
    return text


def _tier(text: str) -> str:
    if text not in [tier.name for tier in load_spec().tiers]:
        raise ValueError(text)
    return text


def _chip_tier(text: str) -> tuple[str, str]:
    found = CHIP_TIER.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return _chip(found["chip"]), _tier(found["tier"])


def _chip_month(text: str) -> tuple[str, str]:
    found = CHIP_MONTH.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return _chip(found["chip"]), _month(found["month"])


def _or_none(read: Callable[[str], Any], *absent: str) -> Callable[[str], Any]:
    return lambda text: None if text in absent else read(text)


def _open_lots(text: str) -> list[tuple[int, int]]:
    """(sequence, lots) of each lot of an account: `1x12,5x4`."""
    pairs = [part.split("x") for part in text.split(",")]
    return [(whole(sequence), whole(lots)) for sequence, lots in pairs]


def _hash(text: str) -> bytes:
    if len(text) % 2 or re.fullmatch(r"[0-9a-fA-F]+", text) is None:
        raise ValueError(text)
    return bytes.fromhex(text)


_WHOLE = "a whole number"
_TIERS = "a tier like G90"
KINDS: dict[str, Kind] = {
    **{
        word: Kind(f"{what}, {_WHOLE}", whole)
        for word, what in {
            "PRICE": "a price in mills", "PRIOR": "a prior price in mills", "BID": "a bid", "ASK": "an ask",
            "MILLS": "money in mills", "DUE": "money in mills", "LOTS": "lots", "HOURS": "GPU-hours", "DAYS": "days",
            "DAY": "a day of the month", "BP": "basis points", "G": "goodput in basis points",
            "TENTHS": "tenths of TFLOP/s", "N": "a number", "NODES": "nodes", "NODE": "the number of a node",
            "COST": "mills per GPU-hour", "SHARE": "a fund share", "WEIGHT": "a weight", "SCAN": "mills", "IM": "mills",
            "REGISTERED": "registered lots", "SEQ": "a sequence", "NUMBER": "an account's number",
            "REDUCE": "all-reduce GB/s", "ALL": "all-to-all GB/s", "LOW": "the lowest price", "HIGH": "the highest",
            "LEFT": "lots left", "SUM": "price x lots", "PROCEEDS": "money in mills", "VALUE": "an index value",
        }.items()
    },
    "MAYBE": Kind(f"a price in mills, {_WHOLE}, or none", _or_none(whole, "none", "-")),
    "PRINT": Kind(f"an index value, {_WHOLE}, or none", _or_none(whole, "none")),
    "TAKEN": Kind(f"an index value, {_WHOLE}, or none", lambda text: text if text == "none" else whole(text)),
    "REPORT": Kind(f"goodput in basis points, {_WHOLE}, or none", _or_none(whole, "none")),
    "DAILY": Kind(f"goodput in basis points, {_WHOLE}, or - for a day without record", _or_none(whole, "-")),
    "DATE": Kind("a date like 2026-12-14", day),
    "TODAY": Kind("a date like 2026-12-14", day),
    "DATES": Kind("a date, or D1..D2", days),
    "TIME": Kind("a time like 20:58 or 20:58:01", seconds),
    "CHIP": Kind("a chip of the catalogue", _chip),
    "TIER": Kind(_TIERS, _tier),
    "CONTRACT": Kind(_TIERS, _tier),
    "INDEX": Kind("a chip and tier like H100.G90", _chip_tier),
    "CHIPMONTH": Kind("a chip and month like H100.F27", _chip_month),
    "MONTH": Kind("a month like F27", _month),
    "SYMBOL": Kind("a symbol like H100.G90.F27", _symbol),
    "SYM": Kind("a symbol like H100.G90.F27", _code),
    "CODE": Kind("a period code like F27", _code),
    "SOURCE": one_of("CDP", "EXT"),
    "FAMILY": one_of(*(family.name for family in Family)),
    "PERIODKIND": one_of(*KIND_NAMES),
    "METHOD": one_of(*METHODS),
    "SETTLED": one_of(*SETTLE_METHODS),
    "FLAG": one_of("flagged", "unflagged"),
    "FEEKIND": one_of(*FEE_KINDS),
    "SIDE": one_of("buys", "sells"),
    "WAY": one_of("from", "to"),
    "YESNO": one_of("yes", "no"),
    "PART": one_of(*PARTS),
    "LIFE": one_of(*LIVES),
    "PHASE": one_of("OPEN", "HALT"),
    "ORDERSTATE": one_of("WORKING", "FILLED", "GONE"),
    "STANDING": one_of(*STANDINGS),
    "HOW": one_of(*INDEX_SOURCES),
    "LOTSTATE": one_of(*LOTSET_STATES),
    "CDCSTATE": one_of(*CDC_STATES),
    "OUTCOME": one_of("FULFILLED", "SHORTFALL"),
    "LIMIT": one_of("SPOT", "SINGLE_MONTH", "ALL_MONTHS"),
    "MARGINPART": one_of(*MARGIN_PARTS),
    "ENTRY": one_of(*STATEMENT_PARTS),
    "ITEM": one_of(*INVOICE_PARTS),
    **{word: Kind("an account, capital first", account) for word in ("ACCOUNT", "MAKER", "SELLER", "BUYER", "OWNER")},
    "ACCOUNTS": Kind("an account, or several like A|B", lambda text: [account(one) for one in text.split("|")]),
    "LOTSET": Kind("a lot-set, capital first", account),
    "CDC": Kind("a certificate, small letter first", _lower),
    "ORDER": Kind("an order, small letter first", _lower),
    "WHY": Kind("a reason in capitals", _capitals),
    **{
        word: Kind(what, name)
        for word, what in {"AGENT": "an agent's name", "RATING": "a rating", "REGION": "a region"}.items()
    },
    "CDCS": Kind("a certificate, or several like c1..c8", names),
    "OBJECT": Kind("a lot-set or a certificate", name),
    "OPENLOTS": Kind("SEQxLOTS,...", _open_lots),
    "DAYLIST": Kind("days like 1,2", lambda text: [whole(part) for part in text.split(",")]),
    "HASH": Kind("a hash in hexadecimal digits", _hash),
}  # fmt: skip
