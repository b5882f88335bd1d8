"""The value of a policy is that of whole episodes, the same for the same seeds."""

import numpy as np
import pytest

from bench.environments.policies import best_fixed_quotes, fixed_quotes, play_policy, value_of
from bench.environments.quote import QuoteEnv
from bench.environments.terms import QuoteTerms

SETTINGS = {"steps": 12, "messages": 20, "offset_max": 5, "lots_max": 4, "penalty": 0.01}
TERMS = QuoteTerms(**SETTINGS)  # type: ignore[arg-type]


@pytest.mark.parametrize("discrete", [False, True])
def test_the_reward_of_an_episode_is_that_of_the_plain_environment(discrete: bool) -> None:
    policy = fixed_quotes(QuoteTerms(**SETTINGS, discrete=discrete), 1, 3)  # type: ignore[arg-type]
    rewards, value = play_policy(policy, range(4, 7), **SETTINGS, discrete=discrete)
    for place, seed in enumerate(range(4, 7)):
        alone = QuoteEnv(**SETTINGS, discrete=discrete)
        observation, _ = alone.reset(seed=seed)
        total = sum(alone.step(policy(observation[None])[0])[1] for _ in range(12))
        assert rewards[place] == pytest.approx(total)
    assert value.mean == pytest.approx(rewards.mean())
    assert value.low < value.mean < value.high and value.episodes == 3


def test_an_interval_is_that_of_a_normal_mean() -> None:
    value = value_of(np.array([1.0, 3.0, 5.0, 7.0]), 2.0, 3.0)
    assert value.mean == 4 and value.high - value.mean == pytest.approx(1.96 * 20**0.5 / 3**0.5 / 2)
    assert value.record()["gain"] == 2


def test_the_best_fixed_quotes_have_the_largest_mean() -> None:
    offset, lots, means = best_fixed_quotes(TERMS, range(2), (1, 4), range(3), **SETTINGS)
    assert len(means) == 4
    assert means[f"{offset}/{lots}"] == max(means.values())
