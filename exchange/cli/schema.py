"""`gpux schema`: the protocol as data for programs (`schema_files`)."""

from pathlib import Path


def schema(*, out: Path | None = None) -> None:
    """Print JSON Schema of all messages, or write it and the tables, limits and test vectors of the protocol as files.

    Args:
        out: Folder for schema.json, records.json, errors.json, close_codes.json, limits.json and vectors.json.
    """
    from exchange.cli import schema_files

    if out is None:
        print(schema_files.text_of("schema.json"), end="")
    else:
        for path in schema_files.write(out):
            print(path)
