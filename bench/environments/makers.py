"""MakersEnv: several makers and takers trade in one book (PettingZoo, a ParallelEnv).

Agents are `maker_0`, `maker_1`, ... and `taker_0`, .... A maker acts, sees and earns as in `quote.py`. A taker's action
is one number in -1..1, the part of `lots_max` to buy (above 0) or sell at once, at any price; with `discrete=True` an
integer in 0..2 * `lots_max`, and `lots_max` does nothing. A taker sees the same figures, those of own orders being 0.
Neither may go beyond `position_max`.

In each step the agents act one after the other, in an order that the seed shuffles, so that none is always first. Then
the messages of the flow follow. With the flow None there are none: the agents alone make the market after its opening.

An agent that has lost `loss_max` terminates: its orders leave, its position stays. The others go on. All are truncated
together at the end of the episode.
"""

from typing import Any

import gymnasium as gym
import numpy as np
from pettingzoo import ParallelEnv

from bench.environments.observation import scale
from bench.environments.quote import INSTRUMENT, SEEDS, action_space, observation_space
from bench.environments.quoter import Quoter
from bench.environments.sources import NOISE, EpisodeSource, source_of
from bench.environments.terms import ACTIONS, QuoteTerms, decode_actions, decode_take
from exchange.engine import query
from exchange.engine.engine import Engine

AGENTS_MAX = 32
MAKER, TAKER = "maker", "taker"
WITHDRAWN = (0, 0, 0, 0)  # the action of a maker that leaves


