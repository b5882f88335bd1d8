"""How much processor time do the facts of a million messages take?

A generated flow runs through the engine once and is recorded, then every fact is computed, then the book is scored
against another one. Kernels are compiled before. Checked: the trades that the generator predicts; the same JSON in
every pass. Not shown: generating the flow or reading a file; plots.
"""

from dataclasses import dataclass
from time import process_time
from typing import Any

import numpy as np

from bench.facts.collect import collect
from bench.facts.collector import FILL
from bench.facts.document import document_of, to_json
from bench.facts.facts import facts_of
from bench.facts.scores import scores_of
from bench.record import Report, distribution
from bench.research.sources import flow_tape
from bench.tapes.tape import Tape

PASSES = 5
TARGET_S = 10


@dataclass(frozen=True)
class FactsFlow:
    """Parameters of the flow. 1,000,000 commands of `mixed` are 1.16 M messages."""

    flow: str = "mixed"
    commands: int = 1_000_000
    seed: int = 1


def run_question(report: Report, name: str) -> None:
    """Measure the processor seconds of recording, facts and scores."""
    parameters = FactsFlow(commands=100_000 if report.quick else FactsFlow.commands)
    tapes = [flow_tape(parameters.flow, parameters.seed + other, parameters.commands) for other in (0, 1)]
    other = collect(tapes[1])
    passes, found = [], set()
    for _ in range(report.passes(PASSES)):
        seconds, text, messages = one_pass(tapes[0], other)
        passes.append(seconds)
        found.add(text)
    assert len(found) == 1, f"{len(found)} different documents of one tape"
    parts: dict[str, Any] = {}
    for part, values in zip(("recording", "facts", "scores"), zip(*passes, strict=True), strict=True):
        parts[part] = distribution(values, "s")
        report.row(f"{name}: {part}", parts[part].text(), f"{messages:,} messages")
    whole = distribution([recording + facts for recording, facts, _ in passes], "s")
    report.row(f"{name}: recording and facts", whole.text(), f"{messages:,} messages; wanted: {TARGET_S} s for 1 M")
    report.keep(name, parts | {"recording_and_facts": whole, "messages": messages}, parameters)


def one_pass(tape: Tape, other: Any) -> tuple[tuple[float, float, float], bytes, int]:
    """(seconds of recording, facts and scores; JSON; messages). AssertionError: other trades than predicted."""
    start = process_time()
    series = collect(tape)
    recorded = process_time()
    facts_of(series)
    measured = process_time()
    scores_of(series, other)
    scored = process_time()
    fills = np.count_nonzero(series.messages["kind"] == FILL)
    assert fills == tape.notes["fills"], f"{fills} trades, expected {tape.notes['fills']}"
    text = to_json(document_of("flow", series))
    return (recorded - start, measured - recorded, scored - measured), text, len(series.messages)
