"""Notebook 5: an environment for reinforcement learning, policies without learning, and a training.

python -m bench.tutorial.train_an_agent [--quick] [--out FOLDER]
"""

# %% [markdown]
# # 5. Train an agent
#
# `bench.environments` makes a market maker an agent: it sees the book, says how far from the mid price and how much
# it wants to quote, and its reward is the change of its equity less a penalty for its position. Its orders wait in
# the queues of the engine. `bench/environments/quote.py` has the exact terms.

# %%
from bench.tutorial.notebook import options, save

packages = {"matplotlib": "plot", "gymnasium": "environments", "pettingzoo": "environments"}
chosen = options(__doc__, packages=packages)

# %%
from importlib.util import find_spec

import gymnasium
import numpy as np
from matplotlib.figure import Figure

import bench.environments  # noqa: F401  # registers the environment
from bench.environments.policies import Policy, PolicyValue, fixed_quotes, play_policy
from bench.environments.terms import ACTIONS, QuoteTerms
from bench.environments.train import TERMS, train

# %% [markdown]
# ## One episode
#
# The interface is Gymnasium's. An action has four numbers in -1..1: bid offset, ask offset, bid lots, ask lots.

# %%
environment = gymnasium.make("gpux/Quote-v0", render_mode="ansi", **TERMS)  # type: ignore[arg-type]  # as below
observation, info = environment.reset(seed=1)
action = np.array([-0.5, -0.5, -0.2, -0.2], np.float32)  # 2 ticks from the mid price on both sides, 2 lots
total = 0.0
for _ in range(20):
    observation, reward, terminated, truncated, info = environment.step(action)
    total += float(reward)
print(environment.render())
print(f"20 steps: reward {total:.2f} dollars, position {info['position_lots']} lots")

# %% [markdown]
# ## Policies without learning
#
# Many books are played at once, an episode in each, and a policy is a function from all observations to all actions.
# A random policy is the floor, and fixed quotes are the bar: an agent that does not beat the best of them has learned
# nothing. Equal seeds mean equal flow, so policies are compared on the same episodes.

# %%
terms = QuoteTerms(**TERMS)  # type: ignore[arg-type]  # all are of the right type
seeds = range(100, 116) if chosen.quick else range(100, 356)
settings = TERMS | ({"steps": 40} if chosen.quick else {})


def random_quotes(seed: int) -> Policy:
    """Actions that are drawn at each step."""
    generator = np.random.default_rng(seed)
    return lambda observations: generator.uniform(-1, 1, (len(observations), ACTIONS)).astype(np.float32)


values: dict[str, PolicyValue] = {"random": play_policy(random_quotes(1), seeds, **settings)[1]}
offsets, sizes = (range(2, 9, 3) if chosen.quick else range(1, 9)), (1, 3)
for lots in sizes:
    for offset in offsets:
        policy = fixed_quotes(terms, offset, lots)
        values[f"{offset} ticks, {lots} lots"] = play_policy(policy, seeds, **settings)[1]
for name, value in values.items():
    print(
        f"{name:<16} {value.mean:>9.2f} dollars an episode, 95 % interval {value.low:>9.2f} to {value.high:>9.2f}, "
        f"position {value.position:.1f} lots"
    )
best = max((name for name in values if name != "random"), key=lambda name: values[name].mean)
print(f"best fixed quotes of {len(seeds)} episodes: {best}")

# %% [markdown]
# The best of several is partly lucky. `bench/environments/train.py` chooses on some seeds and compares on others.

# %%
figure = Figure((8, 4.5), layout="constrained")
axes = figure.subplots()
for lots in sizes:
    points = [values[f"{offset} ticks, {lots} lots"] for offset in offsets]
    means = np.array([value.mean for value in points])
    errors = [means - [value.low for value in points], [value.high for value in points] - means]
    axes.errorbar(list(offsets), means, errors, marker="o", capsize=3, label=f"fixed quotes, lots: {lots}")
floor = values["random"]
axes.axhline(floor.mean, color="black", linestyle="--", label="random")
axes.axhspan(floor.low, floor.high, color="black", alpha=0.1)
axes.set(xlabel="offset from the mid price, ticks", ylabel="reward of an episode, dollars")
axes.set_title("Value of policies; bars and band are 95 % intervals of the mean")
axes.legend(fontsize="small")
save(figure, chosen.out, "policies.png")

# %% [markdown]
# ## A training
#
# With the extra `train` (stable-baselines3, PyTorch) PPO begins at the best fixed quotes and tries to do better. It
# is compared on seeds that it has never seen, and the learning curve is drawn. 300,000 steps are a start; `python -m
# bench.environments.train FOLDER` does ten times as many.

# %%
if find_spec("stable_baselines3") is None:
    print("no training: stable_baselines3 is not installed; pip install 'gpux[train]'")
else:
    trained = train(4_096 if chosen.quick else 300_000, 128, 1, chosen.out)
    print(f"picture: {chosen.out / 'curve.png'}")
    for name, result in (("best fixed", trained.best_fixed), ("trained", trained.trained)):
        assert result is not None
        print(f"{name:<16} {result.mean:>9.2f} dollars an episode, 95 % interval {result.low:.2f} to {result.high:.2f}")
    gain = trained.difference
    assert gain is not None
    print(f"{'difference':<16} {gain.mean:>9.2f} dollars, 95 % interval {gain.low:.2f} to {gain.high:.2f}")
