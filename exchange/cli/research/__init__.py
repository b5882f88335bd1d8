"""Commands of research: they run the engine on recorded or generated order flow (`bench`).

convert.py      `gpux convert`
replay.py       `gpux replay`
facts.py        `gpux facts`
experiment.py   `gpux experiment`
"""
