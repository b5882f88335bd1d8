"""Values as people read them."""

from bench.facts.sheet import Fact

TIME_UNITS = ((1e9, "s"), (1e6, "ms"), (1e3, "us"), (1, "ns"))


def plain(value: float | None, digits: int = 4) -> str:
    """A number with `digits` significant digits, without an exponent where it is short."""
    if value is None:
        return ""
    if value and not 1e-4 <= abs(value) < 1e9:
        return f"{value:.{digits}g}"
    whole = len(str(int(abs(value))))
    decimals = max(0, digits - whole) if abs(value) >= 1 else digits
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def scale_of(value: float, unit: str) -> tuple[float, str]:
    """Factor and unit in which a value is short: times are shown in s, ms, us or ns."""
    if unit != "ns":
        return 1, "" if unit == "1" else unit
    return next(((factor, name) for factor, name in TIME_UNITS if abs(value) >= factor), (1, "ns"))


def shown(fact: Fact) -> tuple[str, str, str]:
    """(value, 95 % interval, unit) of a fact; of one without a value (why, "", "")."""
    if fact.value is None:
        return fact.missing, "", ""
    factor, unit = scale_of(fact.value, fact.unit)
    interval = ""
    if fact.low is not None and fact.high is not None:
        interval = f"{plain(fact.low / factor)} to {plain(fact.high / factor)}"
    return plain(fact.value / factor), interval, unit
