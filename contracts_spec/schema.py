"""The schema of the five files: a Struct for each table, a field for each key. Keys without a default are required.

The schema has only types; `checks.py` checks values. `None` stands for a missing optional key.
"""

from collections.abc import Collection
from datetime import date
from typing import Literal, NoReturn

from msgspec import Struct
from msgspec.structs import replace

MatchingName = Literal["fifo", "pro_rata"]  # of `codes.Matching`


class Chip(Struct, frozen=True, forbid_unknown_fields=True):
    """One GPU or accelerator of the catalogue (SPEC-030)."""

    code: int
    name: str
    title: str
    listed: bool
    region: str
    reason: str = ""
    unit_lots: int | None = None
    ref_tenths: int | None = None
    ref_provisional: bool = False
    mamf_tenths: int | None = None
    seed_mills: int | None = None
    psr_mills: int | None = None
    first_delivery: str | None = None
    all_reduce_gbps: int | None = None
    all_to_all_gbps: int | None = None
    spot_cap_lots: int | None = None
    month_accountability_lots: int | None = None
    all_accountability_lots: int | None = None


class ChipsFile(Struct, frozen=True, forbid_unknown_fields=True):
    """`chips.toml`."""

    chip: tuple[Chip, ...]


class Tier(Struct, frozen=True, forbid_unknown_fields=True):
    """A goodput floor (SPEC-020), and the orders that its books accept (SPEC-021)."""

    name: str
    floor_bp: int
    order_entry: Literal["full", "ioc_only"]


class Certification(Struct, frozen=True, forbid_unknown_fields=True):
    """How lots are graded and audited."""

    enabled: bool
    workload_hash: str
    agent_keys: tuple[str, ...]
    conversion_cap_bp: int
    validity_days: int
    trailing_days: int
    audit_share_bp: int
    audit_tolerance_bp: int


class TiersFile(Struct, frozen=True, forbid_unknown_fields=True):
    """`tiers.toml`."""

    benchmark: str
    tier: tuple[Tier, ...]
    certification: Certification


class OrderRules(Struct, frozen=True, forbid_unknown_fields=True):
    """Order rules of all books (SPEC-002, SPEC-004, SESSION-004)."""

    price_ticks_max: int
    order_lots_max: int
    position_lots_max: int
    min_inc_ticks: int
    protection_ticks: int
    show_ratio: int
    matching: MatchingName  # for products that set no algorithm


class ProRata(Struct, frozen=True, forbid_unknown_fields=True):
    """Allocation in pro-rata books (PRO-002, PRO-004, PRO-005)."""

    top: bool
    top_lots_max: int
    split_percent: int
    minimum_allocation: int


class Bands(Struct, frozen=True, forbid_unknown_fields=True):
    """Bands, breakers and daily limits (BAND-011 to BAND-013)."""

    reject_ticks: int
    breaker_bp: int
    breaker_window_s: int
    breaker_reserved_s: int
    closing_reserved_s: int
    velocity_bp: int
    velocity_window_s: int
    velocity_reserved_s: int
    collar_extension_s: int
    collar_extensions_max: int
    daily_limit_bp: int
    index_unlimited_days: int


class PositionLimits(Struct, frozen=True, forbid_unknown_fields=True):
    """Position limits (LIMIT-001 to LIMIT-006); the caps are in the table of chips."""

    spot_floor_lots: int
    spot_share_bp: int
    reportable_lots: int
    term_lots: int
    block_lots_min: int
    block_report_minutes: int


class Fees(Struct, frozen=True, forbid_unknown_fields=True):
    """Fees in mills per GPU-hour (FEE-001)."""

    maker_mills: int
    taker_mills: int
    auction_mills: int
    block_mills: int
    cascade_mills: int
    cash_settlement_mills: int
    certificate_mills: int


class IndexRules(Struct, frozen=True, forbid_unknown_fields=True):
    """Requirements of a day of the exchange's own index, and the fallback source."""

    fallback: str
    sellers_min: int
    hours_min: int
    seller_share_bp: int


