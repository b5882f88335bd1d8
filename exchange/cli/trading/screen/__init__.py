"""The trading screen of `gpux top`, by Textual. It draws whole frames as text; Textual brings them to the terminal.

running.py     connects, runs the screen, and ends
desk.py        all that is on display: market, account, link; no terminal in it
drawing.py     the frame: lines of text for a width and a height
ladder.py      the lines of the price ladder, with own orders and their place in the queue
places.py      the place of own orders in their queues
lines.py       a widget that paints only what has changed
app.py         keys, the ten frames a second, and what a key does
ticket.py      the order ticket: lots, price, what-if, confirmation
lists.py       search for an instrument; the list of own orders
dialogs.py     questions with yes and no; the help
"""
