"""A tutorial of the researcher's bench: notebooks as scripts. Each runs as `python -m bench.tutorial.NAME`."""
