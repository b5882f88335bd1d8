"""The stores of a folder: what they claim of its journal, and lost events restored from it (DUR-152, DUR-154)."""

from pathlib import Path

import pytest

from exchange.engine.engine import Engine
from exchange.errors import Warnings
from exchange.journal.errors import JournalFailed, Refusal
from exchange.limits import MEDIUM
from exchange.seams import RealDisk
from exchange.venue import derived_stores
from exchange.venue.derived_stores import EVENTS, KEY_FILE, restore_events, store_claims
from exchange.venue.event_history import EventHistory
from tests.gateway.harness import Bench


@pytest.fixture
def stopped(tmp_path: Path) -> tuple[str, bytes, int]:
    """A folder with some orders of account 1; its journal id and last command."""
    folder = str(tmp_path / "venue")
    with Bench(folder) as bench:
        peer = bench.connect(bench.keys[1])
        for number in range(5):
            peer.ask(bench.order(10 + number, f"a{number}"))
        identity, last = bench.opened.journal.identity, bench.venue.sequence
    return folder, identity.journal_id, last


@pytest.mark.rule("DUR-152")
def test_each_store_claims_the_command_up_to_which_it_goes(stopped: tuple[str, bytes, int]) -> None:
    folder, journal_id, last = stopped
    claims = store_claims(RealDisk(), folder, journal_id)
    assert [claim.path.removeprefix(f"{folder}/").split("/")[0] for claim in claims] == [KEY_FILE, EVENTS]
    assert {claim.sequence for claim in claims} == {last} and len({claim.hash for claim in claims}) == 1


@pytest.mark.rule("DUR-152")
def test_a_folder_without_stores_or_of_another_journal_claims_nothing(
    tmp_path: Path, stopped: tuple[str, bytes, int]
) -> None:
    assert store_claims(RealDisk(), str(tmp_path / "none"), b"") == []
    folder, _, _ = stopped
    assert store_claims(RealDisk(), folder, bytes(16)) == []
    (tmp_path / "other" / EVENTS).parent.mkdir()
    (tmp_path / "other" / EVENTS).touch()
    with pytest.raises(JournalFailed, match="cannot be read as a folder"):
        store_claims(RealDisk(), str(tmp_path / "other"), bytes(16))


@pytest.mark.rule("DUR-154")
def test_lost_events_are_those_that_a_replay_gives(stopped: tuple[str, bytes, int], tmp_path: Path) -> None:
    folder, journal_id, last = stopped
    kept, again = (EventHistory(RealDisk(), place, Warnings(), journal_id) for place in (
        f"{folder}/{EVENTS}", str(tmp_path / "again"),
    ))  # fmt: skip
    kept.load(last)
    again.load(last, last + 1)
    assert again.missing_from == 1 and kept.missing_from == 0
    warnings = Warnings()
    engine = Engine(MEDIUM)
    restore_events(again, folder, RealDisk(), engine.limits, 0, last + 1, warnings)
    assert warnings.lines == []
    assert [again.of_command(number) for number in range(1, last + 1)] == [
        kept.of_command(number) for number in range(1, last + 1)
    ]
    kept.close()
    again.close()


@pytest.mark.rule("DUR-154")
def test_events_that_cannot_be_restored_stay_missing_with_a_warning(
    stopped: tuple[str, bytes, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Refusal("replay gives other events than were recorded")

    folder, journal_id, last = stopped
    monkeypatch.setattr(derived_stores, "replay_from", refuse)
    history, warnings = EventHistory(RealDisk(), str(tmp_path / "again"), Warnings(), journal_id), Warnings()
    history.load(last, last + 1)
    restore_events(history, folder, RealDisk(), MEDIUM, 0, last + 1, warnings)
    assert history.of_command(last) is None
    assert ["could not be restored" in line for line in warnings.lines] == [True]
    history.close()
