"""Example messages: a dialogue of clients with a real gateway, as it crossed the socket.

`examples.txt` has a line `# NAME` for each section, and a line for each message: who sends it, and its JSON. A message
that is a record in `gpux.v1+bin` is followed by a line with its bytes, from the same dialogue in that encoding.
`tests/protocol_doc.py` writes that file.
"""

from pathlib import Path
from typing import NamedTuple

import msgspec

FILE = Path(__file__).with_name("examples.txt")


class Example(NamedTuple):
    """A message as its sender (`client` or `server`) wrote it in JSON.

    section   where it stands in PROTOCOL.md
    record    the bytes of its binary record, in hexadecimal; empty: in `gpux.v1+bin` it is this JSON
    """

    section: str
    sender: str
    text: str
    record: str = ""

    def packed(self) -> bytes:
        """The same message in MessagePack."""
        return msgspec.msgpack.encode(msgspec.json.decode(self.text))


def examples() -> list[Example]:
    """All examples, in the order of the dialogue."""
    found: list[Example] = []
    section = ""
    for line in FILE.read_text(encoding="utf-8").splitlines():
        sender, text = line.split(" ", 1)
        if sender == "#":
            section = text
        elif sender == "record":
            found[-1] = found[-1]._replace(record=text)
        else:
            found.append(Example(section, sender, text))
    return found
