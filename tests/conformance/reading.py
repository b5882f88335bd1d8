"""Single fields of a scenario, read."""

from exchange.conformance.message import Message
from exchange.conformance.notation import Scenario, read_scenarios


def read(before: str = "-", messages: str = "-", parameters: str = "-", expected: str = "-") -> Scenario:
    return read_scenarios(f"S | A-001 | {parameters} | {before} | {messages} | {expected}", "t")[0]


def order(text: str) -> Message:
    return read(before=text).before[0]


def message(text: str) -> Message:
    return read(messages=text).messages[0]
