"""The table of faults is up to date, and the planting itself notices what it should."""

import pytest

from tests.mutants.faults import FAULTS
from tests.mutants.plant import ROOT, Fault, NotPlanted, planted, try_fault


def test_every_fault_can_be_planted() -> None:
    assert len(FAULTS) >= 40
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    for fault in FAULTS:
        assert planted(fault) != (ROOT / fault.file).read_text(), fault.name


def test_a_fault_whose_text_is_gone_says_so() -> None:
    with pytest.raises(NotPlanted, match=r"0 places in exchange/units\.py"):
        planted(Fault("nothing", "exchange/units.py", "no such text", ""))


def test_a_planted_fault_is_noticed_by_name() -> None:
    verdict = try_fault(next(fault for fault in FAULTS if fault.name == "newest order at a price trades first"))
    assert verdict.noticed.startswith("tests/scenarios/test_matching.py::")
