"""Codes: the precedence of reasons is that of one tuple, whatever numbers they are stored under."""

import ast
import os
import random
import subprocess
import sys
from itertools import product

import pytest

from exchange.codes import REJECT_PRECEDENCE, RejectReason
from exchange.engine.quotes.quote_checks import _first_reason
from exchange.kernel_codes import REJECT_RANKS
from exchange.reference.market import first_failure
from tests.source_tree import ROOT, sources, tree

# Runs scenarios in which several reasons compete, with other numbers for the reasons: they are given names, so numbers
# make no difference unless something compares them.
RENUMBERED = """
import random, re, sys, types
from pathlib import Path

path = Path(sys.argv[1]) / "exchange" / "codes.py"
source = path.read_text()
start = source.index("class RejectReason(IntEnum)")
stop = source.index("@property", start)
lines = source[start:stop]
names = [name for name in re.findall(r"^    ([A-Z_]+) = [0-9]+\\b", lines, re.MULTILINE) if name != "NONE"]
numbers = list(range(1, len(names) + 1))
random.Random(int(sys.argv[2])).shuffle(numbers)
for name, number in zip(names, numbers, strict=True):
    lines = re.sub(rf"^    {name} = [0-9]+\\b", f"    {name} = {number}", lines, flags=re.MULTILINE)
codes = types.ModuleType("exchange.codes")
codes.__file__ = str(path)
sys.modules["exchange.codes"] = codes
exec(compile(source[:start] + lines + source[stop:], str(path), "exec"), vars(codes))

from exchange.cli.conformance import read_file, report, run
from exchange.conformance.venues import EngineVenue
from exchange.conformance.venues import ReferenceVenue

assert [int(codes.RejectReason[name]) for name in names] == numbers
count = 0
for table in sorted((Path(sys.argv[1]) / "tests" / "scenarios").glob("*.txt")):
    for scenario in read_file(str(table)):
        if "ORDER-004" in scenario.codes or "QUOTE-002" in scenario.codes:
            for venue in (EngineVenue, ReferenceVenue):
                outcome = run(scenario, venue)
                assert outcome.passes, report(outcome)
                count += 1
print(count)
"""


@pytest.mark.rule("ORDER-004")
def test_every_reason_has_one_place_in_the_precedence() -> None:
    assert sorted(REJECT_PRECEDENCE) == [reason for reason in sorted(RejectReason) if reason]
    assert [REJECT_RANKS[reason] for reason in (*REJECT_PRECEDENCE, RejectReason.NONE)] == list(
        range(len(RejectReason))
    )


@pytest.mark.rule("ORDER-004")
def test_of_two_reasons_the_precedence_picks_one() -> None:
    places = (*REJECT_PRECEDENCE, RejectReason.NONE)
    for reason, other in product(RejectReason, RejectReason):
        wanted = min(reason, other, key=places.index)
        assert _first_reason(int(reason), int(other)) == wanted


@pytest.mark.rule("ORDER-004")
def test_the_reference_checks_in_the_order_of_the_precedence() -> None:
    first, second = REJECT_PRECEDENCE[3], REJECT_PRECEDENCE[9]
    assert first_failure(iter([(False, first), (False, second)])) == RejectReason.NONE
    assert first_failure(iter([(False, first), (True, second), (True, second)])) == second
    with pytest.raises(AssertionError, match=f"{first.name} is checked after {second.name}"):
        first_failure(iter([(False, second), (True, first)]))


@pytest.mark.rule("ORDER-004")
def test_other_numbers_of_reasons_give_the_same_answers() -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NUMBA_DISABLE_JIT": "1"}
    seed = random.Random(4).randrange(1_000)
    run = [sys.executable, "-W", "ignore", "-c", RENUMBERED, str(ROOT), str(seed)]
    done = subprocess.run(run, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 30


def test_no_code_orders_reasons_by_their_numbers() -> None:
    found = []
    for name, path in sources().items():
        for node in ast.walk(tree(path)):
            ordered = isinstance(node, ast.Compare) and any(
                isinstance(one, ast.Lt | ast.Gt | ast.LtE | ast.GtE) for one in node.ops
            )
            ordered |= isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("min", "max")
            if ordered and any(_is_reason(part) for part in ast.iter_child_nodes(node)):
                found.append(f"{name}:{node.lineno}")
    assert not found


def _is_reason(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id == "reason" or (node.id.startswith("REJECT_") and node.id != "REJECT_RANKS")
    return isinstance(node, ast.Attribute) and (ast.unparse(node.value) == "RejectReason" or node.attr == "reason")
