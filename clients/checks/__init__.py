"""Finds what the venue would refuse before a request is sent (`connect(..., check_locally=True)`, the default).

form           keys, words and bounds of a request, by the venue's own decoder
terms          a `new` or `replace` against its instrument: phase, increment, lots, daily limits, times
local_checks   all checks of a session, in the venue's order

A check refuses only what the venue is certain to refuse while what the client knows is current: the definition of the
instrument, its phase, the key's scopes, the venue's time at the last heartbeat. When a phase or the daily limits
change, the client learns it by a message, so it may refuse for that long what the venue would accept. Bands around
the last price, margin and rates of other sessions are left to the venue.
"""
