"""Each format is written from the same source; wrong targets are found before the source is read."""

from pathlib import Path

import pytest

from bench.readers.formats import read_source
from bench.readers.report import ImportOptions
from bench.writers.convert import ConvertTarget, convert_file, moment_ns, number, write
from exchange.errors import UserError
from tests.bench.itch_file import write_day
from tests.bench.readers.test_binance import LINES, UNITS
from tests.bench.readers.test_binance import write as write_capture


@pytest.mark.rule("TAPE-005")
def test_every_format_is_written(tmp_path: Path) -> None:
    source = read_source(write_day(tmp_path), ImportOptions())
    out = tmp_path / "out"
    out.mkdir()
    files = {
        "tape": "a.parquet",
        "dbn": "a.dbn",
        "hftbacktest": "a.npz",
        "events": "a.arrow",
        "lobster": "",
        "itch": "",
    }
    for name, file in files.items():
        target = ConvertTarget(out / file if file else out, name, levels=3)
        assert target.name() == name and str(out) in write(source, target, name)
    assert len(list(out.iterdir())) == 7


@pytest.mark.rule("TAPE-015")
def test_capture_of_levels_is_checked_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_capture(tmp_path, LINES)
    assert convert_file(path, UNITS, ConvertTarget(), "binance") == 0
    assert "best levels 2 equal" in capsys.readouterr().out
    wrong = [LINES[0].replace("0.003", "0.004"), *LINES[1:]]
    assert convert_file(write_capture(tmp_path, wrong), UNITS, ConvertTarget(), "binance") == 1
    assert "first bad   row 1: best levels ((99, 4), (101, 1000)), the feed has ((99, 3)" in capsys.readouterr().out


def test_packages_and_folder_are_checked_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.extras.find_spec", lambda name: None)
    for file, package in (("a.dbn", "databento_dbn"), ("a.arrow", "pyarrow"), ("a.parquet", "pyarrow")):
        with pytest.raises(UserError, match=f"writing .*{file} needs {package}, which is not installed"):
            ConvertTarget(tmp_path / file).name()
    with pytest.raises(UserError, match="needs pyarrow"):
        ConvertTarget(tmp_path, "lobster").name()
    monkeypatch.setattr("bench.extras.find_spec", lambda name: name if name != "pyarrow" else None)
    with pytest.raises(UserError, match=r"a\.dbn\.zst needs pyarrow"):
        ConvertTarget(tmp_path / "a.dbn.zst").name()
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(UserError, match="this user may not write in it"):
        ConvertTarget(tmp_path, "itch").name()


def test_a_missing_folder_is_made_when_it_is_written(tmp_path: Path) -> None:
    source = read_source(write_day(tmp_path), ImportOptions())
    for name in ("itch", "lobster"):
        target = ConvertTarget(tmp_path / f"new-{name}", name)
        assert target.name() == name and not (tmp_path / f"new-{name}").exists()
        write(source, target, name)
        assert list((tmp_path / f"new-{name}").iterdir())
    (tmp_path / "file").touch()
    for path, message in (("file", "written into a folder, and this is none"), ("no/new", "no: no such folder")):
        with pytest.raises(UserError, match=message):
            ConvertTarget(tmp_path / path, "lobster").name()


def test_numbers_and_times_are_exact() -> None:
    assert str(number("--tick", "0.10")) == "0.10"
    assert moment_ns("--start", "2019-12-30T14:30:00.5") == 1_577_716_200_500_000_000
    assert moment_ns("--start", "2019-12-30T14:30:00-05:00") == 1_577_734_200_000_000_000
    for text in ("-1", "nan", "much"):
        with pytest.raises(UserError, match="allowed: a number above 0"):
            number("--tick", text)
    with pytest.raises(UserError, match="--to 'doc', allowed: tape, dbn"):
        ConvertTarget(Path("a"), "doc").name()
