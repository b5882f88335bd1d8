"""Many books in one kernel call: autoreset, seeds, infos as Gymnasium wants them, and what bad input does."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import bench.environments  # registers the name
from bench.environments.quote_vector import QuoteVectorEnv

BOOKS = 3
HALF = np.zeros((BOOKS, 4), np.float32)


def small(**options: Any) -> QuoteVectorEnv:
    return QuoteVectorEnv(BOOKS, **({"steps": 4, "messages": 20, "offset_max": 4} | options))


def test_it_is_made_by_its_registered_name() -> None:
    assert bench.environments.__name__
    made = gym.make_vec("gpux/Quote-v0", num_envs=BOOKS, vectorization_mode="vector_entry_point", steps=5)
    assert isinstance(made.unwrapped, QuoteVectorEnv)
    assert made.metadata["autoreset_mode"] == AutoresetMode.SAME_STEP
    assert isinstance(gym.make_vec("gpux/Quote-v0", num_envs=2, source="noise").unwrapped, QuoteVectorEnv)
    single = gym.make_vec("gpux/Quote-v0", num_envs=2, vectorization_mode="sync", source="hawkes")
    assert single.reset(seed=1)[0].shape == (2, 49)
    assert made.observation_space.shape == (BOOKS, 49) and made.action_space.shape == (BOOKS, 4)
    observations, _ = made.reset(seed=1)
    assert made.observation_space.contains(observations)
    observations, rewards, terminated, truncated, _ = made.step(made.action_space.sample())
    assert made.observation_space.contains(observations)
    assert rewards.shape == terminated.shape == truncated.shape == (BOOKS,)


def test_a_book_that_ends_begins_again_in_the_same_step() -> None:
    environment = small()
    environment.reset(seed=1)
    for _ in range(3):
        _, _, _, truncated, infos = environment.step(HALF)
        assert not truncated.any() and "final_obs" not in infos
    observations, _, _, truncated, infos = environment.step(HALF)
    assert truncated.all() and infos["_final_obs"].all()
    time_left = 4 * 10 + 1
    assert (observations[:, time_left] == 1).all()
    assert [observation[time_left] for observation in infos["final_obs"]] == [0] * BOOKS
    assert (infos["gain_dollars"] == 0).all() and (infos["final_info"]["gain_dollars"] != 0).any()
    assert all(len(one) == 64 for one in infos["final_info"]["state_hash"])


def test_only_books_that_end_are_final() -> None:
    environment = small(steps=200, loss_max=60.0, offset_max=1, lots_max=30)
    environment.reset(seed=1)
    for _ in range(200):
        _, _, terminated, truncated, infos = environment.step(HALF)
        if terminated.any() and not terminated.all():
            break
    assert (infos["_final_obs"] == terminated).all() and not truncated.any()
    for book in range(BOOKS):
        assert (infos["final_obs"][book] is not None) == terminated[book]
        assert (infos["final_info"]["state_hash"][book] is not None) == terminated[book]


def test_book_i_has_the_seed_of_book_0_plus_i() -> None:
    first, second, listed = small(), small(), small()
    hashes = first.reset(seed=5)[1]["state_hash"].tolist()
    assert second.reset(seed=6)[1]["state_hash"].tolist()[:2] == hashes[1:]
    assert listed.reset(seed=[7, 6, 5])[1]["state_hash"].tolist() == hashes[::-1]
    assert len(set(hashes)) == BOOKS


def test_a_reset_without_a_seed_begins_other_episodes() -> None:
    environment = small()
    hashes = set()
    for seed in (5, None, None, 5):
        hashes |= set(environment.reset(seed=seed)[1]["state_hash"].tolist())
    assert len(hashes) == 3 * BOOKS


def test_observations_and_infos_of_a_step_do_not_change_later() -> None:
    environment = small()
    environment.reset(seed=1)
    observations, rewards, _, _, infos = environment.step(HALF)
    kept = [array.copy() for array in (observations, rewards, infos["position_lots"], infos["sequence"])]
    environment.step(-HALF - 1)
    for array, before in zip((observations, rewards, infos["position_lots"], infos["sequence"]), kept, strict=True):
        assert (array == before).all()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"flow": {"depth": 3}}, "flow parameter 'depth': not one of add_weight"),
        ({"flow": {"depth_ticks": 0}}, "flow parameter depth_ticks 0: not an integer in 1.."),
        ({"levels": 99}, "levels 99"),
        (
            {"source": "mixed"},
            "source 'mixed': many books .* have the flow 'noise' alone; .* vectorization_mode='sync'",
        ),
    ],
)
def test_a_bad_option_is_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        small(**options)


def test_a_bad_call_is_refused() -> None:
    with pytest.raises(ValueError, match="num_envs 0"):
        QuoteVectorEnv(0)
    environment = small()
    with pytest.raises(gym.error.ResetNeeded):
        environment.step(HALF)
    with pytest.raises(ValueError, match="2 seeds: want one for each of 3 books"):
        environment.reset(seed=[1, 2])
    environment.reset(seed=1)
    with pytest.raises(ValueError, match=r"action of shape \(4,\): want shape \(3, 4\)"):
        environment.step(HALF[0])
    bad = HALF.copy()
    bad[1, 2] = np.inf
    with pytest.raises(ValueError, match="action of book 1: bid lots inf"):
        environment.step(bad)


def test_a_book_that_stays_empty_is_refused() -> None:
    with pytest.raises(ValueError, match="has no order on a side after 1 messages"):
        small(warm=1).reset(seed=1)
