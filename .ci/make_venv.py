"""Makes a virtual environment with pip, also where Python comes without ensurepip, as a fresh Debian's does.

    python3 .ci/make_venv.py FOLDER

There pip's own wheel is fetched from the package index (PIP_INDEX_URL, else pypi.org) and installs itself. Only the
standard library is used: nothing is installed yet.
"""

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from urllib.parse import urljoin
from urllib.request import urlopen

PAGE = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/pip/"
WHEEL = re.compile(r'href="(?P<url>[^"#]*/?(?P<name>pip-[0-9.]+-py3-none-any\.whl))#sha256=(?P<hash>[0-9a-f]{64})"')


def fetch_pip(page: str, folder: Path) -> Path:
    """The newest wheel of pip that an index page names, checked by its hash. OSError, ValueError: there is none."""
    with urlopen(page, timeout=60) as answer:
        wheels = list(WHEEL.finditer(answer.read().decode()))
    if not wheels:
        raise ValueError(f"{page} names no wheel of pip")
    newest = max(wheels, key=lambda wheel: [int(part) for part in re.findall("[0-9]+", wheel["name"].split("-")[1])])
    with urlopen(urljoin(page, newest["url"]), timeout=60) as answer:
        data = answer.read()
    if hashlib.sha256(data).hexdigest() != newest["hash"]:
        raise ValueError(f"{newest['name']} is not what {page} says")
    path = folder / newest["name"]
    path.write_bytes(data)
    return path


def make_without_ensurepip(target: Path, page: str) -> None:
    venv.EnvBuilder(clear=True, symlinks=True).create(target)
    with tempfile.TemporaryDirectory() as folder:
        wheel = fetch_pip(page, Path(folder))
        install = [target / "bin" / "python", wheel / "pip", "install", "--quiet", "--no-index", wheel]
        subprocess.run(install, check=True)


def main() -> int:
    target = Path(sys.argv[1])
    try:
        venv.EnvBuilder(clear=True, symlinks=True, with_pip=True).create(target)
        return 0
    except subprocess.CalledProcessError:
        print("setup: this Python comes without ensurepip, fetching pip")
    try:
        make_without_ensurepip(target, PAGE)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        print(f"gpux needs pip or Python's venv module (apt-get install python3-venv): {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
