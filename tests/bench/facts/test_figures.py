"""Plots as SVG: well-formed, the same each time, with ids of their own."""

import re
from functools import cache
from xml.etree import ElementTree

import numpy as np
import pytest

from bench.facts import figures
from bench.facts.document import document_of
from bench.facts.figures import PLOTS, Plot, distributions, plots
from bench.facts.sheet import Curve
from bench.facts.statistics import statistics
from tests.bench.facts.books import quoted, recorded, written


@cache
def drawn() -> list[tuple[Plot, list[Curve], str]]:
    """Every plot of two flows."""
    return plots(document_of("mixed", recorded(), "sweep", recorded("sweep")))


def ids_of(svg: str) -> set[str]:
    return set(re.findall(r'\bid="([^"]*)"', svg))


def test_every_plot_is_drawn_once_and_each_has_its_own_ids() -> None:
    assert [plot for plot, _, _ in drawn()] == list(PLOTS)
    seen: set[str] = set()
    for _, _, svg in drawn():
        root = ElementTree.fromstring(svg)
        assert root.get("viewBox") and root.get("width") is None and root.get("height") is None
        used = set(re.findall(r'(?:url\(#|href="#)([^)"]*)', svg))
        assert used <= ids_of(svg) and not seen & ids_of(svg)
        seen |= ids_of(svg)


def test_same_document_gives_the_same_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "PLOTS", PLOTS[:2])
    again = plots(document_of("mixed", recorded(), "sweep", recorded("sweep")))
    assert [svg for _, _, svg in again] == [svg for _, _, svg in drawn()[:2]]


def test_plots_name_their_axes_as_text() -> None:
    texts = {plot.title: svg for plot, _, svg in drawn()}
    assert "spread, ticks" in texts["Spread"] and "lag, trades" in texts["Response to a trade"]


def test_curves_without_points_are_not_drawn() -> None:
    found = {plot.title: svg for plot, _, svg in plots(document_of("x", written([quoted(9, 11)] * 3)))}
    assert found["Response to a trade"] == "" and found["Spread"]


def test_distribution_functions_are_drawn_for_each_statistic() -> None:
    values = np.arange(10.0)
    (statistic, svg), second = distributions([(one, values, values + 1) for one in statistics()[:2]])
    assert statistic.key == "spread" and "share at most" in svg and ElementTree.fromstring(svg) is not None
    assert not ids_of(svg) & ids_of(second[1])
