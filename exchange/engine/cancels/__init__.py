"""Cancels of many orders at once: by mass cancel, kill switch, disconnect, dead-man timer and expiry.

cancel_queue.py  the cancel queue: orders that are cancelled together, one a step
scope.py         finds the orders of a book or a session
mass_cancel.py   CANCEL_ALL
kill.py          KILL and UNKILL of a session, an account, a firm
disconnect.py    DISCONNECT, TIMER, and cancels that wait for a market state that allows them
clock.py         CLOCK: GTD orders expire

Imports quotes. A single CANCEL is `engine/orders.py`.
"""
