"""Makers and takers in one book: PettingZoo's tests, the ends of agents, and what bad input does."""

import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from pettingzoo.test import parallel_api_test, parallel_seed_test

from bench.environments.makers import MakersEnv


@pytest.mark.parametrize("discrete", [False, True])
def test_the_tests_of_pettingzoo_find_nothing(discrete: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parallel_api_test(MakersEnv(takers=2, steps=15, messages=20, discrete=discrete), num_cycles=20)
        parallel_seed_test(lambda: MakersEnv(takers=2, steps=15, messages=20, discrete=discrete), num_cycles=20)


def acts(environment: MakersEnv, maker: list[float], taker: list[float]) -> dict[str, np.ndarray]:
    return {agent: np.array(maker if agent.startswith("maker") else taker) for agent in environment.agents}


def test_equal_seeds_give_equal_states_and_the_seed_shuffles_who_is_first() -> None:
    hashes = []
    for seed in (1, 1, 2):
        environment = MakersEnv(makers=3, steps=10, messages=20)
        environment.reset(seed=seed)
        for _ in range(10):
            *_, infos = environment.step(acts(environment, [-1, -1, 0, 0], [0.5]))
        assert not environment.agents
        hashes.append(infos["maker_0"]["state_hash"])
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_taker_takes_from_the_makers_without_a_flow() -> None:
    environment = MakersEnv(makers=1, takers=1, with_flow=False, offset_max=1, lots_max=9)
    environment.reset(seed=1)
    for _ in range(20):
        _, rewards, _, _, infos = environment.step(acts(environment, [-1, -1, 1, 1], [1]))
    positions = [infos[agent]["position_lots"] for agent in ("maker_0", "taker_0")]
    assert positions[1] == 100 and positions[0] < 0
    assert rewards["taker_0"] < 0


def test_an_agent_that_has_lost_all_leaves_and_the_others_go_on() -> None:
    environment = MakersEnv(makers=1, takers=1, loss_max=20.0, steps=100)
    environment.reset(seed=1)
    for _ in range(60):
        _, _, terminated, truncated, _ = environment.step(acts(environment, [1, 1, -1, -1], [1]))
        if terminated.get("taker_0"):
            break
    assert terminated == {"maker_0": False, "taker_0": True}
    assert not any(truncated.values())
    assert environment.agents == ["maker_0"]
    environment.step(acts(environment, [1, 1, -1, -1], [1]))


def test_the_text_shows_book_and_agents() -> None:
    environment = MakersEnv(render_mode="ansi")
    environment.reset(seed=1)
    text = environment.render()
    assert text is not None and "taker_0" in text
    assert MakersEnv().render() is None


@pytest.mark.parametrize(
    ("actions", "text"),
    [
        ({"maker_0": [0, 0, 0, 0], "maker_1": [0, 0, 0, 0]}, "want those of the live agents"),
        ({"maker_0": [0, 0, 0, 0], "maker_1": [0, 0], "taker_0": [0]}, r"maker_1: action of shape \(2,\)"),
        ({"maker_0": [0, 0, 0, 0], "maker_1": [0, 0, 0, 0], "taker_0": [np.nan]}, "taker_0: action nan"),
    ],
)
def test_a_bad_action_names_its_agent(actions: dict[str, Any], text: str) -> None:
    environment = MakersEnv()
    environment.reset(seed=1)
    with pytest.raises(ValueError, match=text):
        environment.step(actions)


def test_bad_options_and_a_step_before_reset_are_refused() -> None:
    for options in ({"makers": 0, "takers": 0}, {"makers": -1}, {"takers": 40}, {"render_mode": "human"}):
        with pytest.raises(ValueError, match=r"agents|render_mode"):
            MakersEnv(**options)  # type: ignore[arg-type]
    with pytest.raises(gym.error.ResetNeeded):
        MakersEnv(makers=1, takers=0).step({})
