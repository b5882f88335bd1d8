"""Planting notices what it should, tried on a small project. That the faults fit today's sources is `make mutants`'."""

from pathlib import Path

import pytest

from tests.mutants.faults import FAULTS
from tests.mutants.plant import Fault, NotPlanted, Project, out_of_date, planted, try_fault

BOOK = """
def best(prices):
    return min(prices)
"""
TEST = """
from market.book import best

def test_the_best_offer_is_the_lowest():
    assert best([3, 1, 2]) == 1
"""
HIGHEST = Fault("the highest offer is the best", "market/book.py", "return min(prices)", "return max(prices)")
HARMLESS = Fault("nothing", "market/book.py", "return min(prices)", "return min(list(prices))")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    for folder in ("market", "tests"):
        (tmp_path / folder).mkdir()
    (tmp_path / "market/book.py").write_text(BOOK)
    (tmp_path / "market/__init__.py").write_text("")
    (tmp_path / "tests/test_book.py").write_text(TEST)
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["."]\n')
    return Project(tmp_path, ("market", "tests", "pyproject.toml"), ("tests",))


def test_a_planted_fault_is_noticed_by_the_test_that_fails(project: Project) -> None:
    verdict = try_fault(HIGHEST, project)
    assert (verdict.noticed, verdict.nonsense) == ("tests/test_book.py::test_the_best_offer_is_the_lowest", "")
    assert (project.root / "market/book.py").read_text() == BOOK, "the sources stay as they are"


def test_a_fault_that_no_test_notices_lives(project: Project) -> None:
    assert try_fault(HARMLESS, project).noticed == ""


def test_a_fault_may_have_tests_of_its_own_that_notice_it(project: Project) -> None:
    (project.root / "tests/test_other.py").write_text("def test_nothing():\n    pass\n")
    fault = HIGHEST.judged_by(("tests/test_other.py",))
    assert try_fault(fault, project).noticed == ""


def test_a_planted_text_that_is_no_behaviour_proves_nothing(project: Project) -> None:
    gone = Fault("nonsense", "market/book.py", "return min(prices)", "return LOWEST")
    assert try_fault(gone, project).nonsense == "NameError: name 'LOWEST' is not defined"


@pytest.mark.parametrize(
    ("file", "found", "plant", "why"),
    [
        ("market/book.py", "no such text", "", "0 places in market/book.py"),
        ("market/book.py", "prices", "", "2 places in market/book.py"),
        ("market/gone.py", "return", "", "0 places in market/gone.py"),
    ],
    ids=["text that is gone", "text that is there twice", "a file that is gone"],
)
def test_a_fault_that_is_out_of_date_says_why(project: Project, file: str, found: str, plant: str, why: str) -> None:
    fault = Fault("wrong", file, found, plant)
    with pytest.raises(NotPlanted, match=why):
        planted(fault, project)
    assert list(out_of_date([HIGHEST, fault], project)) == ["wrong"]


def test_faults_are_many_and_told_apart_by_name() -> None:
    assert len(FAULTS) >= 40 and len({fault.name for fault in FAULTS}) == len(FAULTS)
