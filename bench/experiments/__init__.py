"""Experiments: a task for every source, point of a grid and seed, on the cores of a machine or of a cluster.

plan      reads an experiment file and lists its runs
tasks     what a run does: replay a source, make a market in it, or measure its facts
quoting   the strategy that makes a market, and its profit
outcome   the record of a run, and its error
running   runs on processes or on a Dask cluster: lost workers, and runs that are repeated and compared
results   one Parquet file of results, to which a stopped experiment adds
plots     figures against a parameter of the grid, with intervals over seeds
command   `gpux experiment`
"""
