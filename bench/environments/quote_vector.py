"""QuoteVectorEnv: one market maker in each of many books, all of them a step in one kernel call (Gymnasium).

Each book is an environment as in `quote.py` with the flow `noise`: same actions, observations, rewards and ends, and
the same trajectory as `QuoteEnv` for the same seed and actions. `gymnasium.make_vec("gpux/Quote-v0", num_envs=1024)`
makes it.

A book that ends begins again in the same step (AutoresetMode.SAME_STEP): the observation is already that of the new
episode, `infos["final_obs"]` and `infos["final_info"]` are of the old one, with its state hash. `reset(seed=s)` seeds
book i with s + i; a list has a seed for each book.
"""

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from bench.environments.kernels import MAKER, OWN_ROWS, TERMS, open_books, quote_books
from bench.environments.observation import figure_count, largest_gap, scale
from bench.environments.quote import INSTRUMENT, SEEDS, action_space, observation_space
from bench.environments.quoter import HALF_MILLS
from bench.environments.sources import NOISE, OWN_ACCOUNT, WARM_MESSAGES, check_flow
from bench.environments.terms import ACTIONS, QuoteTerms, decode_actions
from bench.many.books import Books, engine_code, flow_rows
from exchange.engine.used_chunks import state_hash
from exchange.kernel import bind
from exchange.records import COMMAND, blank_rows

BOOKS_MAX = 1 << 20


