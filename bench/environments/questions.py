"""`gpux bench environments`: how many books a second one core steps, with an action and a hundred messages a step.

Each pass is one step of all books from Python: an action for each, the messages in the engine, observations, rewards.
Times are processor time of the thread. The result is checked: some of the books are played again, one by one, by the
plain environment, and must end in the same states. Not shown: the work of an agent.
"""

from typing import Any

import numpy as np

from bench.environments.quote import QuoteEnv
from bench.environments.quote_vector import QuoteVectorEnv
from bench.environments.terms import ACTIONS
from bench.record import Report, distribution, time_ns
from bench.warm_engine import WrongResult
from exchange.units import NS_PER_S

MUST_STEPS, MUST_MESSAGES = 50_000, 5_000_000  # a second
BOOKS, STEPS, CHECKED = 1_024, 60, 3
SEED = 1


def run_environments(report: Report, question: str) -> None:
    """Measure many books, and one. WrongResult: they end in different states."""
    books, steps = (BOOKS // 16, STEPS // 10) if report.quick else (BOOKS, STEPS)
    actions = np.random.default_rng(SEED).uniform(-1, 1, (steps, books, ACTIONS)).astype(np.float32)
    settings: dict[str, Any] = {"steps": steps, "messages": MUST_MESSAGES // MUST_STEPS}
    times, hashes = time_many(actions, settings)
    alone = [time_one(book, actions[:, book], settings) for book in range(CHECKED)]
    for book, (_, state_hash) in enumerate(alone):
        if hashes[book] != state_hash:
            raise WrongResult(f"book {book}: state {hashes[book][:16]}, alone it is {state_hash[:16]}")
    rates = distribution([books * NS_PER_S / time for time in times], "book-steps/s")
    messages = rates.median * settings["messages"]
    is_reached = rates.median >= MUST_STEPS and messages >= MUST_MESSAGES
    must = f"must: median {MUST_STEPS:,} and {MUST_MESSAGES:,} messages/s: {'reached' if is_reached else 'not reached'}"
    report.row(f"{books:,} books in one kernel call", rates.text(), f"{messages:,.0f} messages/s; {must}")
    one = distribution([NS_PER_S / time for single, _ in alone for time in single], "steps/s")
    report.row("one book, plain environment", one.text(), f"{CHECKED} books, the same states")
    report.keep(question, {"many": rates, "one": one}, settings | {"books": books, "seed": SEED})


def time_many(actions: np.ndarray, settings: dict[str, Any]) -> tuple[list[int], list[str]]:
    """Step all books together. Returns ns of each step but the last, in which books begin again, and state hashes."""
    environment = QuoteVectorEnv(actions.shape[1], **settings)
    environment.reset(seed=SEED)
    times = [time_ns(environment.step, action) for action in actions[:-1]]
    *_, infos = environment.step(actions[-1])
    return times, infos["final_info"]["state_hash"].tolist()


def time_one(book: int, actions: np.ndarray, settings: dict[str, Any]) -> tuple[list[int], str]:
    """Step one book alone. Returns ns of each step but the last, and the state hash."""
    environment = QuoteEnv(**settings)
    environment.reset(seed=SEED + book)
    times = [time_ns(environment.step, action) for action in actions[:-1]]
    *_, info = environment.step(actions[-1])
    return times, info["state_hash"]
