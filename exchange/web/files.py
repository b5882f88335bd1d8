"""Reads the files that a venue serves: once, at the first request for any of them."""

import functools
import html
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent
CLIENT = FOLDER.parent.parent / "clients" / "javascript" / "gpux.js"
SCHEMA_PATH = "/schema/"
INDEX = "index.html"
CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}
MEANINGS = {
    "schema.json": "JSON Schema (draft 2020-12) of every message",
    "asyncapi.json": "AsyncAPI 3: paths, requests and their replies, logon",
    "records.json": "layouts of the records of <code>gpux.v1+bin</code>",
    "errors.json": "error codes, whether the request took effect, what to do",
    "close_codes.json": "close codes of the websocket",
    "limits.json": "bounds and rate limits of each profile",
    "vectors.json": "test vectors: messages in every encoding, logons, checksums",
}


class Asset(NamedTuple):
    """A file as it is served."""

    content_type: str
    data: bytes
    etag: str


@functools.cache
def assets() -> dict[str, Asset]:
    """Every file by its path in the URL. ValueError: a file in the folder of the page has no known content type."""
    page = FOLDER / "page"
    found = {
        f"/{path.relative_to(page).as_posix()}": asset(path.suffix, path.read_bytes())
        for path in sorted(page.rglob("*"))
        if path.is_file()
    }
    found["/"] = found[f"/{INDEX}"]
    found[f"/{CLIENT.name}"] = asset(".js", CLIENT.read_bytes())
    schema = {path.name: path.read_bytes() for path in sorted((FOLDER / "schema").glob("*.json"))}
    found |= {f"{SCHEMA_PATH}{name}": asset(".json", data) for name, data in schema.items()}
    found[SCHEMA_PATH] = found[SCHEMA_PATH.rstrip("/")] = asset(".html", schema_index(schema).encode())
    return found


def asset(suffix: str, data: bytes) -> Asset:
    if suffix not in CONTENT_TYPES:
        raise ValueError(f"no content type for {suffix!r}; known: {', '.join(CONTENT_TYPES)}")
    return Asset(CONTENT_TYPES[suffix], data, f'"{sha256(data).hexdigest()[:32]}"')


def schema_index(files: dict[str, bytes]) -> str:
    """The page at `/schema/`, which lists the files of the protocol."""
    rows = "\n".join(
        f'<tr><td><a href="{SCHEMA_PATH}{html.escape(name)}">{html.escape(name)}</a></td>'
        f'<td class="number">{len(data):,}</td><td>{MEANINGS.get(name, "")}</td></tr>'
        for name, data in files.items()
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>gpux: schema</title>
<link rel="stylesheet" href="/plain.css">
</head>
<body>
<h1>Files of the protocol</h1>
<p>They are those of this venue's release. <code>gpux schema --out FOLDER</code> writes the same files,
<code>gpux schema --check FOLDER</code> says whether copies are stale.
<a href="/protocol.txt">The protocol in words</a>. <a href="/">Back</a>.</p>
<table>
<tr><th>file</th><th class="number">bytes</th><th>content</th></tr>
{rows}
</table>
</body>
</html>
"""
