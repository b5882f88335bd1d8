"""Maximum likelihood of the Hawkes process: a round trip, the likelihood against its definition, identifiability."""

import numpy as np
import pytest

from bench.flows.hawkes import LIMIT, MARKET, TYPES, Hawkes, hawkes
from bench.flows.hawkes_fit import BETAS, HawkesFit, decayed_sums, events_of, fit_at, fit_hawkes
from bench.flows.notes import NOTE, note_tape
from bench.flows.stepping import run_process
from exchange.errors import UserError

EVENTS = 60_000


@pytest.fixture(scope="module")
def events() -> tuple[np.ndarray, np.ndarray]:
    return events_of(note_tape(run_process(hawkes(7), EVENTS)), 1)


@pytest.fixture(scope="module")
def fit(events: tuple[np.ndarray, np.ndarray]) -> HawkesFit:
    return fit_hawkes(*events)


def test_parameters_come_back(fit: HawkesFit) -> None:
    """Within the errors that `hawkes_fit` states. Limit orders and cancels are frequent, market orders are rare."""
    truth = Hawkes()
    assert fit.events.sum() == EVENTS
    assert fit.base[:MARKET] == pytest.approx(truth.base[:MARKET], rel=0.10)
    assert fit.base[MARKET:] == pytest.approx(truth.base[MARKET:], rel=0.35)
    assert fit.branching.sum(axis=1)[:MARKET] == pytest.approx(truth.branching.sum(axis=1)[:MARKET], rel=0.12)
    assert np.abs(fit.branching - truth.branching)[:, :MARKET].max() < 0.08
    assert np.abs(fit.branching - truth.branching).max() < 0.25
    assert fit.beta == pytest.approx(truth.beta, rel=0.3) and fit.beta_identified.all()
    assert fit.model().radius == pytest.approx(truth.radius, abs=0.08)


def test_likelihood_is_that_of_the_definition() -> None:
    times = np.array([0.0, 0.4, 0.5, 1.5, 1.9, 2.0])
    kinds = np.array([0, 2, 0, 0, 5, 0])
    base, branching, likelihood = fit_at(times, kinds, LIMIT, 1.7)

    def intensity(time: float) -> float:
        pairs = zip(times, kinds, strict=True)
        return base + sum(branching[kind] * 1.7 * np.exp(-1.7 * (time - one)) for one, kind in pairs if one < time)

    whole = base * 2.0 + sum(branching[k] * (1 - np.exp(-1.7 * (2.0 - t))) for t, k in zip(times, kinds, strict=True))
    slow = sum(np.log(intensity(time)) for time in times[kinds == LIMIT]) - whole
    assert likelihood == pytest.approx(slow)


def test_sums_are_those_of_all_pairs() -> None:
    generator = np.random.default_rng(3)
    times, kinds = np.sort(generator.integers(0, 40, 60) / 40), generator.integers(0, TYPES, 60)
    for kind in range(TYPES):
        sums = np.zeros((np.count_nonzero(kinds == kind), TYPES))
        decayed_sums(times, kinds, kind, 4.0, sums)
        for row, place in enumerate(np.flatnonzero(kinds == kind)):
            earlier = times < times[place]
            since = np.exp(-4.0 * (times[place] - times[earlier]))
            slow = [since[kinds[earlier] == cause].sum() for cause in range(TYPES)]
            assert sums[row] == pytest.approx(slow)


def test_decay_of_a_poisson_process_is_not_identified() -> None:
    poisson = Hawkes(base=Hawkes().rates, branching=np.zeros((TYPES, TYPES)))
    times, kinds = events_of(note_tape(run_process(hawkes(4, poisson), 12_000)), 1)
    fit = fit_hawkes(times, kinds)
    assert fit.base == pytest.approx(poisson.base, rel=0.15)
    assert not fit.beta_identified.any() and fit.model().radius == 0


def test_a_move_is_a_cancel_and_a_limit_order() -> None:
    notes = np.zeros(3, NOTE)
    notes["kind"], notes["side"], notes["instrument"], notes["time_ns"] = [1, 4, 3], [0, 1, 0], 1, [10, 20, 30]
    times, kinds = events_of(notes, 1)
    assert kinds.tolist() == [0, 3, 1, 4] and times.tolist() == pytest.approx([0, 1e-8, 1e-8, 2e-8])


def test_a_cancel_does_not_cause_the_limit_order_of_its_own_move() -> None:
    """Independent events, a quarter of them moves, are a Poisson process, although each move gives two at once."""
    generator, notes = np.random.default_rng(5), np.zeros(8_000, NOTE)
    notes["instrument"], notes["kind"] = 1, generator.integers(1, 5, 8_000)
    notes["side"] = generator.integers(0, 2, 8_000)
    notes["time_ns"] = np.cumsum(generator.exponential(5e7, 8_000)).astype(np.int64)
    fit = fit_hawkes(*events_of(notes, 1))
    assert not fit.branching.any() and not fit.beta_identified.any()


def test_a_decay_rate_at_an_end_of_the_range_is_not_identified() -> None:
    """Each sale follows a buy after a microsecond: the faster the decay, the higher the likelihood."""
    starts = np.cumsum(np.random.default_rng(8).exponential(1.0, 400))
    times = np.stack([starts, starts + 1e-6], axis=1).ravel()
    fit = fit_hawkes(times - times[0], np.tile([0, 1], 400))
    assert fit.beta[1] > 0.95 * BETAS[1] and fit.branching[1].sum() > 0 and not fit.beta_identified[1]


def test_events_that_have_no_length_are_refused() -> None:
    notes = np.zeros(2, NOTE)
    notes["kind"], notes["instrument"], notes["time_ns"] = 1, 1, 10
    with pytest.raises(UserError, match="2 events of instrument 1 at one time"):
        events_of(notes, 1)
    with pytest.raises(UserError, match="0 events of instrument 2"):
        events_of(notes, 2)