class MakersEnv(ParallelEnv):  # type: ignore[misc]  # pettingzoo ships no types
    """The environment of this module.

    source        what `source_of` takes: a Tape, a path, the name of a flow, or an EpisodeSource
    makers        number of makers
    takers        number of takers
    with_flow     False: only the opening of the source is played
    terms         fields of QuoteTerms
    ValueError: a term, a number of agents, the source or the book cannot be used
    """

    metadata = {"name": "gpux_makers_v0", "render_modes": ["ansi"], "is_parallelizable": True}  # noqa: RUF012

    def __init__(
        self,
        source: object = NOISE,
        makers: int = 2,
        takers: int = 1,
        with_flow: bool = True,
        instrument: int = INSTRUMENT,
        render_mode: str | None = None,
        **terms: Any,
    ) -> None:
        if makers < 0 or takers < 0 or not 1 <= makers + takers <= AGENTS_MAX:
            raise ValueError(f"{makers} makers and {takers} takers: want 1 to {AGENTS_MAX} agents")
        if render_mode not in (None, "ansi"):
            raise ValueError(f"render_mode {render_mode!r}: not one of None, 'ansi'")
        self.terms, self.render_mode = QuoteTerms(**terms), render_mode
        self.possible_agents = [f"{MAKER}_{number}" for number in range(makers)]
        self.possible_agents += [f"{TAKER}_{number}" for number in range(takers)]
        self.agents: list[str] = []
        self.observation_spaces = {agent: observation_space(self.terms) for agent in self.possible_agents}
        self.action_spaces = {agent: self._action_space(agent) for agent in self.possible_agents}
        self._source: EpisodeSource = source_of(source)
        self._with_flow, self._instrument = with_flow, instrument
        self._engine: Engine | None = None
        self._quoters: dict[str, Quoter] = {}
        self._random = np.random.default_rng()

    def _action_space(self, agent: str) -> gym.spaces.Space[Any]:
        if is_maker(agent):
            return action_space(self.terms)
        if self.terms.discrete:
            return gym.spaces.Discrete(2 * self.terms.lots_max + 1)
        return gym.spaces.Box(-1.0, 1.0, (1,), np.float32)

    def observation_space(self, agent: str) -> gym.spaces.Space[Any]:
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> gym.spaces.Space[Any]:
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, np.ndarray], dict[str, dict[str, Any]]]:
        """Begin an episode with all agents. Without a seed the episodes go on from the last one given."""
        if seed is not None:
            self._random = np.random.default_rng(seed)
        self._engine = engine = self._source.open(int(self._random.integers(SEEDS)))
        accounts = self._source.accounts(engine, len(self.possible_agents))
        self.agents = list(self.possible_agents)
        self._quoters = {
            agent: Quoter(self.terms, engine, account, self._instrument)
            for agent, account in zip(self.agents, accounts, strict=True)
        }
        return self._observe(), self._infos(with_hash=True)

    def step(
        self, actions: dict[str, np.ndarray]
    ) -> tuple[dict[str, np.ndarray], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]:
        """All agents act, then the flow. ValueError: an action is none, or not all agents and only they act."""
        engine = self._running()
        if set(actions) != set(self.agents):
            raise ValueError(f"actions of {sorted(actions)}: want those of the live agents {self.agents}")
        decoded = {agent: self._decode(agent, actions[agent]) for agent in self.agents}
        before = {agent: self._quoters[agent].equity2 for agent in self.agents}
        for place in self._random.permutation(len(self.agents)):
            agent = self.agents[place]
            engine.run_silently(self._rows(agent, decoded[agent]))
        messages = self.terms.messages
        ended = self._with_flow and self._source.advance(engine, messages) < messages
        for agent in self.agents:
            self._quoters[agent].steps += 1
        observations = self._observe()
        rewards = {agent: self._quoters[agent].reward(before[agent]) for agent in self.agents}
        terminated = {agent: self._quoters[agent].is_ruined for agent in self.agents}
        over = ended or any(self._quoters[agent].is_over(engine) for agent in self.agents)
        truncated = {agent: over and not terminated[agent] for agent in self.agents}
        self._withdraw([agent for agent in self.agents if terminated[agent]])
        infos = self._infos(with_hash=over or all(terminated.values()))
        self.agents = [agent for agent in self.agents if not (terminated[agent] or truncated[agent])]
        return observations, rewards, terminated, truncated, infos

    def _decode(self, agent: str, action: object) -> list[int]:
        try:
            if is_maker(agent):
                return [int(part) for part in decode_actions(self.terms, action, (ACTIONS,))]
            return [decode_take(self.terms, action)]
        except ValueError as error:
            raise ValueError(f"{agent}: {error}") from None

    def _rows(self, agent: str, action: list[int]) -> np.ndarray:
        quoter = self._quoters[agent]
        if is_maker(agent):
            return quoter.rows(self._running(), action)
        return quoter.take(self._running(), action[0])

    def _withdraw(self, agents: list[str]) -> None:
        """Cancel the orders of agents that leave."""
        engine = self._running()
        for agent in agents:
            engine.run_silently(self._quoters[agent].rows(engine, WITHDRAWN))

    def _observe(self) -> dict[str, np.ndarray]:
        engine = self._running()
        return {
            agent: scale(self.terms, np.array(self._quoters[agent].observe(engine), np.int64)) for agent in self.agents
        }

    def _infos(self, with_hash: bool) -> dict[str, dict[str, Any]]:
        engine = self._running()
        shared = {"state_hash": engine.state_hash().hex()} if with_hash else {}
        return {
            agent: {
                "gain_dollars": self._quoters[agent].gain_dollars,
                "position_lots": self._quoters[agent].position_lots,
                "sequence": engine.sequence,
                **shared,
            }
            for agent in self.agents
        }

    def _running(self) -> Engine:
        if self._engine is None:
            raise gym.error.ResetNeeded("call reset before step or render")
        return self._engine

    def render(self) -> str | None:
        """The best levels of the book, and the position and gain of each live agent; None without "ansi"."""
        if self.render_mode is None:
            return None
        engine = self._running()
        bids, asks = query.depth(engine.states, self._instrument, 5)
        lines = [f"{'':8} {price:>8} {lots:<8}" for price, lots in reversed(asks)]
        lines += [f"{lots:>8} {price:>8}" for price, lots in bids]
        for agent in self.agents:
            quoter = self._quoters[agent]
            position, gain = quoter.position_lots, quoter.gain_dollars
            lines.append(f"{agent:<10} {position:>6} lots {gain:>12,.2f} dollars")
        return "\n".join(lines)


def is_maker(agent: str) -> bool:
    """Whether an agent is a maker, by its name."""
    return agent.startswith(MAKER)
