"""What the engine has not got yet, each with its name. An expectation that is built leaves here."""

from exchange.conformance.clearing.house import NotBuilt

STATEMENTS = "statements (SETTLE-013)"

EXPECTATIONS = {"statement": STATEMENTS}


def check_expectation(name: str) -> None:
    """Raise NotBuilt for an expectation that is not built."""
    if name in EXPECTATIONS:
        raise NotBuilt(EXPECTATIONS[name])
