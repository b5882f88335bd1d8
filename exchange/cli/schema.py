"""`gpux schema`: the protocol as data for programs (`schema_files`)."""

from pathlib import Path


def schema(*, out: Path | None = None, check: Path | None = None) -> None:
    """Print JSON Schema of all messages, or write it and the tables, limits and test vectors of the protocol as files.

    A running venue serves the same files at http://HOST:PORT/schema/.

    Args:
        out: Folder for schema.json, asyncapi.json, records.json, errors.json, close_codes.json, limits.json and
            vectors.json.
        check: Compare the files of this folder with this release; exit code 1 names those that are missing or stale.
    """
    from exchange.cli import schema_files
    from exchange.errors import UserError
    from exchange.wire.asyncapi import SCHEMA_FILE

    if out is not None and check is not None:
        raise UserError("--out writes files and --check compares them: give one of the two")
    if check is not None:
        schema_files.check(check)
        print(f"the files in {check} are those of this release")
    elif out is None:
        print(schema_files.text_of(SCHEMA_FILE), end="")
    else:
        for path in schema_files.write(out):
            print(path)
