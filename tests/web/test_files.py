"""The files that a venue serves: all there, with a content type and an ETag, and those of the source."""

import re
from pathlib import Path

import pytest

from exchange.cli import schema_files
from exchange.web.files import CONTENT_TYPES, FOLDER, MEANINGS, asset, assets, schema_index
from tests.protocol_doc import DOCUMENT
from tests.source_tree import ROOT

LINK = re.compile(r'(?:href|src)="([^"]+)"')


@pytest.mark.rule("WIRE-041")
def test_the_schema_files_are_those_of_the_source() -> None:
    """`python -m tests.protocol_doc` writes them."""
    schema_files.check(FOLDER / "schema")
    assert {path.name for path in (FOLDER / "schema").iterdir()} == {*schema_files.FILES} == {*MEANINGS}


@pytest.mark.rule("WIRE-041", "SEC-072")
def test_every_file_of_the_protocol_is_served() -> None:
    found = assets()
    for name in schema_files.FILES:
        served = found[f"/schema/{name}"]
        assert served.content_type == "application/json"
        assert served.data.decode() == schema_files.text_of(name)
    assert found["/protocol.txt"].data == DOCUMENT.read_bytes()
    assert found["/"] == found["/index.html"]
    assert found["/gpux.js"].data == (ROOT / "clients" / "javascript" / "gpux.js").read_bytes()


def test_every_link_of_a_page_leads_to_a_file_or_out() -> None:
    found = assets()
    pages = {path: one for path, one in found.items() if one.content_type.startswith("text/html")}
    assert {"/", "/schema/"} <= pages.keys()
    for path, page in pages.items():
        text = page.data.decode()
        links = LINK.findall(text)
        assert links, path
        assert not [link for link in links if link not in found and link != "/health" and link[0] != "#"], path
        assert "<script>" not in text and " style=" not in text and " onclick" not in text, "the policy forbids it"


def test_the_index_names_every_file_with_its_meaning() -> None:
    text = schema_index({"schema.json": b"12345", "<x>.json": b""})
    assert 'href="/schema/schema.json"' in text and '<td class="number">5</td>' in text
    assert MEANINGS["schema.json"] in text and "<x>" not in text


def test_files_are_told_apart_by_their_content() -> None:
    assert asset(".css", b"a").etag != asset(".css", b"b").etag
    assert re.fullmatch(r'"[0-9a-f]{32}"', asset(".css", b"a").etag)


def test_a_file_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no content type for '\.exe'; known: \.html"):
        asset(".exe", b"")
    assert {Path(path).suffix for path in assets() if "." in path} <= {*CONTENT_TYPES}
