"""The example of bench/README.md steps an environment and makes many."""

import gymnasium
import pytest

from bench.environments.quote_vector import QuoteVectorEnv
from tests.bench.readme import run_block


def test_the_example_quotes_once_and_makes_many(capsys: pytest.CaptureFixture[str]) -> None:
    names = run_block("Environments")
    environment, many = names["environment"], names["many"]
    assert isinstance(environment, gymnasium.Env) and environment.observation_space.contains(names["observation"])
    assert (names["terminated"], names["truncated"]) == (False, False)
    assert capsys.readouterr().out == f"{environment.render()}\n"
    assert isinstance(many, gymnasium.vector.VectorEnv) and isinstance(many.unwrapped, QuoteVectorEnv)
    assert many.num_envs == 1_024
