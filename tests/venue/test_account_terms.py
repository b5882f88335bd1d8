"""A specification's limits reach new accounts; figures that the engine has fixed cannot be others (LIMIT-004)."""

import pytest
from msgspec.structs import replace

from contracts_spec.load import load_spec
from exchange.clearing_codes import AccountFlag
from exchange.engine.state import new_state
from exchange.errors import UserError
from exchange.limits import MEDIUM
from exchange.venue.account_terms import check_fixed, firm_of_key, new_account

SPEC = load_spec()


def test_the_builtin_specification_has_the_engines_figures() -> None:
    check_fixed(SPEC)


@pytest.mark.rule("MARGIN-002", "MARGIN-012")
@pytest.mark.parametrize(("key", "value"), [("maintenance_bp", 7_500)])
def test_another_figure_than_the_engines_is_refused_by_name(key: str, value: int) -> None:
    other = replace(SPEC, margin=replace(SPEC.margin, **{key: value}))
    with pytest.raises(UserError, match=rf"margin.toml: margin.{key}: found {value}, the engine has"):
        check_fixed(other)


@pytest.mark.rule("BAND-012")
def test_another_benchmark_than_the_tier_of_the_lead_months_is_refused() -> None:
    with pytest.raises(
        UserError, match=r"tiers.toml: tier.G80.floor_bp of the benchmark: found 8000, the engine has 9000"
    ):
        check_fixed(replace(SPEC, benchmark="G80"))


@pytest.mark.rule("LIMIT-004", "SPEC-004")
def test_a_new_account_has_the_limits_of_the_specification() -> None:
    products = SPEC.products
    products = replace(
        products,
        limits=replace(products.limits, term_lots=5),
        orders=replace(products.orders, position_lots_max=50),
    )
    terms = new_account(replace(SPEC, products=products), 7, 3)
    assert (terms.account, terms.firm, terms.smp_id) == (7, 3, 7)
    assert (terms.term_lots_max, terms.position_lots_max) == (5, 50)


@pytest.mark.rule("ACCT-010", "ACCT-011")
def test_a_key_for_a_firm_is_of_the_firm_of_its_account_unless_it_names_one() -> None:
    states = new_state(MEDIUM)
    states["accounts"]["firm"][0][7], states["accounts"]["flags"][0][[7, 8]] = 5, AccountFlag.DEFINED
    assert firm_of_key(states, 7, ("dc",), 0) == firm_of_key(states, 7, ("read", "risk"), 0) == 5
    assert firm_of_key(states, 7, ("read", "trade"), 0) == 0 and firm_of_key(states, 7, ("read",), 5) == 5
    assert firm_of_key(states, 9, ("dc",), 6) == 6, "a new account"
    assert firm_of_key(states, 8, ("risk",), 0) == 0
    for account in (8, 9):
        with pytest.raises(UserError, match=f"scope dc .* account {account} has none: add --firm"):
            firm_of_key(states, account, ("dc",), 0)
    with pytest.raises(UserError, match="account 7 is of firm 5, not 6"):
        firm_of_key(states, 7, ("dc",), 6)
