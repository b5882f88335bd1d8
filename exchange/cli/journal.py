"""`gpux journal`: checks and prints the journal of a data folder (`exchange.journal`)."""

import cyclopts

app = cyclopts.App(name="journal", help="Check and read the journal of a data folder.")


@app.command
def verify(folder: str, *, deep: bool = False) -> None:
    """Check every frame, link, header, snapshot and derived store of a data folder, without changing it. Exit code 65
    if it is damaged.

    Args:
        folder: Data folder, as given to `gpux serve`.
        deep: Also replay it, and compare events and state with the recorded ones.
    """
    from exchange.journal.verify import summary
    from exchange.venue.folder_check import verify_folder

    print(summary(verify_folder(folder, deep)))


@app.command
def dump(folder: str, *, seq: str = "1-") -> None:
    """Print the records of a data folder as JSON lines, without changing it.

    Args:
        folder: Data folder, as given to `gpux serve`.
        seq: Sequences to print: A-B, A- or A.
    """
    from exchange.journal import dump as dumping

    for line in dumping.dump(folder, *dumping.parse_range(seq)):
        print(line)
