"""Research and measurement: order flow, tapes, replay, benchmarks."""
