"""Reading the five files: shape errors, several at once, the canonical document and its hash."""

from collections.abc import Callable
from pathlib import Path

import pytest

from contracts_spec.errors import SpecError
from contracts_spec.load import (
    FILES,
    default_tables,
    load_spec,
    spec_document,
    spec_from_document,
    spec_of_tables,
    spec_sha256,
)
from contracts_spec.schema import Spec

Edit = Callable[..., Path]

# code, chip, listed, unit, R_c, seed, PSR of the catalogue, written down a second time.
CATALOGUE = [
    (1, "A100", True, 8, 1703, 1650, 270),
    (2, "H100", True, 8, 5400, 2810, 400),
    (3, "H200", True, 8, 5400, 3250, 520),
    (4, "B200", True, 8, 12285, 5870, 920),
    (5, "B300", False, 8, 12285, 6820, 1100),
    (6, "GB200", False, 72, 11865, None, None),
    (7, "GB300", True, 72, 13885, 6634, 1070),
    (8, "VR", True, 72, 21840, 10435, 1670),
    (9, "MI300X", False, 8, 7098, 2380, None),
    (10, "TPUV5P", False, 4, None, None, None),
    (11, "TPUV6E", False, 8, None, 2700, None),
    (12, "TPUV7X", False, 4, None, None, None),
    (13, "TRN2", False, 16, None, None, None),
    (14, "MAIA", False, None, None, None, None),
]


def problems_of(folder: Path) -> list[str]:
    with pytest.raises(SpecError) as caught:
        load_spec(folder)
    return str(caught.value).splitlines()


@pytest.mark.rule("SPEC-030")
def test_the_catalogue_holds_every_chip_with_its_figures(spec: Spec) -> None:
    found = [(c.code, c.name, c.listed, c.unit_lots, c.ref_tenths, c.seed_mills, c.psr_mills) for c in spec.chips]
    assert found == CATALOGUE
    assert all(chip.reason for chip in spec.chips if not chip.listed)


@pytest.mark.rule("SPEC-030")
def test_derived_figures_of_the_catalogue_follow_from_their_formulas(spec: Spec) -> None:
    peaks_tenths = {"A100": 3120, "B200": 22500, "B300": 22500, "VR": 40000, "MI300X": 13000}
    for name, peak in peaks_tenths.items():
        assert spec.chip(name).ref_tenths == peak * 546 // 1000
    for name in ("GB300", "VR"):
        assert spec.chip(name).seed_mills == 5870 * (spec.chip(name).ref_tenths or 0) // 12285


@pytest.mark.rule("MARGIN-004")
def test_scan_ranges_without_a_published_volatility_are_16_percent_of_the_seed(spec: Spec) -> None:
    for chip in spec.chips:
        if chip.psr_mills and chip.seed_mills and chip.name not in ("H100", "B200"):
            assert chip.psr_mills == -(-chip.seed_mills * 16 // 1000) * 10
    assert (spec.chip("H100").psr_mills, spec.chip("B200").psr_mills) == (400, 920)


@pytest.mark.rule("SPEC-033")
def test_every_chip_stands_for_one_region(spec: Spec) -> None:
    assert {chip.region for chip in spec.chips} == {"US"}


@pytest.mark.rule("SPEC-020")
@pytest.mark.rule("SPEC-021")
def test_four_tiers_of_which_two_let_orders_rest(spec: Spec) -> None:
    assert [(tier.name, tier.floor_bp) for tier in spec.tiers] == [
        ("G80", 8000),
        ("G85", 8500),
        ("G90", 9000),
        ("G95", 9500),
    ]
    assert [tier.name for tier in spec.tiers if tier.order_entry == "full"] == ["G80", "G90"]
    assert spec.benchmark == "G90"


@pytest.mark.rule("FEE-001")
def test_fee_rates_are_mills_per_gpu_hour(spec: Spec) -> None:
    fees = spec.products.fees
    assert (fees.maker_mills, fees.taker_mills, fees.auction_mills, fees.block_mills) == (0, 2, 1, 3)
    assert (fees.cascade_mills, fees.cash_settlement_mills, fees.certificate_mills) == (0, 1, 5)


def test_an_unknown_key_is_an_error_that_names_the_allowed_ones(edited: Edit) -> None:
    (line,) = problems_of(edited("margin.toml", "intra_mills = 60", "intra_mills = 60\nintra_mils = 60"))
    assert line.startswith("margin.toml: intra_mils = 60: unknown key, allowed are intra_mills")


def test_a_missing_key_is_an_error(edited: Edit) -> None:
    assert problems_of(edited("tiers.toml", 'benchmark = "G90"', "")) == ["tiers.toml: benchmark: missing"]


@pytest.mark.parametrize(
    ("file", "old", "new", "line"),
    [
        ("chips.toml", "code = 2\n", 'code = "two"\n', "chips.toml: chip.H100.code = 'two': must be an integer"),
        ("chips.toml", "\nlisted = true", "\nlisted = 1", "chips.toml: chip.A100.listed = 1: must be true or false"),
        ("chips.toml", "ref_tenths = 5400", "ref_tenths = 540.0",
         "chips.toml: chip.H100.ref_tenths = 540.0: must be an integer"),
        ("tiers.toml", '= "full"', '= "half"',
         "tiers.toml: tier.G80.order_entry = 'half': must be one of 'full', 'ioc_only'"),
        ("products.toml", 'tiers = ["G90"]', "tiers = [90]",
         "products.toml: product.IDX.tiers[0] = 90: must be a text"),
        ("products.toml", '[["G95", "G90"]', '[["G95"]',
         "products.toml: combinations.tier_spreads[0] = ['G95']: must be a list of 2, each a text"),
        ("calendar.toml", "2027-01-18", '"2027-1-18"',
         "calendar.toml: holidays.2027[1] = '2027-1-18': must be a date like 2027-01-18"),
        ("margin.toml", "ratio = [1, 1]", "ratio = 1",
         "margin.toml: pair[0].ratio = 1: must be a list of 2, each an integer"),
        ("products.toml", "[fees]", "[fee]", "products.toml: fee = "),
    ],
)  # fmt: skip
def test_a_wrong_type_names_file_key_value_and_what_is_allowed(
    edited: Edit, file: str, old: str, new: str, line: str
) -> None:
    assert any(found.startswith(line) for found in problems_of(edited(file, old, new)))


def test_all_errors_of_all_files_are_reported_together(edited: Edit) -> None:
    folder = edited(
        "chips.toml", "code = 2\n", "code = 1\n",
        "chips.toml", "seed_mills = 3250", "seed_mills = 0",
        "tiers.toml", "floor_bp = 8500", "floor_bp = 8600",
        "margin.toml", "intra_mills = 60", 'intra_mills = "60"',
        "calendar.toml", "2027-02-15", "2027-02-13",
        "products.toml", "months = 12", "months = 11",
    )  # fmt: skip
    lines = problems_of(folder)
    assert {line.split(":")[0] for line in lines} == set(FILES)
    assert len(lines) == 6


def test_a_file_that_is_no_toml_is_one_clear_line(edited: Edit) -> None:
    (line,) = problems_of(edited("products.toml", "[orders]", "[orders"))
    assert line.startswith("products.toml: is not TOML: ")
    assert "line" in line


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("9" * 6_000, "is not TOML: Exceeds the limit"),
        ("[" * 5_000, "is not TOML: lists or tables are nested too deeply"),
        ("99999999999999999999", "intra_mills = 99999999999999999999: must be an integer of at most 64 bits"),
        ("-9223372036854775809", "intra_mills = -9223372036854775809: must be an integer of at most 64 bits"),
        ("0x" + "f" * 6_000, "intra_mills = a number of thousands of digits: must be an integer of at most 64 bits"),
        ("[0x" + "f" * 6_000 + "]", "intra_mills = a number of thousands of digits: must be an integer"),
    ],
    ids=["digits", "nested", "above", "below", "hexadecimal", "listed"],
)
def test_what_python_cannot_hold_is_one_clear_line(edited: Edit, value: str, text: str) -> None:
    (line,) = problems_of(edited("margin.toml", "intra_mills = 60", f"intra_mills = {value}"))
    assert line.startswith(f"margin.toml: {text}")


