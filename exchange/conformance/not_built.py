"""What the notation can say and the exchange has no command or setting for.

A scenario that uses one of these words does not run and does not pass. A command that the engine refuses is no case
of this: its scenario runs, and fails.
"""

from exchange.conformance.notation import Scenario

# Words of messages, elements of orders, parameters by name or with their value.
NOT_BUILT: frozenset[str] = frozenset()


def missing(scenario: Scenario) -> list[str]:
    """Words of the table that a scenario uses, in alphabetical order."""
    return sorted(NOT_BUILT.intersection(scenario.features))
