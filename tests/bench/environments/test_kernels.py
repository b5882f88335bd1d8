"""Compiled quoting of many books gives the trajectories of the plain environment, figure by figure."""

import numpy as np
import pytest

from bench.environments.quote import QuoteEnv
from bench.environments.quote_vector import QuoteVectorEnv

BOOKS, STEPS = 3, 50
TERMS = {
    "levels": 4,
    "steps": 30,
    "messages": 25,
    "offset_max": 5,
    "lots_max": 9,
    "position_max": 15,
    "loss_max": 30.0,
    "discrete": True,
}


@pytest.mark.parametrize("seconds", [0.0, 0.4])
def test_many_books_do_what_each_would_do_alone(seconds: float) -> None:
    many = QuoteVectorEnv(BOOKS, seconds=seconds, **TERMS)
    alone = [QuoteEnv(seconds=seconds, **TERMS) for _ in range(BOOKS)]
    observations, infos = many.reset(seed=7)
    for book, one in enumerate(alone):
        observation, info = one.reset(seed=7 + book)
        assert observations[book].tobytes() == observation.tobytes()
        assert infos["state_hash"][book] == info["state_hash"]
    random = np.random.default_rng(5)
    ends = {"terminated": 0, "truncated": 0}
    for step in range(STEPS):
        actions = random.integers(0, [6, 6, 10, 10], (BOOKS, 4))
        observations, rewards, terminated, truncated, infos = many.step(actions)
        for book, one in enumerate(alone):
            observation, reward, ruined, over, info = one.step(actions[book])
            where = (step, book)
            assert (rewards[book], terminated[book], truncated[book]) == (reward, ruined, over), where
            if ruined or over:
                ends["terminated" if ruined else "truncated"] += 1
                assert infos["final_obs"][book].tobytes() == observation.tobytes(), where
                assert {name: infos["final_info"][name][book] for name in info} == info, where
                observation, info = one.reset()
                info.pop("state_hash")
            assert observations[book].tobytes() == observation.tobytes(), where
            assert {name: infos[name][book] for name in info} == info, where
    assert ends["truncated"] > 0 and ends["terminated"] > 0
