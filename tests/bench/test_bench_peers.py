"""Peers play the very flow, and their result is compared before their time counts."""

from dataclasses import replace

import pytest

from bench.bench_peers import PEER_RUNS, PeerRun, Step, peer_flow, run_peers, time_peer
from bench.record import Distribution


def small(run: PeerRun) -> PeerRun:
    return replace(run, commands=60, warm_orders=40)


@pytest.mark.rule("INV-025")
@pytest.mark.parametrize("run", PEER_RUNS, ids=lambda run: run.package)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_peer_plays_the_flow_to_the_expected_end(run: PeerRun) -> None:
    try:
        run.make()
    except ImportError:
        pytest.skip(f"{run.package} is not installed")
    figure = time_peer(small(run), peer_flow(small(run)), 1)
    assert isinstance(figure, Distribution), figure


class Forgetful:
    """A peer that loses every order."""

    def play(self, steps: list[Step]) -> None:
        pass

    def trades(self) -> int | None:
        return 0

    def resting(self) -> int:
        return 0


def test_peer_with_a_wrong_result_gets_no_figure() -> None:
    run = PeerRun("forgetful", Forgetful, 60, 40)
    assert time_peer(run, peer_flow(run), 1) == "wrong result: 0 trades, 0 orders left"


def missing() -> Forgetful:
    raise ImportError("No module named 'missing'")


def test_peer_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.bench_peers.PEER_RUNS", (PeerRun("missing", missing, 60, 40),))
    results = run_peers(lambda flow, rounds: pytest.fail("nothing to compare with"), 1)
    assert [(result.package, result.ratio) for result in results] == [("missing", None), ("hftbacktest", None)]
    assert "not installed" in results[0].remark and "queue model" in results[1].remark
