"""What does the client library cost a program? `gpux bench clients`.

questions      the figures beside what they must be
depth_frames   frames of a raw depth channel, as a served venue has sent them
local_book     changes of a book a second: the book alone, and decoding and session state with it
callback       from a message on the socket to a strategy's callback, beside a bare websocket in the same run
imports        wall time of an import in a new interpreter
front_door     from `git clone` to a trade typed in a terminal: `python -m bench.clients.front_door`
"""
