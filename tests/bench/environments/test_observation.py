"""Figures are scaled to -1..1 in their documented order."""

import numpy as np
import pytest

from bench.environments.observation import figure_count, largest_gap, scale
from bench.environments.terms import QuoteTerms

TERMS = QuoteTerms(levels=2, offset_max=10, lots_max=5, position_max=20, depth_ticks=50, depth_lots=99)


def test_each_figure_has_its_scale() -> None:
    levels = [10, largest_gap(TERMS), 9, 0, 500, 1, 99, 1_000_000]
    rest = [-5, 250_000, -20, -20, 5, 9, 40, 1, 0]
    scaled = scale(TERMS, np.array([levels + rest], np.int64))[0]
    assert len(scaled) == figure_count(TERMS) == 17
    assert scaled.dtype == np.float32
    assert scaled[:8].tolist() == pytest.approx([0.1, 1, 0.5, 0, 1, 0.01, 1, 1])
    assert scaled[8:].tolist() == pytest.approx([-0.25, 0.25, -1, -1, 1, 0.5, 1, 0.2, 0])


def test_figures_stay_as_they_are() -> None:
    figures = np.full(figure_count(TERMS), 7, np.int64)
    scale(TERMS, figures)
    assert (figures == 7).all()
