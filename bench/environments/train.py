"""Trains a market maker with PPO and compares it with the best fixed quotes: `python -m bench.environments.train`.

An example for the extra `train` (stable-baselines3, PyTorch); minutes on a processor. Three sets of seeds never meet:
the trainer's own, one on which fixed quotes and the trained policy are chosen, and one on which both are compared. The
network begins at the best fixed quotes, so it has to learn only what to do better. The command writes `model.zip`,
`curve.json` and `curve.png` into a folder.
"""

import argparse
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from bench.environments.policies import Policy, PolicyValue, best_fixed_quotes, fixed_quotes, play_policy, value_of
from bench.environments.quote_vector import BOOKS_MAX, QuoteVectorEnv
from bench.environments.terms import QuoteTerms
from bench.extras import check_folder, check_package
from exchange.errors import UserError

TERMS = {"messages": 50, "steps": 200, "offset_max": 8, "lots_max": 5, "position_max": 30, "penalty": 0.002}
OFFSETS, SIZES = range(2, 8), (1, 2, 3, 5)  # of fixed quotes
CHOOSING = range(10_000_000, 10_000_128)  # seeds
COMPARING = range(20_000_000, 20_001_024)
UPDATE_STEPS = 32  # of each book between two updates
UPDATES_MEASURED = 12  # updates between two points of the curve
SEED_MAX = 2**32 - 1  # NumPy's, with which the trainer seeds
RANGES = {"steps": (1, 10**12), "books": (1, BOOKS_MAX), "seed": (0, SEED_MAX)}  # of options


@dataclass
class Training:
    """What a training has found; `curve` has (book-steps so far, value on the seeds for choosing)."""

    steps: int
    seed: int
    offset: int = 0
    lots: int = 0
    fixed: dict[str, float] = field(default_factory=dict)
    curve: list[tuple[int, PolicyValue]] = field(default_factory=list)
    seconds: float = 0.0
    best_fixed: PolicyValue | None = None
    trained: PolicyValue | None = None
    difference: PolicyValue | None = None  # trained less fixed, seed by seed

    def record(self) -> dict[str, Any]:
        """As plain values, for `curve.json`: also while the training runs, when some values are still None."""
        best_fixed, trained, difference = (
            value.record() if value is not None else None for value in (self.best_fixed, self.trained, self.difference)
        )
        return {
            "terms": TERMS,
            "steps": self.steps,
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "fixed_offset_ticks": self.offset,
            "fixed_lots": self.lots,
            "best_fixed": best_fixed,
            "trained": trained,
            "trained_less_fixed": difference,
            "fixed_on_choosing_seeds": self.fixed,
            "curve": [{"steps": steps, **value.record()} for steps, value in self.curve],
        }


def train(steps: int, books: int, seed: int, folder: Path) -> Training:
    """Choose the best fixed quotes, train, compare, and write the files. `steps`: of all books together."""
    terms = QuoteTerms(**TERMS)  # type: ignore[arg-type]
    found = Training(steps, seed)
    found.offset, found.lots, found.fixed = best_fixed_quotes(terms, OFFSETS, SIZES, CHOOSING, **TERMS)
    fixed = fixed_quotes(terms, found.offset, found.lots)
    rewards, _ = play_policy(fixed, CHOOSING, **TERMS)
    start = perf_counter()
    model = trained_model(found, steps, books, seed, float(rewards.std()) / terms.steps**0.5, folder)
    found.seconds = perf_counter() - start
    fixed_rewards, found.best_fixed = play_policy(fixed, COMPARING, **TERMS)
    rewards, found.trained = play_policy(greedy(model), COMPARING, **TERMS)
    gain = found.trained.gain - found.best_fixed.gain
    found.difference = value_of(rewards - fixed_rewards, gain, found.trained.position - found.best_fixed.position)
    write_curve(found, folder)
    return found