def test_a_pair_with_a_ratio_beyond_64_bits_is_refused(edited: Edit) -> None:
    (line,) = problems_of(edited("margin.toml", "ratio = [2, 1]", "ratio = [18446744073709551616, 1]"))
    assert line.startswith("margin.toml: pair[6].ratio = [18446744073709551616, 1]: must be a list of 2")


def test_a_file_that_is_no_text_is_one_clear_line(edited: Edit) -> None:
    folder = edited()
    (folder / "tiers.toml").write_bytes(b"\xff\xfe\x00")
    (line,) = problems_of(folder)
    assert line.startswith("tiers.toml: cannot be read: ")


def test_a_missing_file_is_one_clear_line(edited: Edit) -> None:
    folder = edited()
    (folder / "calendar.toml").unlink()
    (line,) = problems_of(folder)
    assert line.startswith("calendar.toml: missing: there is no such file in ")


def test_a_missing_folder_is_one_clear_line(tmp_path: Path) -> None:
    (line,) = problems_of(tmp_path / "nowhere")
    assert line.startswith("chips.toml, tiers.toml, products.toml, calendar.toml, margin.toml: missing: ")
    assert line.endswith(f"there is no folder {tmp_path / 'nowhere'}")


def test_the_document_reads_back_as_the_same_specification(spec: Spec) -> None:
    assert spec_from_document(spec_document(spec)) == spec
    assert len(spec_document(spec)) < 65_536  # it fits into one RULES frame


def test_the_hash_ignores_comments_and_sees_every_value(spec: Spec, edited: Edit) -> None:
    assert spec_sha256(load_spec(edited("margin.toml", "# Charges", "# All charges"))) == spec_sha256(spec)
    assert spec_sha256(load_spec(edited("margin.toml", "prefund_days = 7", "prefund_days = 8"))) != spec_sha256(spec)


def test_a_name_that_is_not_in_the_catalogue_is_a_key_error(spec: Spec) -> None:
    for look_up in (spec.chip, spec.tier, spec.product):
        with pytest.raises(KeyError, match="NONE"):
            look_up("NONE")


def test_plain_tables_are_checked_as_files_are(spec: Spec) -> None:
    tables = default_tables()
    assert spec_of_tables(tables) == spec
    tables["margin.toml"]["covered_bp"] = 10_001
    tables["chips.toml"]["colour"] = 1
    with pytest.raises(SpecError) as caught:
        spec_of_tables(tables)
    assert [problem.key for problem in caught.value.problems] == ["colour", "covered_bp"]
    assert spec_of_tables(default_tables()) == spec  # nobody else's tables change
