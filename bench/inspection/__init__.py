"""Time travel: a source at any sequence, what a command found there, and why it was refused.

place          a replay at a sequence; book, account and command as plain values
checks         the checks of an order, replace, cancel or entry of a mass quote in their order, with figures
figures        what the checks of an order, a replace or a cancel find
quote_figures  what those of an entry of a mass quote find
left_out       checks that the engine does not make, because they do not apply
explain        one command: the market before it, its checks, and its events
choose         events by instrument, account, kind and time
symbols        instruments by what is typed
words          COMMAND and EVENT rows as plain values
show           tables and JSON of all these
command        what `gpux replay` does with --at, --explain and the filters
"""
