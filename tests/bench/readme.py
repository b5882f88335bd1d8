"""The blocks of bench/README.md, for tests that run them."""

import re
from pathlib import Path

import bench

README = Path(bench.__file__).with_name("README.md")


def block(section: str, language: str = "python") -> str:
    """The first block of a language in a section."""
    text = re.split(r"^## ", README.read_text().split(f"\n## {section}\n")[1], flags=re.MULTILINE)[0]
    found = re.search(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found.group(1)


def run_block(section: str) -> dict[str, object]:
    """Run the first block of Python in a section. Returns the names at its top."""
    names: dict[str, object] = {}
    exec(compile(block(section), str(README), "exec"), names)  # noqa: S102
    return names