class Routing(Struct, frozen=True, forbid_unknown_fields=True):
    """Ranking of offers (ROUTE-002)."""

    quote_age_s_max: int


class Combinations(Struct, frozen=True, forbid_unknown_fields=True):
    """Listed combinations (SPEC-053)."""

    calendars: bool
    strips: bool
    tier_spreads: tuple[tuple[str, str], ...]
    implied: bool


class Product(Struct, frozen=True, forbid_unknown_fields=True):
    """One family: its settlement, and the number of listed periods of each kind (SPEC-010, SPEC-050)."""

    family: Literal["PHY", "IDX", "INF", "TOP", "PWS", "GPX"]
    code: int
    title: str
    enabled: bool
    settles_by: str
    scope: Literal["chip", "none"]
    tiers: tuple[str, ...]
    reason: str = ""
    matching: Literal["", MatchingName] = ""  # "": use the value in `orders`
    months: int = 0
    quarters: int = 0
    years: int = 0
    terms3: int = 0
    terms5: int = 0
    lot_value: int | None = None
    seed_mills: int | None = None
    index_source: str = ""


class ProductsFile(Struct, frozen=True, forbid_unknown_fields=True):
    """`products.toml`."""

    currency: str
    orders: OrderRules
    pro_rata: ProRata
    bands: Bands
    limits: PositionLimits
    fees: Fees
    index: IndexRules
    routing: Routing
    combinations: Combinations
    product: tuple[Product, ...]


class CalendarFile(Struct, frozen=True, forbid_unknown_fields=True):
    """Trading calendar (SPEC-060, SPEC-061); `holidays` by year."""

    close_hour_utc: int
    month_ltd_business_days: int
    parent_ltd_business_days: int
    tender_business_days: int
    spot_window_business_days: int
    holiday_notice_business_days: int
    holidays: dict[str, tuple[date, ...]]


class Pair(Struct, frozen=True, forbid_unknown_fields=True):
    """Two legs, a chip (`H100`) or its index contracts (`H100/I`), whose positions offset each other in the margin."""

    legs: tuple[str, str]
    ratio: tuple[int, int]
    credit_bp: int


class MarginFile(Struct, frozen=True, forbid_unknown_fields=True):
    """Margin figures (MARGIN-001 to MARGIN-012)."""

    intra_mills: int
    tier_mills: int
    covered_bp: int
    delivery_addon_bp: int
    delivery_addon_business_days: int
    concentration_from_bp: int
    concentration_step_bp: int
    concentration_charge_bp: int
    concentration_steps_unregistered: int
    in_delivery_bp: int
    prefund_days: int
    maintenance_bp: int
    call_minutes: int
    mark_seconds: int
    mark_min_lots: int
    pair: tuple[Pair, ...] = ()


class Spec(Struct, frozen=True):
    """The whole specification, read and checked (`contracts_spec.load.load_spec`)."""

    chips: tuple[Chip, ...]
    tiers: tuple[Tier, ...]
    benchmark: str
    certification: Certification
    products: ProductsFile
    calendar: CalendarFile
    margin: MarginFile

    def chip(self, name: str) -> Chip:
        """The chip of that name. KeyError if the catalogue has none."""
        return next((chip for chip in self.chips if chip.name == name), None) or _missing(name)

    def tier(self, name: str) -> Tier:
        """The tier of that name. KeyError if there is none."""
        return next((tier for tier in self.tiers if tier.name == name), None) or _missing(name)

    def product(self, family: str) -> Product:
        """The product of that family. KeyError if there is none."""
        return next((one for one in self.products.product if one.family == family), None) or _missing(family)

    @property
    def listed_chips(self) -> tuple[Chip, ...]:
        """The listed chips, by code."""
        return tuple(sorted((chip for chip in self.chips if chip.listed), key=lambda chip: chip.code))

    def with_chips(self, names: Collection[str]) -> "Spec":
        """The same specification, in which these chips and no others are listed. KeyError if one is not there."""
        for name in names:
            self.chip(name)
        return replace(self, chips=tuple(replace(chip, listed=chip.name in names) for chip in self.chips))


def _missing(name: str) -> NoReturn:
    raise KeyError(name)
