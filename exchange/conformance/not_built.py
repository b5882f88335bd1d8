"""What the notation can say and this exchange has no command or setting for: the one table, to be made shorter.

A scenario that uses one of these words does not run and does not pass. What a command can say but the engine refuses
is not here: such a scenario runs, and fails.
"""

from exchange.conformance.notation import Scenario

# Words of messages, elements of orders, parameters by name or with their value.
NOT_BUILT: frozenset[str] = frozenset()


def missing(scenario: Scenario) -> list[str]:
    """What a scenario uses of it, in the order of the alphabet."""
    return sorted(NOT_BUILT.intersection(scenario.features))
