"""QuoteEnv: one market maker quotes one book (Gymnasium, `gpux/Quote-v0`).

The orders of the agent meet the flow in the engine itself: they wait in the queue of their price, and what fills them
is what would have traded. There is no model of fills.

**Action.** Bid offset, ask offset, bid lots, ask lots. Offsets are ticks from the mid price of the others, away from
it. By default four numbers in -1..1, the parts of 0..`offset_max` and 0..`lots_max` (clipped, rounded to the nearest
integer); with `discrete=True` the integers themselves (MultiDiscrete). A quote of 0 lots withdraws that side. A quote
never trades at once, and never leads beyond `position_max`. An unchanged price keeps its place in the queue; its size
is then only made smaller.

**Observation.** `observation.py` lists it: ten price levels without own orders, position, time left, change of the mid
price, own orders with their place in the queue; float32, each in -1..1.

**Reward.** Change of equity since the action before, less `penalty` for each lot of the position squared, dollars.
Equity is cash after fees plus the position at the mid price.

**End.** Terminated: `loss_max` dollars are lost. Truncated: `steps` actions or `seconds` of market time are over, or
the tape has ended. `info` has the gain in dollars, position, mid price, sequence; after `reset` and at the end the
state hash as well. Equal source, seed and actions give equal hashes.
"""

from typing import Any

import gymnasium as gym
import numpy as np

from bench.environments.observation import figure_count, scale
from bench.environments.quoter import Quoter
from bench.environments.sources import NOISE, EpisodeSource, source_of
from bench.environments.terms import ACTIONS, QuoteTerms, decode_actions
from exchange.engine import query
from exchange.engine.engine import Engine

SEEDS = 1 << 23  # an episode's flow has one of so many seeds
INSTRUMENT = 1
RENDERED_LEVELS = 5


def observation_space(terms: QuoteTerms) -> gym.spaces.Box:
    """The space of one observation."""
    return gym.spaces.Box(-1.0, 1.0, (figure_count(terms),), np.float32)


def action_space(terms: QuoteTerms) -> gym.spaces.Space[Any]:
    """The space of one action."""
    if terms.discrete:
        return gym.spaces.MultiDiscrete(terms.highest + 1)
    return gym.spaces.Box(-1.0, 1.0, (ACTIONS,), np.float32)


class QuoteEnv(gym.Env[np.ndarray, np.ndarray]):
    """The environment of this module.

    source        what `source_of` takes: a Tape, a path, the name of a flow, or an EpisodeSource
    instrument    index of the book to quote
    terms         fields of QuoteTerms
    ValueError: a term, the source or the book cannot be used
    """

    metadata = {"render_modes": ["ansi"], "render_fps": 4}  # noqa: RUF012  # as Gymnasium declares it

    def __init__(
        self, source: object = NOISE, instrument: int = INSTRUMENT, render_mode: str | None = None, **terms: Any
    ) -> None:
        if render_mode not in (None, "ansi"):
            raise ValueError(f"render_mode {render_mode!r}: not one of None, 'ansi'")
        self.terms = QuoteTerms(**terms)
        self.render_mode = render_mode
        self.observation_space = observation_space(self.terms)
        self.action_space = action_space(self.terms)
        self._source: EpisodeSource = source_of(source)
        self._instrument = instrument
        self._engine: Engine | None = None
        self._quoter: Quoter | None = None
        self._reward = 0.0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        """Begin an episode: the flow's seed is drawn from `np_random`. `options`: none are known; they are ignored."""
        super().reset(seed=seed)
        self._engine = self._source.open(int(self.np_random.integers(SEEDS)))
        (account,) = self._source.accounts(self._engine, 1)
        self._quoter = Quoter(self.terms, self._engine, account, self._instrument)
        self._reward = 0.0
        observation = scale(self.terms, np.array(self._quoter.observe(self._engine), np.int64))
        return observation, self._info(with_hash=True)

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict]:
        """Change the own orders, then play the next messages. ValueError: the action is none (`decode_actions`)."""
        engine, quoter = self._running()
        offsets_and_lots = decode_actions(self.terms, action, (ACTIONS,))
        before = quoter.equity2
        engine.run_silently(quoter.rows(engine, offsets_and_lots.tolist()))
        ended = self._source.advance(engine, self.terms.messages) < self.terms.messages
        quoter.steps += 1
        observation = scale(self.terms, np.array(quoter.observe(engine), np.int64))
        self._reward = quoter.reward(before)
        terminated = quoter.is_ruined
        truncated = not terminated and (ended or quoter.is_over(engine))
        return observation, self._reward, terminated, truncated, self._info(terminated or truncated)

    def state_hash(self) -> str:
        """Hash of the engine's whole state now."""
        return self._running()[0].state_hash().hex()

    def _running(self) -> tuple[Engine, Quoter]:
        if self._engine is None or self._quoter is None:
            raise gym.error.ResetNeeded("call reset before step, render or state_hash")
        return self._engine, self._quoter

    def _info(self, with_hash: bool) -> dict[str, Any]:
        engine, quoter = self._running()
        info: dict[str, Any] = {
            "gain_dollars": quoter.gain_dollars,
            "position_lots": quoter.position_lots,
            "mid_ticks": quoter.mid2 / 2,
            "sequence": engine.sequence,
        }
        return info | {"state_hash": engine.state_hash().hex()} if with_hash else info

    def render(self) -> str | None:
        """The best levels of the book, `*` at prices of own orders, and a line of figures; None without "ansi"."""
        if self.render_mode is None:
            return None
        engine, quoter = self._running()
        own = [order.price if order else None for order in quoter.orders(engine)]
        bids, asks = query.depth(engine.states, self._instrument, RENDERED_LEVELS)
        lines = [f"{'':12} {price:>8} {lots:<8}{'*' if price == own[1] else ''}" for price, lots in reversed(asks)]
        lines += [f"{'*' if price == own[0] else '':4}{lots:>8} {price:>8}" for price, lots in bids]
        gain, position = quoter.gain_dollars, quoter.position_lots
        figures = f"step {quoter.steps}  position {position} lots  gain {gain:,.2f} dollars  reward {self._reward:,.2f}"
        return "\n".join([*lines, figures])
