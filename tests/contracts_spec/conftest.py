"""The built-in catalogue, the instruments of two days, and folders with one thing changed."""

import shutil
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pytest

from contracts_spec.instruments import Instrument, instruments_on
from contracts_spec.load import FILES, FOLDER, load_spec
from contracts_spec.schema import Spec

Edit = Callable[..., Path]


@pytest.fixture(scope="session")
def spec() -> Spec:
    return load_spec()


@pytest.fixture(scope="session")
def launch(spec: Spec) -> Mapping[str, Instrument]:
    """Instruments of 2026-11-23 by symbol."""
    return {one.symbol: one for one in instruments_on(spec, date(2026, 11, 23))}


@pytest.fixture(scope="session")
def january(spec: Spec) -> Mapping[str, Instrument]:
    """Instruments of 2027-01-11 by symbol."""
    return {one.symbol: one for one in instruments_on(spec, date(2027, 1, 11))}


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """`edited(file, old, new, ...)`: a folder with the built-in files in which texts are replaced."""

    def edit(*changes: str) -> Path:
        for name in FILES:
            shutil.copy(FOLDER / name, tmp_path / name)
        for file, old, new in zip(changes[::3], changes[1::3], changes[2::3], strict=True):
            text = (tmp_path / file).read_text()
            assert old in text, f"{old!r} is not in {file}"
            (tmp_path / file).write_text(text.replace(old, new, 1))
        return tmp_path

    return edit
