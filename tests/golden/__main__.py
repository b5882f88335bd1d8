"""`python -m tests.golden record | changes | list RUN "CODE: why" ...`; the package says what each does."""

import sys

from tests import golden
from tests.golden.changes import tapes, unlisted, write_list
from tests.golden.record import record


def main(arguments: list[str]) -> int:
    match arguments:
        case ["record"]:
            print(record())
            return 0
        case ["changes"]:
            found = list(unlisted())
            print("\n\n".join(found) or "nothing differs that is not listed")
            return 1 if found else 0
        case ["list", name, *reasons]:
            named = [tape for tape in tapes() if name in (tape.stem, f"{tape.parent.name}/{tape.stem}")]
            if len(named) != 1:
                raise SystemExit(f"{len(named)} runs are called {name!r}: name one as VERSION/RUN")
            write_list(named[0], reasons)
            return 0
    raise SystemExit(golden.__doc__)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
