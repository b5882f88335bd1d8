"""The files that a venue serves to browsers on the port of its sockets.

files.py    `assets`: every file by its path in the URL, with content type and ETag
site.py     answers requests: status, headers, body

page/       the page at `/`; its protocol.txt is PROTOCOL.md
schema/     what `gpux schema --out exchange/web/schema` writes; a test compares it with the source
"""

from exchange.web.files import assets
from exchange.web.site import Site

__all__ = ["Site", "assets"]
