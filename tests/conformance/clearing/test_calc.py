"""Calculations: every name, its words and the text of its result, asked of the product and of the reference."""

import pytest

from contracts_spec.load import load_spec
from exchange.conformance.clearing.calc import SHAPES, Functions, calculate, read_calculation
from exchange.conformance.clearing.product import PRODUCT
from exchange.conformance.clearing.twins import TWINS
from exchange.conformance.words import NotationError, Word

SPEC = load_spec()
ZERO = "00" * 32
RESULTS = {
    "hours H100.G90.Q1-28": "2184",
    "id VR.G90.C28": "135405664",
    "ltd H100.G90.G27": "2027-01-25",
    "tender H100.G90.J27": "2027-03-25 2027-03-29",
    "spotfrom H100.G90.F27": "2026-12-10",
    "children H100.G90.T3-27": "H100.G90.C27 H100.G90.C28 H100.G90.C29",
    "period C27": "Y 2027-01-01 8760",
    "period Q5-27": "error ValueError",
    "business 2027-03-26": "no",
    "business 2040-01-02": "refused CONFIG-007",
    "listed 2026-11-23 VR PHY M": "N27..X27 5",
    "listed 2026-11-23 B300 PHY M": "none 0",
    "combinations 2026-11-16 H100": "39",
    "holiday 2026-12-23 2027-01-27": "refused",
    "vwap prior 2860 2844x5 2845x5": "2845",
    "quoted last none prior 2810 bid 2838 ask 2844": "2838",
    "strip 2846x744 2826x672 2803x744": "2825",
    "mean 2811x10 2825x10 2840x8": "2824",
    "tiers G95 2840 T1 10 G90 2846 T1 40": "G95 2840 G90 2846 flagged",
    "tiers G95 2840 T2 0 G90 2846 T1 40": "G95 2846 G90 2846",
    "inmonth forward 2860 hours 744 2815x10": "2845",
    "limits 2846 doubled": "1708..3984",
    "limits 0": "refused OUT_OF_RANGE",
    "cdp S1:2800x6000 S2:2830x2000 S3:2850x1000 S4:2870x1000": "2828",
    "cdp S1:2800x6000": "none",
    "susceptibility S1:2800x6000 S2:2830x2000 S3:2850x1000 S4:2870x1000": "22",
    "legs 2826 2846x744 2826x672 2803x744": "2847 2827 2804 residual 72",
    "cascade 2826 1 H100.G90.Q1-27": "2102544 1899072 2102544 sum 6104160 parent 6104160",
    "value 2810 1 H100.G90.F27": "2090640",
    "fee taker 25 H100.G90.F27": "37200",
    "goodput H100 9990 9700 5398": "9686",
    "record H100 usable 100 committed 100 productive 0 elapsed 86400 start 0 flop 0 gpus 64": "0",
    "certified 9231 9178 9260 9084 9195 9022 9240": "9084 G90",
    "certified - - 9260 9084 9195 9022 9240": "0 REJECTED",
    "fabric H100 299/40": "no",
    "trailing 9084x192 8900x96": "9022",
    "factor G95 G80": "11000 paid 8800",
    "basket MAIA": "none",
    "ctd 2700 A100:1650 H100:2810 MI300X:2380 B200:5870 B300:6820": "B200 60",
    "gpx 9084x5952 9600x11904": "9428",
    "shortfall H 5952 floor 9000 3840@9200 1152@8600 720@9100": "292",
    "delivery fsp 2826 cf 10000 floor 9000 month 5952 cover 3010 3840@9200 1152@8600 720@9100": "H 5952 S 292 "
    "gross 16820352 unpaid 825192 cover 53728 damages 82519 net 15858913",
    "daily fsp 2826 cf 10555 floor 9500 lots 8 days 31 cover 2826 show 1,2": "572705 572706 sum 17753881",
    "daily fsp 2810 cf 10000 floor 9000 lots 8 days 2 cover 2810 show 1 1:144@9084": "391152 sum 930672",
    "daily fsp 2810 cf 10000 floor 9000 lots 8 days 32 cover 2810 show 1": "refused OUT_OF_RANGE",
    "units u 8 long A:1x12 B:2x12 short C:3x24": "D 2 long A1 B1 short C2",
    f"tie {ZERO} 1:17 2:17 3:17": "2:17 3:17 1:17",
    "margin +10 H100.G90.F27 -10 H100.G90.G27": "scan 288000 intra 403200 tier 0 inter 0 total 691200",
    "margin +1 H100.G90.F27-G27": "error ValueError",
    "margin 0 H100.G90.F27-G27": "error ValueError",
    "margin +1 H100.G90-G85.F27 -1 H100.G90-G85.F27": "error ValueError",
    "margin +1 PWS.F27": "refused OUT_OF_RANGE",
    "covered 11904 H100": "1190400",
    "addon 7440 H100": "1488000",
    "concentration 2976000 42 100": "2 595200",
    "maintenance 2976000": "2380800",
    "spotlimit H100 2004": "501",
    "psr B200": "920",
    "waterfall loss 250 margin 0 fund 0 sitg 0 A:60 B:40 assessed A:120 B:0": "margin 0 fund 0 sitg 0 "
    "survivors A:60 B:40 assessed A:45 B:40 tearup 65",
    "share 100 A:1 B:2 C:3": "A:16 B:33 C:51",
    "fundsize A:100:120 B:300:310 C:50:200 D:200:210": "980",
    "effective 5870 9000 12285": "5310",
    "cheapest A100:1650:9000 H100:2810:9000 B200:5870:9000": "B200 H100 A100",
    "cheapest A100:1650:-5 H100:2810:9000": "refused OUT_OF_RANGE",
}


