"""The types of the files: keys that are unknown, missing or of another type are refused; look-ups by name."""

import msgspec
import pytest

from contracts_spec.schema import Chip, Spec, Tier

CHIP = {"code": 1, "name": "A100", "title": "NVIDIA A100", "listed": False, "region": "US"}


def test_optional_keys_may_be_missing() -> None:
    chip = msgspec.convert(CHIP, Chip)
    assert chip.unit_lots is None and chip.reason == "" and not chip.ref_provisional


@pytest.mark.parametrize("changes", [{"colour": "green"}, {"code": "one"}, {"listed": 1}])
def test_an_unknown_key_or_another_type_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(CHIP | changes, Chip)


@pytest.mark.parametrize("key", CHIP)
def test_a_key_without_default_is_required(key: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=key):
        msgspec.convert({name: value for name, value in CHIP.items() if name != key}, Chip)


@pytest.mark.rule("SPEC-021")
def test_a_tier_takes_full_orders_or_immediate_ones() -> None:
    tier = {"name": "G90", "floor_bp": 9000}
    for entry in ("full", "ioc_only"):
        assert msgspec.convert(tier | {"order_entry": entry}, Tier).order_entry == entry
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(tier | {"order_entry": "none"}, Tier)


def test_chips_tiers_and_products_are_found_by_name(spec: Spec) -> None:
    assert spec.chip("H100").name == "H100" and spec.tier("G90").floor_bp == 9000
    assert spec.product("PHY").family == "PHY"
    for look_up in (spec.chip, spec.tier, spec.product):
        with pytest.raises(KeyError):
            look_up("NONE")


def test_listed_chips_are_in_order_of_their_codes(spec: Spec) -> None:
    codes = [chip.code for chip in spec.listed_chips]
    assert codes == sorted(codes) and all(chip.listed for chip in spec.listed_chips)
    assert len(codes) == sum(chip.listed for chip in spec.chips) < len(spec.chips)


def test_a_specification_can_list_some_chips_alone(spec: Spec) -> None:
    some = spec.with_chips(["H100", "B300"])
    assert [chip.name for chip in some.listed_chips] == ["H100", "B300"]
    assert [chip.name for chip in some.chips] == [chip.name for chip in spec.chips]
    with pytest.raises(KeyError, match="H1"):
        spec.with_chips(["H1"])
