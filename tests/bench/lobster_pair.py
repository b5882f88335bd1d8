"""A small LOBSTER pair whose every message and level is known, and where the sample of real ones lies."""

from pathlib import Path

SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "lobster"
# Two levels a side. Message 1 adds 18 at 101.00 (already in the first row). Then: an unknown order loses 30 of the
# seeded 200 at 101.50 (ask); 18 more join at 101.00; the first 18 and 2 of the next are executed; a hidden trade; the
# ask 101.50 is deleted, which brings 102.50 into view; the rest of the second order is deleted.
MESSAGES = """\
34200.000000001,1,11,18,1010000,1
34200.5,2,5,30,1015000,-1
34200.5,1,12,18,1010000,1
34201.25,4,11,18,1010000,1
34201.25,4,12,2,1010000,1
34202,5,0,7,1012000,1
34203,3,5,170,1015000,-1
34204,3,12,16,1010000,1
34204,7,0,0,-1,-1
"""
BOOK = """\
1015000,200,1010000,18,1020000,50,1005000,10
1015000,170,1010000,18,1020000,50,1005000,10
1015000,170,1010000,36,1020000,50,1005000,10
1015000,170,1010000,18,1020000,50,1005000,10
1015000,170,1010000,16,1020000,50,1005000,10
1015000,170,1010000,16,1020000,50,1005000,10
1020000,50,1010000,16,1025000,60,1005000,10
1020000,50,1005000,10,1025000,60,1000000,5
1020000,50,1005000,10,1025000,60,1000000,5
"""


def write_pair(folder: Path, messages: str = MESSAGES, book: str = BOOK) -> tuple[Path, Path]:
    paths = folder / "XYZ_2012-06-21_message_2.csv", folder / "XYZ_2012-06-21_orderbook_2.csv"
    for path, text in zip(paths, (messages, book), strict=True):
        path.write_text(text)
    return paths
