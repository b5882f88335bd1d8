"""The files that a venue serves to browsers on the port of its sockets.

files.py    `assets`: every file by its path in the URL, with content type and ETag
site.py     answers requests: status, headers, body

page/       the page at `/`, in modules that each draw one view; api.html is for programs; protocol.txt is PROTOCOL.md;
            uplot/ is uPlot 1.6.32 (MIT), unchanged
            `/gpux.js` is the JavaScript client of `clients/javascript`, through which the page talks to the venue
schema/     what `gpux schema --out exchange/web/schema` writes; a test compares it with the source
"""

from exchange.web.files import assets
from exchange.web.site import Site

__all__ = ["Site", "assets"]
