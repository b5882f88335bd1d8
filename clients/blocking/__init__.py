"""The client without `async`: the session runs in a thread of its own, and calls wait for its answers.

    from clients import Ed25519, blocking

    with blocking.connect("ws://127.0.0.1:8443", key="k_mm1", secret=Ed25519.load("mm1.pem")) as session:
        h27 = session.instrument("H100.G90.H27")
        book = session.book(h27)
        order = session.buy(h27, 12, "2.845", post_only="reject")
        for event in session.events():
            print(event, book.best_bid, order.state)

Every method of `clients.client.Session` is here with the same arguments and a `timeout_s`; so are those of its books
and orders. After a timeout the call is given up: TimeoutError says that the request may have taken effect.

**Threads.** Books, orders and the session itself live in the session's thread. What you get is a face of each: reading
an attribute or calling a method takes a step of that thread (some 50 us), so what one call returns fits together. Read
several things as one with `session.together(lambda: ...)`. Any thread may call, several at a time. Events wait in a
queue of `events_max`; then `Overflow` counts those that were dropped.

**Ctrl-C** ends the call that waits, and the `with` block then logs out; both have timeouts, so neither hangs.

**Fork.** A thread does not survive a fork: in the child every call raises RuntimeError. Connect in the child, or start
processes with `spawn`. Calls from the session's own thread (a callback of yours in it) raise RuntimeError too.

loop_thread    a thread that runs an event loop, and calls into it with timeouts
delegation     faces of objects that live in that thread
faces          the faces of session, books and orders; `faces.pyi` has their types, generated from the async ones
"""

from clients.blocking.faces import connect

__all__ = ["connect"]
