"""Wiring: one data folder, one venue, one port. What `gpux serve`, the demo and the tests embed.

    from exchange.main import Settings, prepare, serve

    with prepare(folder, Settings(symbols=("H100.G90.H27",))) as setup:     # creates the folder on first use
        key = setup.make_key("mm1", account=7, deposit_mills=25_000_000)    # journalled; the venue does not serve yet

    async with serve(folder, Settings(port=0)) as server:                   # recovers, listens, returns when ready
        server.port, server.url                                             # "ws://127.0.0.1:PORT"
        server.venue.stats                                                  # orders, fills, acks, ticks (plain integers)
        server.venue.engine.state_hash()

`key` is a `gateway.auth.KeyPair`: `key.key` (the key id), `key.account`, `key.seed` (32 private bytes, Ed25519).
Leaving `async with` stops cleanly: sockets closed with 1001, last batch durable, SEAL and HEAD written, lock released.
`serve(folder, settings, before=function)` calls `function(setup)` on the opened venue before it listens, so that a
program can make its keys and serve without opening the folder twice.
"""