class QuoteVectorEnv(VectorEnv[np.ndarray, np.ndarray, np.ndarray]):
    """The environment of this module.

    num_envs     number of books
    warm         messages before an episode begins, which fill the book
    flow         parameters of the flow (`bench.many.books.USUAL_FLOW`)
    source       NOISE alone, as `QuoteEnv` has this option too
    terms        fields of QuoteTerms
    ValueError: a number of books, a parameter of the flow, the source or a term cannot be used
    """

    metadata = {"autoreset_mode": AutoresetMode.SAME_STEP, "render_modes": []}  # noqa: RUF012

    def __init__(
        self,
        num_envs: int = 1,
        warm: int = WARM_MESSAGES,
        flow: dict[str, int] | None = None,
        source: object = NOISE,
        **terms: Any,
    ) -> None:
        if source != NOISE:
            name = source if isinstance(source, str) else type(source).__name__
            raise ValueError(
                f"source {name!r}: many books in one kernel call have the flow {NOISE!r} alone; other sources: "
                "gymnasium.make_vec with vectorization_mode='sync'"
            )
        if not 1 <= num_envs <= BOOKS_MAX:
            raise ValueError(f"num_envs {num_envs!r}: not in 1..{BOOKS_MAX}")
        check_flow(flow or {})
        self.num_envs, self.terms = num_envs, QuoteTerms(**terms)
        self.single_observation_space = observation_space(self.terms)
        self.single_action_space = action_space(self.terms)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._warm, self._randoms = warm, [seeding.np_random()[0] for _ in range(num_envs)]
        self._books = books = Books(num_envs)
        self._makers = np.zeros(num_envs, MAKER)
        self._makers["account"], self._makers["instrument"] = OWN_ACCOUNT, INSTRUMENT
        self._figures = np.zeros((num_envs, figure_count(self.terms)), np.int64)
        self._term_row = term_row(self.terms)
        starts = np.arange(num_envs, dtype=np.int64) * OWN_ROWS
        rows = blank_rows(COMMAND, num_envs * OWN_ROWS)
        self._running = (
            *(engine_code(books.limits), books.states, books.outs, books.results),
            *(rows, starts, starts.copy(), books.buffer, books.streams, flow_rows(num_envs, **(flow or {}))),
        )
        chosen, actions = np.zeros(0, np.int64), np.zeros((0, ACTIONS), np.int64)
        ends = self._term_row, self._figures
        self._open = bind(open_books, chosen, *self._running, 0, self._makers, *ends)
        self._quote = bind(quote_books, 0, 0, *self._running, 0, self._makers, actions, *ends)
        self._is_open = False

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode in all books. `options`: none are known; they are ignored."""
        if seed is not None:
            seeds = [seed + index for index in range(self.num_envs)] if isinstance(seed, int) else list(seed)
            if len(seeds) != self.num_envs:
                raise ValueError(f"{len(seeds)} seeds: want one for each of {self.num_envs} books")
            for index, one in enumerate(seeds):
                if one is not None:
                    self._randoms[index] = seeding.np_random(one)[0]
        self._begin(np.arange(self.num_envs))
        self._is_open = True
        infos = self._infos()
        infos["state_hash"], infos["_state_hash"] = self._hashes(range(self.num_envs)), self._all()
        return scale(self.terms, self._figures), infos

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """One step of all books. ValueError: an action is none (`decode_actions`)."""
        if not self._is_open:
            raise gym.error.ResetNeeded("call reset before step")
        decoded = decode_actions(self.terms, actions, (self.num_envs, ACTIONS))
        makers = self._makers
        before = makers["equity2"].copy()
        messages = self.terms.messages
        self._quote(0, self.num_envs, *self._running, messages, makers, decoded, self._term_row, self._figures)
        position = makers["position_lots"]
        rewards = (makers["equity2"] - before) / HALF_MILLS - self.terms.penalty * position**2
        gains = (makers["equity2"] - makers["start_equity2"]) / HALF_MILLS
        terminated = gains <= -self.terms.loss_max
        truncated = (makers["time_left"] == 0) & ~terminated
        ended = np.flatnonzero(terminated | truncated)
        finals = self._finals(ended) if len(ended) else {}
        if len(ended):
            self._begin(ended)
        return scale(self.terms, self._figures), rewards, terminated, truncated, self._infos() | finals

    def _begin(self, chosen: np.ndarray) -> None:
        """Begin an episode in some books: the flow's seed is drawn from the random numbers of each."""
        seeds = [int(self._randoms[index].integers(SEEDS)) for index in chosen.tolist()]
        self._books.reset(chosen)
        self._books.streams["word"][chosen] = seeds
        self._open(chosen, *self._running, self._warm, self._makers, self._term_row, self._figures)
        empty = np.argwhere(self._books.results["best_lots"][chosen] == 0)
        if len(empty):
            raise ValueError(f"book {chosen[empty[0, 0]]} has no order on a side after {self._warm} messages")

    def _infos(self) -> dict[str, Any]:
        makers = self._makers
        infos = {
            "gain_dollars": (makers["equity2"] - makers["start_equity2"]) / HALF_MILLS,
            "position_lots": makers["position_lots"].copy(),
            "mid_ticks": makers["mid2"] / 2,
            "sequence": self._books.states["sequence"].copy(),
        }
        return infos | {f"_{name}": self._all() for name in infos}

    def _finals(self, ended: np.ndarray) -> dict[str, Any]:
        """`final_obs` and `final_info` of the books that have ended, as Gymnasium wants them."""
        mask = np.zeros(self.num_envs, np.bool_)
        mask[ended] = True
        observations = np.full(self.num_envs, None, object)
        for index, observation in zip(ended.tolist(), scale(self.terms, self._figures[ended]), strict=True):
            observations[index] = observation
        info = self._infos() | {f"_{name}": mask for name in self._infos() if not name.startswith("_")}
        hashes = np.full(self.num_envs, None, object)
        hashes[ended] = self._hashes(ended.tolist())
        info |= {"state_hash": hashes, "_state_hash": mask}
        return {"final_obs": observations, "_final_obs": mask, "final_info": info, "_final_info": mask}

    def _hashes(self, books: Sequence[int]) -> np.ndarray:
        return np.array([state_hash(self._books.state(book)).hex() for book in books], object)

    def _all(self) -> np.ndarray:
        return np.ones(self.num_envs, np.bool_)


def term_row(terms: QuoteTerms) -> np.ndarray:
    """The terms that kernels need, TERMS, shape (1,)."""
    row = np.zeros(1, TERMS)
    row["levels"], row["steps"], row["length_ns"] = terms.levels, terms.steps, terms.length_ns
    row["position_max"], row["largest_gap"] = terms.position_max, largest_gap(terms)
    return row