def result(text: str, functions: Functions) -> str:
    line = Word(f"{text} = ?", "t:1", 1)
    return calculate(read_calculation(line.words(), line.end()), functions, SPEC)


@pytest.mark.parametrize(("text", "expected"), RESULTS.items(), ids=[text[:40] for text in RESULTS])
def test_product_and_reference_give_the_result(text: str, expected: str) -> None:
    assert (result(text, PRODUCT), result(text, TWINS)) == (expected, expected)


def test_every_calculation_has_an_example_and_both_its_functions() -> None:
    assert {text.split()[0] for text in RESULTS} == SHAPES.keys() == PRODUCT.keys() == TWINS.keys()


def test_a_result_may_have_thousands_separators() -> None:
    line = Word("share 12,000 A:1 B:2 = A:4,000 B:8,000", "t:1", 1)
    calculation = read_calculation(line.words(), line.end())
    assert calculate(calculation, PRODUCT, SPEC) == calculation.expected == "A:4000 B:8000"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("hour H100.G90.F27 = 1", "t:1:1: found 'hour', allowed: a calculation: hours id ltd"),
        ("hours H100.G90.F27", "t:1:19: found nothing more, allowed: = and the result, as in: hours SYM = RESULT"),
        ("hours H100.G90.F27 =", "t:1:21: found nothing more, allowed: = and the result"),
        ("psr H900 = 1", "t:1:5: found 'H900', allowed: a chip of the catalogue"),
        ("vwap = 1", "t:1:6: found '=', allowed: PRICExLOTS, as in: [prior PRICE] PRICExLOTS..."),
        ("share 100 A:1 B:2 A:3 = 1", "t:1:19: found 'A', allowed: an account that is not named twice"),
        ("fundsize A:1:2 A:1:2 = 1", "t:1:16: found 'A', allowed: an account that is not named twice"),
        ("units u 8 long A:1x12 A:2x12 short C:3x24 = D 1", "t:1:23: found 'A', allowed: an account"),
        ("waterfall loss 9 margin 0 fund 0 sitg 0 X:6 X:6 = 1", "t:1:45: found 'X', allowed: an account"),
        ("waterfall loss 9 margin 0 fund 0 sitg 0 X:6 assessed X:1 X:1 = 1", "t:1:58: found 'X', allowed: an account"),
        ("limits 5 6 = 1", "t:1:10: found '6', allowed: the end of the line"),
    ],
)
def test_a_mistake_is_told_where_it_is(text: str, error: str) -> None:
    line = Word(text, "t:1", 1)
    with pytest.raises(NotationError) as caught:
        read_calculation(line.words(), line.end())
    assert str(caught.value).startswith(error)
