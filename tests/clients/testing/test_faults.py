"""Chances are kept, and a seed repeats its choices."""

import pytest

from clients.testing.faults import NO_FAULTS, Dice, Faults

ROLLS = 5_000


def test_without_faults_every_frame_passes_at_once() -> None:
    dice = Dice("1")
    fates = {dice.frame(NO_FAULTS) for _ in range(100)}
    assert len(fates) == 1 and (fate := fates.pop()).passes and not fate.ends and fate.wait_s == 0.0
    assert not any(dice.is_left_out(NO_FAULTS) or dice.is_repeated(NO_FAULTS) for _ in range(100))


def test_a_seed_repeats_its_choices_and_another_makes_others() -> None:
    faults = Faults(delay=0.3, drop=0.1, disconnect=0.1)
    one, same, other = ([dice.frame(faults) for _ in range(50)] for dice in (Dice("7"), Dice("7"), Dice("8")))
    assert one == same != other


@pytest.mark.parametrize("chance", [0.01, 0.2, 1.0])
def test_chances_are_kept(chance: float) -> None:
    dice = Dice("3")
    fates = [dice.frame(Faults(delay=chance, delay_ms=40, drop=chance)) for _ in range(ROLLS)]
    lost = sum(not fate.passes for fate in fates)
    assert abs(lost / ROLLS - chance) < 0.03 and all(fate.ends for fate in fates if not fate.passes)
    assert all(0 <= fate.wait_s <= 0.04 for fate in fates)
    assert abs(sum(fate.wait_s > 0 for fate in fates) / ROLLS - chance) < 0.03
    ends = [dice.frame(Faults(disconnect=chance)) for _ in range(ROLLS)]
    assert all(fate.passes for fate in ends) and abs(sum(fate.ends for fate in ends) / ROLLS - chance) < 0.03
