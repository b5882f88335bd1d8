"""A tutorial of the researcher's bench: five notebooks in the percent format, for an editor, `jupytext` or the shell.

1. `replay_and_plot.py`: replay a source, look at its book and events, draw it, save it, go back in time
2. `queue_position.py`: an own order in a queue, and when it fills
3. `market_making.py`: a market maker with delays, as callbacks and as a kernel
4. `calibrate_and_compare.py`: fit models of order flow to a tape, generate from them, and compare
5. `train_an_agent.py`: an environment, policies, and a training

Each runs as `python -m bench.tutorial.NAME [--quick] [--out FOLDER]`, writes pictures, and prints its figures.
Importing one runs it. `width.toml` is an experiment for `gpux experiment`.

- `notebook.py`: options and pictures
- `quote_kernel.py`: the market maker as a kernel
"""
