"""The JavaScript client passes the vectors that `gpux schema --out` writes for clients in any language."""

from pathlib import Path

import pytest

from exchange.cli.schema_files import text_of
from tests.clients.javascript.node import needs_node, passes


@needs_node
@pytest.mark.rule("SESS-001", "MDATA-015", "MDATA-016", "RECOV-011", "WIRE-042")
def test_the_client_passes_the_vectors_of_the_protocol(tmp_path: Path) -> None:
    file = tmp_path / "vectors.json"
    file.write_text(text_of("vectors.json"))
    passes("vectors.test.mjs", GPUX_VECTORS=str(file))
