"""The loop of a kernel strategy: its file, and rows of mass quotes."""

from bench.research.strategy_loop import PLAY, loop_of
from exchange.kernel import KERNELS
from tests.bench.research.quote_kernel import quote


def test_a_loop_is_made_once_for_a_strategy() -> None:
    loop = loop_of(quote)
    assert loop_of(quote) is loop
    assert any(loop is one for one in KERNELS)


def test_the_variables_of_a_loop_are_words() -> None:
    assert PLAY.names is not None
    assert PLAY.itemsize == 8 * len(PLAY.names)
