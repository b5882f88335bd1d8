"""Policies and their value: fixed quotes, and the mean reward of a policy over episodes with known seeds."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bench.environments.quote_vector import QuoteVectorEnv
from bench.environments.terms import ACTIONS, QuoteTerms

Policy = Callable[[np.ndarray], np.ndarray]  # observations of all books -> their actions
NORMAL_95 = 1.96  # half width of a 95 % interval, standard errors


@dataclass(frozen=True)
class PolicyValue:
    """Value of a policy: rewards of whole episodes, dollars. `low`, `high`: 95 % interval of the mean."""

    episodes: int
    mean: float
    low: float
    high: float
    gain: float  # mean gain, without inventory penalty
    position: float  # mean of the absolute position over all steps, lots

    def record(self) -> dict[str, float]:
        """As plain values, for a result file."""
        return asdict(self)


def value_of(rewards: np.ndarray, gain: float, position: float) -> PolicyValue:
    """The value of a policy from the rewards of its episodes, float64, shape (episodes,)."""
    error = NORMAL_95 * float(rewards.std(ddof=1)) / len(rewards) ** 0.5
    mean = float(rewards.mean())
    return PolicyValue(len(rewards), mean, mean - error, mean + error, gain, position)


def play_policy(policy: Policy, seeds: range, **settings: Any) -> tuple[np.ndarray, PolicyValue]:
    """Play one episode for each seed. `settings`: of QuoteVectorEnv. Returns (reward of each episode, value)."""
    environment = QuoteVectorEnv(len(seeds), **settings)
    observations, _ = environment.reset(seed=list(seeds))
    live = np.ones(len(seeds), np.bool_)
    rewards, gains, positions, steps = np.zeros(len(seeds)), np.zeros(len(seeds)), 0, 0
    while live.any():
        observations, reward, terminated, truncated, infos = environment.step(policy(observations))
        rewards += reward * live
        ended = live & (terminated | truncated)
        if ended.any():
            gains[ended] = infos["final_info"]["gain_dollars"][ended]
        positions += int(np.abs(infos["position_lots"])[live].sum())
        steps += int(live.sum())
        live &= ~ended
    return rewards, value_of(rewards, float(gains.mean()), positions / steps)


def fixed_quotes(terms: QuoteTerms, offset: int, lots: int) -> Policy:
    """Quotes at one offset on both sides, ticks, with one size, whatever happens."""
    wanted = np.array([offset, offset, lots, lots])
    action = wanted if terms.discrete else (2 * wanted / terms.highest - 1).astype(np.float32)

    def policy(observations: np.ndarray) -> np.ndarray:
        return np.broadcast_to(action, (len(observations), ACTIONS))

    return policy


def best_fixed_quotes(
    terms: QuoteTerms, offsets: range, sizes: tuple[int, ...], seeds: range, **settings: Any
) -> tuple[int, int, dict[str, float]]:
    """The fixed offset and size with the largest mean reward over these seeds.

    settings   of QuoteVectorEnv, those of `terms` included
    returns    offset, lots, and the mean reward of each pair tried, by "offset/lots"
    """
    means: dict[tuple[int, int], float] = {}
    for offset in offsets:
        for lots in sizes:
            _, value = play_policy(fixed_quotes(terms, offset, lots), seeds, **settings)
            means[offset, lots] = value.mean
    offset, lots = max(means, key=lambda pair: means[pair])
    return offset, lots, {f"{pair[0]}/{pair[1]}": mean for pair, mean in means.items()}
