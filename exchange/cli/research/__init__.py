"""Commands of research: they run the engine on recorded or generated order flow (`bench`).

convert.py      `gpux convert`
replay.py       `gpux replay`
experiment.py   `gpux experiment`
"""
