"""An outside judge of scan and calendar charges: an independent SPAN calculator reads a risk file of H100 months.

It is `marginism` of PyPI, which reads exchange files of CME-SPAN, file format 4.00. The file has the usual sixteen
scenarios of each month, priced by its hours and scan range, and a flat charge for each pair of months. What it does not
judge: the charge between quality tiers, the delivery add-on, the credit between commodities (its algorithm takes all
three as zero), our whole-mill rounding, and what working orders add.
"""

from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marginism import Position, SpanCalculator

from contracts_spec.formulas.margin import MarginTerms, initial_margin
from contracts_spec.load import load_spec
from contracts_spec.symbols import OutrightName, parse_symbol

CODES = ["F27", "G27", "H27", "J27", "K27"]
HOURS = dict(zip(CODES, (744, 672, 744, 720, 744), strict=True))
EXPIRIES = {code: f"2027{number:02d}28" for number, code in enumerate(CODES, 1)}
PSR, INTRA = 400, 60
# Price moves of the sixteen scenarios in thirds of the scan range; the last two are three times the range at 33 %.
MOVES = (0, 0, 1, 1, -1, -1, 2, 2, -2, -2, 3, 3, -3, -3, 2.97, -2.97)


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> SpanCalculator:
    path = tmp_path_factory.mktemp("span") / "gpux.spn"
    write_file(path)
    return SpanCalculator.from_file(str(path))


def write_file(path: Path) -> None:
    """The risk file: a future for each month, and a calendar spread for each pair of months."""
    root = ElementTree.Element("spanFile")
    _add(root, fileFormat="4.00")
    time = ElementTree.SubElement(root, "pointInTime")
    _add(time, date="20261118", isSetl="1")
    clearing = ElementTree.SubElement(time, "clearingOrg")
    _add(clearing, ec="GPUX")
    exchange = ElementTree.SubElement(clearing, "exchange")
    portfolio = ElementTree.SubElement(exchange, "futPf")
    _add(portfolio, pfId="1", pfCode="H100", cvf="1")
    for number, code in enumerate(CODES, 1):
        future = ElementTree.SubElement(portfolio, "fut")
        _add(future, cId=str(number), pe=EXPIRIES[code], p="2.810", d="1", v="0", cvf="1")
        array = ElementTree.SubElement(future, "ra")
        for move in MOVES:  # a loss of one lot long is above zero
            ElementTree.SubElement(array, "a").text = repr(-move * PSR * HOURS[code] / 3)
        _add(array, d=str(HOURS[code]))
    commodity = ElementTree.SubElement(clearing, "ccDef")
    _add(commodity, cc="H100", name="H100", currency="USD")
    for priority, pair in enumerate(combinations(CODES, 2), 1):
        spread = ElementTree.SubElement(commodity, "dSpread")
        _add(spread, spread=str(priority), chargeMeth="F")
        rate = ElementTree.SubElement(spread, "rate")
        _add(rate, r="1", val=str(INTRA))
        for side, code in zip("AB", pair, strict=True):
            leg = ElementTree.SubElement(spread, "pLeg")
            _add(leg, cc="H100", pe=EXPIRIES[code], rs=side, i="1")
    ElementTree.ElementTree(root).write(path)


def _add(parent: ElementTree.Element, **texts: str) -> None:
    for name, text in texts.items():
        ElementTree.SubElement(parent, name).text = text


def ours(lots: dict[str, int]) -> tuple[int, int]:
    """(scan, charge between months) of G90 positions, mills."""
    spec = load_spec()
    terms = MarginTerms(spec.margin, {chip.name: chip.psr_mills for chip in spec.listed_chips if chip.psr_mills})
    assert terms.psr_mills["H100"] == PSR and spec.margin.intra_mills == INTRA
    names: dict[OutrightName, int] = {}
    for code, count in lots.items():
        name = parse_symbol(f"H100.G90.{code}")
        assert isinstance(name, OutrightName)
        names[name] = count
    parts = initial_margin(names, terms)
    return parts.scan, parts.intra


@pytest.mark.rule("MARGIN-002", "MARGIN-003", "MARGIN-005")
@given(lots=st.dictionaries(st.sampled_from(CODES), st.integers(-(10**4), 10**4).filter(bool), min_size=1))
def test_scan_and_calendar_charge_are_those_of_an_independent_calculator(
    judge: SpanCalculator, lots: dict[str, int]
) -> None:
    positions = [Position("H100", "FUT", count, EXPIRIES[code]) for code, count in lots.items()]
    found = judge.calculate(positions).by_commodity["H100"]
    assert (round(found.scan_risk), round(found.calendar_spread_charge)) == ours(lots)
    assert round(found.span_risk) == sum(ours(lots))


@pytest.mark.rule("MARGIN-003", "MARGIN-005")
def test_v14_long_ten_short_ten_of_the_next_month(judge: SpanCalculator) -> None:
    positions = [Position("H100", "FUT", lots, EXPIRIES[code]) for code, lots in (("F27", 10), ("G27", -10))]
    found = judge.calculate(positions).by_commodity["H100"]
    assert found.span_risk == 691_200
