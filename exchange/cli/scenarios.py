"""`gpux conformance`: runs scenario files and reports differences (`conformance`)."""

import sys

from exchange.errors import UserError


def conformance(*files: str, reference: bool = False) -> None:
    """Run scenario files on the engine and print differences from the expected events. Exit code 1 if a scenario fails.

    Args:
        files: Scenario files, one scenario a line: id | rule codes | parameters | book before | messages | events.
        reference: Use the reference instead of the engine: slow, plain Python, the readable specification.
    """
    from exchange.cli import conformance as command

    if not files:
        raise UserError("conformance: no FILE given, allowed: one or more scenario files")
    lines, exit_code = command.conformance(list(files), reference)
    for line in lines:
        print(line, flush=True)
    sys.exit(exit_code())
