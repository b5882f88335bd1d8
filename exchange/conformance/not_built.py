"""Parts of the notation for which the exchange has no command or setting.

A scenario that uses one of these words is not run and does not pass. If the engine only refuses a command, the
scenario is run and fails.
"""

from exchange.conformance.notation import Scenario

# Message words, order elements, and parameters as `name` or `name=value`.
NOT_BUILT: frozenset[str] = frozenset()


def unsupported_words(scenario: Scenario) -> list[str]:
    """The words of NOT_BUILT that a scenario uses, in alphabetical order."""
    return sorted(NOT_BUILT.intersection(scenario.features))
