"""The files of the page: vendored ones unchanged, nothing inline, nothing from elsewhere."""

import re
from hashlib import sha256

from exchange.web import assets
from exchange.web.files import CLIENT, FOLDER

PAGE = FOLDER / "page"
# uPlot 1.6.32 of the npm registry, unchanged: dist/ and LICENSE.
VENDORED = {
    "uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    "uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
    "LICENSE.txt": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
}


def test_vendored_files_are_those_of_their_release() -> None:
    for name, digest in VENDORED.items():
        assert sha256((PAGE / "uplot" / name).read_bytes()).hexdigest() == digest, name


def test_the_page_has_nothing_inline_and_nothing_from_elsewhere() -> None:
    html = (PAGE / "index.html").read_text()
    assert not re.search(r"\sstyle=|\son\w+=|javascript:|<style|<script(?![^>]*\ssrc=)", html)
    linked = {link for link in re.findall(r'(?:src|href)="([^"]+)"', html) if link[0] != "#"}
    assert linked <= assets().keys()
    scripts = {file.name: file.read_text() for file in PAGE.glob("*.js")}
    for name, script in scripts.items():
        assert not re.search(r"\beval\(|new Function|innerHTML|https?://(?!127)", script), name
    preloaded = set(re.findall(r'modulepreload" href="/([^"]+)"', html))
    assert preloaded == (scripts.keys() - {"app.js"}) | {CLIENT.name}


def test_lines_of_the_page_are_not_too_long() -> None:
    files = [*PAGE.glob("*.js"), *PAGE.glob("*.css"), *PAGE.glob("*.html"), CLIENT, CLIENT.with_suffix(".d.ts")]
    long = [
        f"{file.name}:{number}"
        for file in files
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if len(line) > 120
    ]
    assert not long
