"""How instruments end (SESSION-002).

expire.py       EXPIRE: at their last settlement or a final one
cascade.py      CASCADE: a parent becomes its children
ended_books.py  takes instruments that have ended out of the engine
"""