def trained_model(found: Training, steps: int, books: int, seed: int, scale: float, folder: Path) -> Any:
    """Train a model, write its curve into `found`, and keep the best one on the seeds for choosing."""
    import torch
    from stable_baselines3 import PPO
    from stable_baselines3.common.callbacks import BaseCallback

    from bench.environments.stable_books import StableBooks

    torch.set_num_threads(1)
    best = -np.inf

    class Curve(BaseCallback):  # type: ignore[misc]
        """Measures the policy now and then."""

        def _on_rollout_start(self) -> None:
            nonlocal best
            rollouts = self.num_timesteps // (UPDATE_STEPS * books)
            if rollouts % UPDATES_MEASURED == 0:
                _, value = play_policy(greedy(self.model), CHOOSING, **TERMS)
                found.curve.append((self.num_timesteps, value))
                write_curve(found, folder)
                if value.mean > best:
                    best = value.mean
                    self.model.save(folder / "model.zip")

        def _on_step(self) -> bool:
            return True

    environment = StableBooks(QuoteVectorEnv(books, **TERMS), scale)  # type: ignore[arg-type]
    model = PPO(
        "MlpPolicy", environment, n_steps=UPDATE_STEPS, batch_size=4_096, n_epochs=5,
        learning_rate=lambda left: 1e-4 + 9e-4 * left, gamma=0.995, gae_lambda=0.95, target_kl=0.05,
        policy_kwargs={"net_arch": [64, 64], "log_std_init": -1.0}, seed=seed, device="cpu",
    )  # fmt: skip
    begin_at(model, fixed_quotes(QuoteTerms(**TERMS), found.offset, found.lots))  # type: ignore[arg-type]
    model.learn(steps, callback=Curve())
    _, value = play_policy(greedy(model), CHOOSING, **TERMS)
    found.curve.append((model.num_timesteps, value))
    if value.mean > best:
        model.save(folder / "model.zip")
    return PPO.load(folder / "model.zip", device="cpu")


def begin_at(model: Any, policy: Policy) -> None:
    """Begin near fixed quotes: their action becomes the bias of the last layer, whose weights are small."""
    import torch

    with torch.no_grad():
        model.policy.action_net.bias.copy_(torch.tensor(np.array(policy(np.zeros((1, 1)))[0])))


def greedy(model: Any) -> Policy:
    """The policy of a model, without its random part."""
    return lambda observations: model.predict(observations, deterministic=True)[0]


def write_curve(found: Training, folder: Path) -> None:
    """Write what is known so far as JSON and as a picture."""
    (folder / "curve.json").write_text(json.dumps(found.record(), indent=2) + "\n")
    draw_curve(found, folder / "curve.png")


def draw_curve(found: Training, file: Path) -> None:
    """Picture of the learning curve beside the best fixed quotes, on the seeds for choosing."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    steps = [count for count, _ in found.curve]
    axes.plot(steps, [value.mean for _, value in found.curve], label="PPO")
    axes.fill_between(
        steps, [value.low for _, value in found.curve], [value.high for _, value in found.curve], alpha=0.2
    )
    name = f"best fixed quotes: {found.offset} ticks, {found.lots} lots"
    axes.axhline(found.fixed[f"{found.offset}/{found.lots}"], color="black", linestyle="--", label=name)
    axes.set_xlabel("book-steps")
    axes.set_ylabel("reward of an episode, dollars")
    axes.set_title("Learning to quote; the band is the 95 % interval of the mean")
    axes.legend()
    figure.savefig(file, dpi=120)


def main(arguments: list[str]) -> int:
    """The command. UserError: an argument is wrong, or a package is missing."""
    parser = argparse.ArgumentParser(prog="python -m bench.environments.train", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder for the results")
    parser.add_argument("--steps", type=int, default=3_000_000, help="steps of all books together")
    parser.add_argument("--books", type=int, default=256)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    for name, (low, high) in RANGES.items():
        if not low <= getattr(chosen, name) <= high:
            raise UserError(f"--{name} {getattr(chosen, name)} is not in {low}..{high}")
    check_package("training", "stable_baselines3", "train")
    check_package("training", "matplotlib", "plot")
    check_folder("FOLDER", chosen.folder)
    found = train(chosen.steps, chosen.books, chosen.seed, chosen.folder)
    assert found.best_fixed is not None and found.trained is not None and found.difference is not None
    for name, value in (("best fixed", found.best_fixed), ("trained", found.trained), ("difference", found.difference)):
        print(f"{name:11} {value.mean:8.1f} dollars an episode, 95 % interval {value.low:.1f} to {value.high:.1f}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except UserError as error:
        sys.exit(str(error))
