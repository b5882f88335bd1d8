"""The environment of one market maker: Gymnasium's checker, episodes, rewards, and what bad input does."""

import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import bench.environments  # registers the name
from bench.environments.quote import QuoteEnv
from bench.environments.sources import FlowSource, NoiseSource

HALF = np.zeros(4, np.float32)


def play(environment: QuoteEnv, seed: int | None, steps: int) -> tuple[list[Any], dict[str, Any]]:
    """Quote at half of the largest offsets. Returns (rewards, last info)."""
    environment.reset(seed=seed)
    rewards, info = [], {}
    for _ in range(steps):
        _, reward, _, _, info = environment.step(HALF)
        rewards.append(reward)
    return rewards, info


@pytest.mark.parametrize("discrete", [False, True])
def test_the_checker_of_gymnasium_finds_nothing(discrete: bool) -> None:
    assert bench.environments.__name__
    environment = gym.make("gpux/Quote-v0", steps=20, messages=20, discrete=discrete, render_mode="ansi")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(environment.unwrapped)
    environment.close()


def test_equal_seeds_give_equal_rewards_and_states() -> None:
    rewards, info = play(QuoteEnv(steps=30, offset_max=4), 5, 30)
    again, info_again = play(QuoteEnv(steps=30, offset_max=4), 5, 30)
    other, info_other = play(QuoteEnv(steps=30, offset_max=4), 6, 30)
    assert rewards == again and info == info_again
    assert rewards != other and info["state_hash"] != info_other["state_hash"]
    assert len(info["state_hash"]) == 64


def test_episodes_without_a_seed_differ() -> None:
    environment = QuoteEnv(offset_max=4)
    environment.reset(seed=5)
    assert play(environment, None, 30)[0] != play(environment, None, 30)[0]


def test_rewards_add_up_to_the_gain_less_the_penalty() -> None:
    environment = QuoteEnv(steps=40, offset_max=2, penalty=0.25)
    environment.reset(seed=1)
    total, penalties, info = 0.0, 0.0, {"position_lots": 0}
    for _ in range(40):
        _, reward, _, truncated, info = environment.step(HALF)
        total += reward
        penalties += 0.25 * info["position_lots"] ** 2
    assert truncated and penalties > 0
    assert total == pytest.approx(info["gain_dollars"] - penalties)


def test_an_episode_is_truncated_after_its_steps_its_time_or_its_tape() -> None:
    for environment, last in (
        (QuoteEnv(steps=3), 3),
        (QuoteEnv(seconds=0.45), 5),  # a message each millisecond, 100 a step
        (QuoteEnv(FlowSource("mixed", 250)), 3),
    ):
        environment.reset(seed=1)
        ends = [environment.step(HALF)[2:4] for _ in range(last)]
        assert ends == [(False, False)] * (last - 1) + [(False, True)]


def test_an_episode_terminates_when_it_has_lost_what_it_may() -> None:
    environment = QuoteEnv(offset_max=1, loss_max=1.0)
    environment.reset(seed=2)
    for _ in range(200):
        _, _, terminated, truncated, info = environment.step(HALF)
        if terminated:
            break
    assert terminated and not truncated
    assert info["gain_dollars"] <= -1
    assert info["state_hash"] == environment.state_hash()


def test_a_quote_never_leads_beyond_the_largest_position() -> None:
    environment = QuoteEnv(offset_max=1, lots_max=50, position_max=7, discrete=True)
    environment.reset(seed=2)
    positions = [environment.step(np.array([0, 1, 50, 0]))[4]["position_lots"] for _ in range(30)]
    assert max(positions) == 7


def test_the_text_of_the_book_marks_own_orders() -> None:
    environment = QuoteEnv(render_mode="ansi", messages=1)
    environment.reset(seed=1)
    environment.step(np.array([-1, -1, 1, 1]))
    text = environment.render()
    assert text is not None and "*" in text and "step 1  position" in text
    assert QuoteEnv().render() is None


def test_a_bad_action_changes_nothing() -> None:
    environment = QuoteEnv()
    environment.reset(seed=1)
    before = environment.state_hash()
    with pytest.raises(ValueError, match="ask offset nan"):
        environment.step(np.array([0, np.nan, 0, 0]))
    assert environment.state_hash() == before


def test_a_step_before_the_first_reset_is_refused() -> None:
    with pytest.raises(gym.error.ResetNeeded, match="call reset"):
        QuoteEnv().step(HALF)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"render_mode": "human"}, "render_mode 'human'"),
        ({"source": "mixd"}, "mixd: no such file; .* or a flow: mixed"),
        ({"levels": 0}, "levels 0"),
    ],
)
def test_a_bad_option_is_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        QuoteEnv(**options)


def test_a_book_without_two_sides_is_refused() -> None:
    with pytest.raises(ValueError, match="book 1 has 0 bids and 0 asks"):
        QuoteEnv(NoiseSource(warm=0)).reset(seed=1)
    with pytest.raises(ValueError, match=r"instrument 2: not in 1..1"):
        QuoteEnv(instrument=2).reset(seed=1)
