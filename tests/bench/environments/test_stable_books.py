"""What stable-baselines3 gets from many books. The trainer is not installed here; its base class is a stand-in."""

import importlib
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from bench.environments.quote_vector import QuoteVectorEnv


class StandIn:
    """The part of stable-baselines3's VecEnv that an adapter uses."""

    def __init__(self, num_envs: int, observation_space: Any, action_space: Any) -> None:
        self.num_envs, self.observation_space, self.action_space = num_envs, observation_space, action_space

    def step(self, actions: np.ndarray) -> Any:
        self.step_async(actions)  # type: ignore[attr-defined]
        return self.step_wait()  # type: ignore[attr-defined]

    def _get_indices(self, indices: Any) -> Any:
        return range(self.num_envs) if indices is None else indices


@pytest.fixture
def stable_books(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The class, made on the stand-in."""
    for name in ("stable_baselines3", "stable_baselines3.common", "stable_baselines3.common.vec_env"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setattr(sys.modules["stable_baselines3.common.vec_env"], "VecEnv", StandIn, raising=False)
    monkeypatch.delitem(sys.modules, "bench.environments.stable_books", raising=False)
    yield importlib.import_module("bench.environments.stable_books").StableBooks
    sys.modules.pop("bench.environments.stable_books", None)


def test_the_trainer_sees_scaled_rewards_and_the_end_of_each_episode(stable_books: Any) -> None:
    settings: dict[str, Any] = {"steps": 3, "messages": 20, "offset_max": 2}
    scaled, plain = stable_books(QuoteVectorEnv(2, **settings), 10.0), QuoteVectorEnv(2, **settings)
    assert scaled.seed(4) == [4, 5]
    assert (scaled.reset() == plain.reset(seed=4)[0]).all()
    actions = np.zeros((2, 4), np.float32)
    for step in range(3):
        observations, rewards, done, infos = scaled.step(actions)
        wanted, plain_rewards, _, truncated, plain_infos = plain.step(actions)
        assert (observations == wanted).all()
        assert rewards.tolist() == pytest.approx((plain_rewards / 10).tolist(), rel=1e-6)
        assert done.tolist() == truncated.tolist() == [step == 2] * 2
        for book in range(2):
            assert bool(infos[book]) == (step == 2)
    assert (infos[1]["terminal_observation"] == plain_infos["final_obs"][1]).all()
    assert infos[1]["TimeLimit.truncated"] is True


def test_books_have_no_attributes_of_their_own(stable_books: Any) -> None:
    books = stable_books(QuoteVectorEnv(2))
    assert books.get_attr("render_mode") == [None, None]
    assert books.env_is_wrapped(StandIn, [1]) == [False]
    with pytest.raises(AttributeError, match="no attributes of their own"):
        books.set_attr("terms", 1)
    with pytest.raises(AttributeError, match="no methods of their own"):
        books.env_method("render")
    books.close()
