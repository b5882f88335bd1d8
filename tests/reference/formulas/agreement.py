"""Product and reference asked the same: both give the same value, or refuse it alike."""

from typing import Any

from contracts_spec.errors import OutOfRange, SpecError
from contracts_spec.load import load_spec
from exchange.conformance.clearing.calc import Functions
from exchange.conformance.clearing.product import PRODUCT
from exchange.conformance.clearing.twins import TWINS

SPEC = load_spec()


def outcome(functions: Functions, name: str, *values: Any) -> Any:
    """The value of a function, or the kind of its refusal."""
    try:
        return functions[name](SPEC, *values)
    except OutOfRange:
        return "OUT_OF_RANGE"
    except SpecError as error:
        return error.problems[0].code
    except ValueError:
        return "ValueError"


def agreed(name: str, *values: Any) -> Any:
    """What both say of some values."""
    twin = outcome(TWINS, name, *values)
    assert _bare(outcome(PRODUCT, name, *values)) == _bare(twin)
    return twin


def _bare(value: Any) -> Any:
    """A value without the classes of its tuples and lists."""
    return [_bare(one) for one in value] if isinstance(value, list | tuple) else value
