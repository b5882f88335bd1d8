"""What a clearing house must offer to a runner."""

from exchange.conformance.clearing.house import ClearingHouse, NewHouse
from tests.conformance.clearing.scripted_house import ScriptedHouse


def test_a_house_that_tests_script_is_one_for_a_runner() -> None:
    new_house: NewHouse = lambda: ScriptedHouse({}, {})  # noqa: E731
    house: ClearingHouse = new_house()
    asked = {name for name in vars(ClearingHouse) if not name.startswith("_")}
    assert asked == {"set_up", "advance", "carry_out", "answer", "broken", "state_hash"}
    assert all(callable(getattr(house, name)) for name in asked)
    assert house.parts == {"certificates"}
