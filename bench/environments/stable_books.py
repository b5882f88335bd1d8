"""Many books as the vectorised environment of stable-baselines3 (extra `train`)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from stable_baselines3.common.vec_env import VecEnv

from bench.environments.quote_vector import QuoteVectorEnv


class StableBooks(VecEnv):  # type: ignore[misc]  # stable-baselines3 is not installed where types are checked
    """A QuoteVectorEnv for a trainer.

    reward_scale   rewards are divided by this, so that they are about 1
    """

    def __init__(self, environment: QuoteVectorEnv, reward_scale: float = 1.0) -> None:
        self._environment, self._scale = environment, reward_scale
        self._actions = np.zeros(0)
        self._seeds: int | None = None
        super().__init__(environment.num_envs, environment.single_observation_space, environment.single_action_space)

    def reset(self) -> np.ndarray:
        observations, _ = self._environment.reset(seed=self._seeds)
        self._seeds = None
        return observations

    def seed(self, seed: int | None = None) -> list[int | None]:
        """Seed the books at the next reset, book i with seed + i."""
        self._seeds = seed
        return [None if seed is None else seed + index for index in range(self.num_envs)]

    def step_async(self, actions: np.ndarray) -> None:
        self._actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        observations, rewards, terminated, truncated, infos = self._environment.step(self._actions)
        texts: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for book in np.flatnonzero(terminated | truncated).tolist():
            texts[book] = {
                "terminal_observation": infos["final_obs"][book],
                "TimeLimit.truncated": bool(truncated[book]),
            }
        return observations, (rewards / self._scale).astype(np.float32), terminated | truncated, texts

    def close(self) -> None:
        """Nothing is open."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [getattr(self._environment, attr_name, None)] * len(self._chosen(indices))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        raise AttributeError(f"{attr_name}: the books of one kernel call have no attributes of their own")

    def env_method(self, method_name: str, *arguments: Any, indices: Any = None, **named: Any) -> list[Any]:
        raise AttributeError(f"{method_name}: the books of one kernel call have no methods of their own")

    def env_is_wrapped(self, wrapper_class: type[Any], indices: Any = None) -> list[bool]:
        return [False] * len(self._chosen(indices))

    def _chosen(self, indices: Any) -> Sequence[int]:
        return list(self._get_indices(indices))
