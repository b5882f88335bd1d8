"""Calculations, `calc NAME words = RESULT`: their shapes, and the text of their results.

A calculation asks a pure function, of the product or of the reference, by its name. Both take the specification and the
values of the shape, in its order, and return plain values.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from contracts_spec.errors import OutOfRange, SpecError, need_range
from contracts_spec.schema import Spec
from exchange.conformance.clearing.shapes import Shape, Values
from exchange.conformance.words import Word, notation_error

MONTH_DAYS_MAX = 31
THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")  # 12,000 is 12000
Functions = Mapping[str, Callable[..., Any]]

SHAPES = {
    name: Shape(usage)
    for name, usage in {
        **dict.fromkeys(("hours", "id", "ltd", "tender", "spotfrom", "children"), "SYM"),
        "period": "CODE",
        "business": "DATE",
        "listed": "DATE CHIP FAMILY PERIODKIND",
        "combinations": "DATE CHIP",
        "holiday": "TODAY DATE",
        "vwap": "[prior PRICE] PRICExLOTS...",
        "quoted": "[last MAYBE] prior PRICE [bid MAYBE] [ask MAYBE]",
        "strip": "[prior PRICE] PRICExHOURS...",
        "mean": "PRICExDAYS...",
        "tiers": "(TIER PRICE METHOD LOTS)...",
        "inmonth": "forward PRICE hours HOURS [prior PRICE] PRICExDAYS...",
        "limits": "PRICE [doubled]",
        **dict.fromkeys(("cdp", "susceptibility"), "SELLER:PRICExHOURS..."),
        "legs": "PRICE PRICExHOURS...",
        "cascade": "PRICE LOTS SYM",
        "value": "PRICE LOTS SYM",
        "fee": "FEEKIND LOTS SYM",
        "goodput": "CHIP BP G TENTHS",
        "record": "CHIP usable N committed N productive N elapsed N start N flop N gpus N",
        "certified": "DAILY...",
        "fabric": "CHIP REDUCE/ALL",
        **dict.fromkeys(("trailing", "gpx"), "GxHOURS..."),
        "factor": "TIER CONTRACT",
        "basket": "CHIP",
        "ctd": "PRICE CHIP:COST...",
        "shortfall": "H HOURS floor BP HOURS@G...",
        "delivery": "fsp PRICE cf BP floor BP month HOURS cover PRICE HOURS@G...",
        "daily": "fsp PRICE cf BP floor BP lots LOTS days DAYS cover PRICE show DAYLIST [DAY:HOURS@G...]",
        "units": "u LOTS long ACCOUNT:OPENLOTS... short ACCOUNT:OPENLOTS...",
        "tie": "HASH NUMBER:SEQ...",
        "margin": "(LOTS SYM)...",
        **dict.fromkeys(("covered", "addon"), "HOURS CHIP"),
        "concentration": "IM LOTS REGISTERED",
        "maintenance": "IM",
        "spotlimit": "CHIP LOTS",
        "psr": "CHIP",
        "waterfall": "loss N margin N fund N sitg N ACCOUNT:SHARE... [assessed ACCOUNT:N...]",
        "share": "N ACCOUNT:WEIGHT...",
        "fundsize": "ACCOUNT:SCAN:IM...",
        "effective": "PRICE G TENTHS",
        "cheapest": "CHIP:PRICE:G...",
    }.items()
}


@dataclass(frozen=True)
class Calculation:
    """One calculation of a scenario file. `expected`: the text of its result."""

    name: str
    values: Values
    expected: str


def read_calculation(words: list[Word], end: Word) -> Calculation:
    """The calculation in the words after `calc`. NotationError: it is none."""
    places = [place for place, word in enumerate(words) if word.text == "="]
    if not words or words[0].text not in SHAPES:
        raise notation_error(words[0] if words else end, f"a calculation: {' '.join(SHAPES)}")
    name = words[0].text
    if not places or places[0] == len(words) - 1:
        raise notation_error(end, f"= and the result, as in: {name} {SHAPES[name].usage} = RESULT")
    values = SHAPES[name].read(words[1 : places[0]], words[places[0]])
    expected = " ".join(word.text for word in words[places[0] + 1 :])
    return Calculation(name, values, THOUSANDS.sub("", expected))


def calculate(calculation: Calculation, functions: Functions, spec: Spec) -> str:
    """The result of a calculation as text.

    functions   those of the product, or of the reference
    """
    name, values = calculation.name, calculation.values
    try:
        arguments = ARGUMENTS[name](values) if name in ARGUMENTS else list(values.values())
        result = functions[name](spec, *arguments)
    except OutOfRange:
        return "refused OUT_OF_RANGE"
    except SpecError as error:
        return f"refused {error.problems[0].code}"
    except ValueError as error:
        return f"error {type(error).__name__}"
    return TEXTS[name](values, result) if name in TEXTS else plain(result)


def plain(value: Any) -> str:
    """A value as text: `none` for None, parts of a list or tuple separated by spaces."""
    if isinstance(value, list | tuple):
        return " ".join(plain(one) for one in value)
    if isinstance(value, date):
        return value.isoformat()
    return "none" if value is None else str(value)


def _daily_arguments(values: Values) -> list[Any]:
    """(price, factor, paid floor, hours of the month, days): a day that is not named is whole."""
    hours, floor_bp = 24 * values["lots"], values["floor"]
    need_range("days", values["days"], 1, MONTH_DAYS_MAX)
    for day in values["show"]:
        need_range("day shown", day, 1, values["days"])
    given: dict[int, list[tuple[int, int]]] = {}
    for day, delivered, goodput_bp in values["day_hours_g"] or []:
        given.setdefault(day, []).append((delivered, goodput_bp))
    days = [
        (hours, given.get(day, [(hours, min(floor_bp, 10_000))]), values["cover"])
        for day in range(1, values["days"] + 1)
    ]
    return [values["fsp"], values["cf"], floor_bp, hours * values["days"], days]


def _delivery_arguments(values: Values) -> list[Any]:
    """(price, factor, paid floor, hours of the month, days): the whole month as one day."""
    day = (values["month"], values["hours_g"], values["cover"])
    return [values["fsp"], values["cf"], values["floor"], values["month"], [day]]


def _unit_arguments(values: Values) -> list[Any]:
    """(lots of a unit, longs, shorts): accounts as numbers, in the order in which they are named."""
    numbers = _numbers(values)
    sides = [[(numbers[account], lots) for account, lots in values[side]] for side in ("long", "short")]
    return [values["u"], *sides]


def _numbers(values: Values) -> dict[str, int]:
    accounts = dict.fromkeys(account for side in ("long", "short") for account, _ in values[side])
    return {account: number for number, account in enumerate(accounts, 1)}


# What a function is given, where that is not just the values.
ARGUMENTS: dict[str, Callable[[Values], list[Any]]] = {
    "margin": lambda values: [_sums(values["lots_sym"])],
    "daily": _daily_arguments,
    "delivery": _delivery_arguments,
    "units": _unit_arguments,
    "waterfall": lambda values: [*list(values.values())[:5], values["assessed"] or []],
}


def _sums(lots: Sequence[tuple[int, str]]) -> dict[str, int]:
    """Lots by symbol."""
    return {symbol: sum(one for one, other in lots if other == symbol) for _, symbol in lots}


def _listed_text(values: Values, codes: Sequence[str]) -> str:
    return f"{codes[0]}..{codes[-1]} {len(codes)}" if codes else "none 0"


def _tiers_text(values: Values, prices: Sequence[tuple[int, bool]]) -> str:
    books = values["tier_price_method_lots"]
    named = [f"{tier} {price}" for (tier, *_), (price, _) in zip(books, prices, strict=True)]
    return " ".join([*named, *(["flagged"] if any(flagged for _, flagged in prices) else [])])


def _cascade_text(values: Values, found: tuple[Sequence[int], int]) -> str:
    children, parent = found
    return plain([*children, "sum", sum(children), "parent", parent])


def _invoice_text(values: Values, invoice: Sequence[int]) -> str:
    names = ("H", "S", "gross", "unpaid", "cover", "damages", "net")
    return plain(list(zip(names, invoice, strict=True)))


def _daily_text(values: Values, payments: Sequence[int]) -> str:
    return plain([*(payments[day - 1] for day in values["show"]), "sum", sum(payments)])


def _units_text(values: Values, found: tuple[Sequence[tuple[int, int]], Sequence[tuple[int, int]]]) -> str:
    numbers = _numbers(values)
    words: list[Any] = ["D", len(found[0])]
    for side, units in zip(("long", "short"), found, strict=True):
        counts = [sum(number == numbers[account] for number, _ in units) for account, _ in values[side]]
        words += [side, *(f"{account}{count}" for (account, _), count in zip(values[side], counts, strict=True))]
    return plain(words)


def _waterfall_text(values: Values, found: Sequence[Any]) -> str:
    margin, fund, sitg, survivors, assessed, tearup = found
    layers = f"margin {margin} fund {fund} sitg {sitg}"
    return f"{layers} survivors {_shares(survivors)} assessed {_shares(assessed)} tearup {tearup}"


def _shares(shares: Sequence[tuple[str, int]]) -> str:
    return " ".join(f"{account}:{share}" for account, share in shares)


def _yes(values: Values, found: bool) -> str:
    return "yes" if found else "no"


TEXTS: dict[str, Callable[[Values, Any], str]] = {
    "business": _yes,
    "fabric": _yes,
    "holiday": lambda values, found: "allowed" if found else "refused",
    "listed": _listed_text,
    "tiers": _tiers_text,
    "limits": lambda values, found: f"{found[0]}..{found[1]}",
    "legs": lambda values, found: plain([*found[0], "residual", found[1]]),
    "cascade": _cascade_text,
    "certified": lambda values, found: f"{found[0]} {found[1] or 'REJECTED'}",
    "factor": lambda values, found: f"{found[0]} paid {found[1]}",
    "delivery": _invoice_text,
    "daily": _daily_text,
    "units": _units_text,
    "tie": lambda values, found: " ".join(f"{number}:{sequence}" for number, sequence in found),
    "margin": lambda values, found: plain(
        [(part, found[part]) for part in ("scan", "intra", "tier", "inter", "total")]
    ),
    "waterfall": _waterfall_text,
    "share": lambda values, found: _shares(found),
}
