"""`gpux conformance`: runs scenario files and reports differences (`conformance`)."""

import sys

from exchange.errors import UserError


def conformance(*files: str, reference: bool = False) -> None:
    """Run scenario files and print differences from what they expect. Exit code 1 if a scenario fails.

    Args:
        files: Scenarios of matching, one a line: id | rule codes | parameters | book before | messages | events; or of
            clearing, which begin with: scenario ID | rule codes | title. What is not built yet is counted apart.
        reference: Use the reference instead of the product: slow, plain Python, the readable specification.
    """
    from exchange.cli import conformance as command

    if not files:
        raise UserError("conformance: no FILE given, allowed: one or more scenario files")
    lines, exit_code = command.conformance(list(files), reference)
    for line in lines:
        print(line, flush=True)
    sys.exit(exit_code())
