"""Writes the examples of the protocol, from a dialogue with a gateway.

NUMBA_DISABLE_JIT=1 python -m tests.protocol_doc
"""

from tempfile import TemporaryDirectory

from exchange.cli.examples import FILE
from tests.gateway.dialogue import told


def examples_text() -> str:
    """The text of `exchange/cli/examples.txt`."""
    with TemporaryDirectory() as folder:
        lines = told(folder)
    written: list[str] = []
    now = ""
    for section, sender, text in lines:
        if section != now:
            now = section
            written.append(f"# {section}")
        written.append(f"{sender} {text}")
    return "\n".join(written) + "\n"


if __name__ == "__main__":
    FILE.write_text(examples_text())
