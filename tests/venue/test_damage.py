"""Damage to any kept file of a venue is never silent: a sample with fresh seeds; `make damage` does all of it."""

import os
import random
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from exchange.errors import UserError
from exchange.journal.errors import JournalFailed, Refusal
from exchange.venue.event_files import SUFFIX
from exchange.venue.folder_check import verify_folder
from tests.gateway.harness import Bench
from tests.journal.damage import parts_of, run_part, start_some
from tests.journal.damaged_folder import FOLDER, PLACE, Faults, build, build_killed, kept_files, load, put

ROOT = Path(__file__).parent.parent
SAMPLE = 60  # faults of each file
STARTS = 12
COMMANDS = 4
KEPT = ("LOCK", "HEAD", "journal/0000000001.seg", "keys.sqlite3", "keys.sqlite3-wal", f"events/0000000001{SUFFIX}")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a venue of 300 records that was stopped cleanly, with a snapshot."""
    folder = tmp_path_factory.mktemp("sound") / "venue"
    build(str(folder), 300)
    return folder


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(sound, tmp_path / "venue")
    return tmp_path / "venue"


@pytest.fixture
def seed() -> int:
    """Fresh each time; shown when the test fails."""
    number = secrets.randbelow(1 << 31)
    print("seed", number)
    return number


@pytest.mark.rule("DUR-004", "DUR-022")
def test_flip_or_cut_of_any_kept_file_is_refused_or_told_or_touches_nothing(sound: Path, seed: int) -> None:
    silent = [text for part in parts_of(sound, SAMPLE, seed) for text in run_part(part).silent]
    assert not silent, f"seed {seed}: {silent[:3]}"


@pytest.mark.rule("DUR-004", "DUR-022", "DUR-150")
def test_no_damage_to_the_log_of_a_killed_key_store_is_silent(tmp_path: Path, seed: int) -> None:
    """SQLite itself gives an older state then, as if nothing were wrong."""
    folder = tmp_path / "killed"
    build_killed(str(folder), 100)
    silent = [text for part in parts_of(folder, SAMPLE * 2, seed, "keys") for text in run_part(part).silent]
    assert not silent, f"seed {seed}: {silent[:3]}"
    wrong = start_some(folder, STARTS // 2, seed, "keys")
    assert not wrong, f"seed {seed}: {wrong[:3]}"


@pytest.mark.rule("DUR-004", "DUR-150", "DUR-154")
def test_start_on_a_damaged_folder_refuses_or_serves_the_same(sound: Path, seed: int) -> None:
    wrong = start_some(sound, STARTS, seed)
    assert not wrong, f"seed {seed}: {wrong[:3]}"


@pytest.mark.rule("DUR-120", "DUR-022")
def test_command_says_what_the_function_says(folder: Path, seed: int) -> None:
    disk, rng = load(folder), random.Random(seed)
    for path in rng.sample(kept_files(disk), COMMANDS):
        fault = rng.choice(Faults(disk, path))
        undo = put(disk, fault)
        try:
            expected = tuple(verify_folder(FOLDER, disk=disk).notes)
        except (Refusal, JournalFailed) as refusal:
            expected = (str(refusal),)
        file = folder / path.removeprefix(f"{FOLDER}/")
        before = file.read_bytes()
        file.chmod(0o600)
        file.write_bytes(bytes(disk.file(path)))
        undo()
        command = [sys.executable, "-m", "exchange.cli.app", "journal", "verify", str(folder)]
        ended = subprocess.run(command, cwd=ROOT.parent, capture_output=True, text=True, check=False)
        said = ended.stdout + ended.stderr
        assert "Traceback" not in said and ended.returncode in (0, 65), said
        assert all(text.replace(f"{FOLDER}/", f"{folder}/") in said for text in expected), f"seed {seed}: {fault}"
        assert all(PLACE.search(text) for text in expected)
        file.write_bytes(before)


# What stands in a file's place.


def put_folder(path: Path) -> None:
    path.mkdir()


def put_fifo(path: Path) -> None:
    os.mkfifo(path)


def put_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(path))


def put_link(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.rule("DUR-004", "DUR-040")
@pytest.mark.parametrize(
    ("change", "form"),
    [(put_folder, "a folder"), (put_fifo, "a FIFO"), (put_socket, "a socket"), (put_link, "a symbolic link")],
)
@pytest.mark.parametrize("name", [*KEPT, "snap"])
def test_what_is_no_file_is_refused_at_once_by_name(
    folder: Path, name: str, change: Callable[[Path], None], form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)  # a socket's path has a hundred bytes at most
    path = Path(name if name != "snap" else str(next(Path("snap").iterdir())))
    path.unlink(missing_ok=True)
    change(path)
    with pytest.raises(UserError, match=rf"{path}.*it is {form}|it is {form}.*{path}") as started:
        Bench(".")
    assert started.value.code in (65, 74)
    if name != "LOCK":
        with pytest.raises(UserError, match=f"{path} cannot be read as a file: it is {form}"):
            verify_folder(".")


@pytest.mark.rule("DUR-040")
def test_device_is_no_file(tmp_path: Path) -> None:
    from exchange.seams import NotAFile, RealDisk

    with pytest.raises(NotAFile, match="it is a device"):
        RealDisk().open("/dev/zero", write=False)


# A journal that is older than what lies beside it.


@pytest.mark.rule("DUR-004", "DUR-105", "DUR-152")
@pytest.mark.parametrize("newer", ["keys.sqlite3", "events", "snap"])
def test_journal_and_head_rolled_back_together_are_refused_with_both_names(tmp_path: Path, newer: str) -> None:
    folder, before = tmp_path / "venue", tmp_path / "before"
    build(str(folder), 100)
    shutil.copytree(folder, before)
    with Bench(str(folder)) as bench:
        bench.connect(bench.keys[1]).ask(bench.order(10, "late"))
        bench.opened.journal.snapshot(bench.venue.engine)
        last = bench.venue.sequence
    for name in {"keys.sqlite3", "events", "snap"} - {newer} | {"journal", "HEAD"}:
        shutil.rmtree(folder / name) if (folder / name).is_dir() else (folder / name).unlink()
        kept = before / name
        shutil.copytree(kept, folder / name) if kept.is_dir() else shutil.copy(kept, folder / name)
    files = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    reason = rf"lost tail: {folder}/{newer}\S* says that {last} was durable, {folder}/journal/\d+.seg ends at \d+"
    for read in (verify_folder, Bench):
        with pytest.raises(Refusal, match=reason) as refused:
            read(str(folder))
        assert refused.value.code == 65
    assert {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()} == files


@pytest.mark.rule("DUR-004", "DUR-152")
@pytest.mark.parametrize("kept", ["keys.sqlite3", "events"])
def test_journal_that_went_on_otherwise_is_refused(tmp_path: Path, kept: str) -> None:
    """Rolled back, then written on without the stores: it is as long as they say, but not what they know."""
    folder, before = tmp_path / "venue", tmp_path / "before"
    build(str(folder), 100)
    shutil.copytree(folder, before)
    with Bench(str(folder)) as bench:
        bench.connect(bench.keys[1]).ask(bench.order(10, "one"))
    with Bench(str(before), later_ns=10**9) as bench:
        peer = bench.connect(bench.keys[1])
        for number in range(10, 20):
            peer.ask(bench.order(number, f"other{number}"))
    shutil.rmtree(folder / "journal")
    shutil.copytree(before / "journal", folder / "journal")
    shutil.copy(before / "HEAD", folder / "HEAD")
    for name in {"keys.sqlite3", "events"} - {kept}:
        shutil.rmtree(folder / name) if (folder / name).is_dir() else (folder / name).unlink()
    for read in (verify_folder, Bench):
        with pytest.raises(Refusal, match=rf"{folder}/{kept}\S* has another hash for record \d+ than the journal"):
            read(str(folder))


@pytest.mark.rule("DUR-004", "DUR-105")
def test_folder_whose_journal_is_gone_is_no_new_venue(folder: Path) -> None:
    for path in (folder / "journal").iterdir():
        path.unlink()
    (folder / "HEAD").unlink()
    shutil.rmtree(folder / "snap")
    with pytest.raises(Refusal, match="lost tail"):
        Bench(str(folder))
