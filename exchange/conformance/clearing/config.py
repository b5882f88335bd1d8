"""`config KEY VALUE`: loads the default configuration with one key changed, and says how that ends.

chips.H100.psr_mills 2810         a key of a chip, a tier (`tiers.G85.floor_bp`) or a product (`products.PHY.months`)
tiers.certification.enabled true  a key of a table
margin.pair.H100/B200 B200:2:1:4000   a pair of the margin: its second leg again, both ratios, the credit
calendar.holidays.2027 null       null takes the key away
"""

from datetime import date
from typing import Any

from contracts_spec.changes import check_change
from contracts_spec.errors import SpecError
from contracts_spec.load import default_tables, load_spec, spec_of_tables
from exchange.conformance.clearing.kinds import whole
from exchange.conformance.clearing.setup import START

# The list of a file whose entries a key can name, and what names them.
_LISTS = {"chips": ("chip", "name"), "tiers": ("tier", "name"), "products": ("product", "family")}
GOOD = "accepted"


def configure(key: str, value: str | None, day: date = START) -> str:
    """How the load of the default configuration ends, with one key changed: `accepted`, or `refused` and all codes.

    day   on which it is loaded: last trading days need their holiday lists (CONFIG-007), and what is listed on it keeps
          its frozen terms (CONFIG-010)
    """
    tables = default_tables()
    file, *path = key.split(".")
    name = f"{file}.toml"
    if name not in tables or not _change(tables[name], file, path, value):
        return "refused UNKNOWN_KEY"
    try:
        spec = spec_of_tables(tables, day)
    except SpecError as error:
        problems = error.problems
    else:
        problems = tuple(check_change(load_spec(), spec, day))
    codes = dict.fromkeys(_code(problem.code, problem.allowed) for problem in problems)
    return " ".join(["refused", *codes]) if codes else GOOD


def _code(code: str, allowed: str) -> str:
    return code or ("UNKNOWN_KEY" if allowed.startswith("unknown key") else "WRONG_TYPE")


def _change(table: dict[str, Any], file: str, path: list[str], value: str | None) -> bool:
    """Change a key of a file's table. False: it names a table or an entry that does not exist."""
    if file == "margin" and path[0] == "pair":
        return _change_pair(table, path[1:], value)
    *outer, last = path
    if outer and file in _LISTS and outer[0] not in table:
        entries, named = _LISTS[file]
        table = next((entry for entry in table[entries] if entry[named] == outer[0]), {})
        outer = outer[1:]
        if not table:
            return False
    for name in outer:
        if not isinstance(table.get(name), dict):
            return False
        table = table[name]
    if value is None:
        table.pop(last, None)
    else:
        table[last] = _typed(value)
    return True


def _change_pair(table: dict[str, Any], path: list[str], value: str | None) -> bool:
    """Change a pair of the margin, or add one."""
    first, slash, second = ".".join(path).partition("/")
    pairs = table["pair"]
    found = next((pair for pair in pairs if pair["legs"] == [first, second]), None)
    if value is None or not slash:
        if found is not None:
            pairs.remove(found)
        return found is not None
    leg, *figures = value.split(":")
    if len(figures) != 3:
        return False
    ratio_first, ratio_second, credit_bp = (_typed(figure) for figure in figures)
    new = {"legs": [first, leg], "ratio": [ratio_first, ratio_second], "credit_bp": credit_bp}
    if found is None:
        pairs.append(new)
    else:
        found.update(new)
    return True


def _typed(text: str) -> Any:
    """A value of the file: true, false, a whole number, or the text itself."""
    if text in ("true", "false"):
        return text == "true"
    try:
        return whole(text)
    except ValueError:
        return text
