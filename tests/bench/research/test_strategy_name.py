"""Names of loops: a change of anything that is compiled into a loop gives it another name."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from bench import Replay
from bench.research.orders import OrderError
from bench.research.strategy_name import loop_name
from exchange.kernel import kernel
from tests.bench.research.quote_kernel import quote
from tests.bench.research.small_flow import small_flow

HELPER = """
from enum import IntEnum

import numpy as np


class Kernel:  # what a name takes from one
    def __init__(self, function):
        self.py_func = function


class Mode(IntEnum):
    JOIN = 1


SHIFT = 2
SIZES = np.arange(2_000)


@Kernel
def price(tick):
    return tick - SHIFT


@Kernel
def lots(number):
    return SIZES[number]
"""
STRATEGY = """
import helper
from helper import Kernel, Mode, price


@Kernel
def trade(state, account, memory, asked):
    return price(memory[0]) + helper.lots(Mode.JOIN) + len(asked)
"""


def load(folder: Path, name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    path = folder / f"{name}.py"
    path.write_text(text)
    spec = spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("found", "changed"),
    [
        ("tick - SHIFT", "tick + SHIFT"),
        ("SHIFT = 2", "SHIFT = int('3')"),
        ("np.arange(2_000)", "np.arange(2_000) ** 1 + (np.arange(2_000) == 1_000)"),
        ("JOIN = 1", "JOIN = 7"),
        ("SIZES[number]", "SIZES[number + 1]"),
        ("memory[0]", "memory[1]"),
        ("trade(state", "other(state"),
    ],
)
def test_a_change_of_what_is_compiled_gives_another_name(
    found: str, changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = []
    for helper, strategy in (
        (HELPER, STRATEGY),
        (HELPER, STRATEGY),
        (HELPER.replace(found, changed), STRATEGY.replace(found, changed)),
    ):
        load(tmp_path, "helper", helper, monkeypatch)
        module = load(tmp_path, "strategy", strategy, monkeypatch)
        names.append(loop_name(getattr(module, "trade", None) or module.other))
    assert names[0] == names[1] != names[2]
    assert names[0].startswith("trade_")


def test_a_constant_that_is_set_at_run_time_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = load(tmp_path, "helper", HELPER, monkeypatch)
    trade = load(tmp_path, "strategy", STRATEGY, monkeypatch).trade
    before = loop_name(trade)
    monkeypatch.setattr(helper, "SHIFT", 5)
    assert loop_name(trade) != before == f"trade_{before[-16:]}"


def test_a_kernel_of_the_package_has_a_name_too() -> None:
    assert loop_name(quote) == loop_name(quote)


def quoting(lots: int) -> object:
    @kernel
    def quote_some(state, account, memory, asked):  # type: ignore[no-untyped-def]
        return lots

    return quote_some


def test_a_kernel_with_variables_of_a_function_around_it_is_refused() -> None:
    with pytest.raises(OrderError, match=r"takes lots from the function around it.* pass parameters in memory="):
        Replay(small_flow()).run(quoting(3))


def test_a_kernel_without_a_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(tmp_path, "helper", HELPER, monkeypatch)
    trade = load(tmp_path, "cell", STRATEGY, monkeypatch).trade
    (tmp_path / "cell.py").unlink()
    with pytest.raises(OrderError, match=r"kernel trade: .*cell.py is no file; write a kernel strategy into a file"):
        loop_name(trade)
