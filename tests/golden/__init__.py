"""Golden tapes: what each released version did with short independent runs, replayed by every later one (DUR-110).

tests/golden/VERSION/RUN.parquet   the commands and controls of a run, as a tape of that version
tests/golden/VERSION/RUN.events    the events it gave then, a line each: sequence, kind, fields that are not zero
tests/golden/VERSION/RUN.changed   where a rule changed on purpose since: its code and why, then the lines that differ

python -m tests.golden record              # the tapes of the version in pyproject.toml; refused if they are there
python -m tests.golden changes             # what differs from the recorded events and is not listed, as a diff
python -m tests.golden list RUN "CODE: why"  # lists what differs in a run under the rule that changed
"""
