"""Opening a data folder as a venue: first set-up, and stores that are derived from the journal."""

from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from contracts_spec.load import load_spec
from exchange.engine import query
from exchange.engine.control.registry import AccountPayload
from exchange.errors import UserError
from exchange.journal.frames import MARK_BODY, FrameKind
from exchange.journal.replay import read_frames
from exchange.main import Settings, prepare
from exchange.units import MONEY_MAX
from exchange.venue import bootstrap as opening

SETTINGS = Settings(day=date(2026, 11, 23), symbols=("H100.G90.H27",), limits="medium", durability="none")


@pytest.mark.parametrize("snapshot", [False, True])
def test_a_lost_key_store_is_made_again_from_the_journal(tmp_path: Path, snapshot: bool) -> None:
    folder = str(tmp_path / "data")
    with prepare(folder, SETTINGS) as venue:
        pair = venue.make_key("alice", account=1, deposit_mills=1_000)
        if snapshot:  # recovery then begins behind the key's definition
            venue.journal.snapshot(venue.engine)
    for file in (tmp_path / "data").glob("keys.sqlite3*"):
        file.unlink()
    with prepare(folder, SETTINGS) as venue:
        assert list(venue.keys.keys) == [pair.key]


def test_the_catalogue_is_listed_once(tmp_path: Path) -> None:
    folder = str(tmp_path / "data")
    with prepare(folder, SETTINGS) as venue:
        assert venue.created
        first = (venue.engine.sequence, venue.engine.state_hash())
    with prepare(folder, SETTINGS) as venue:
        assert not venue.created
        assert (venue.engine.sequence, venue.engine.state_hash()) == first


@pytest.mark.rule("DUR-111")
def test_a_clean_stop_leaves_a_mark_behind_the_last_command_and_one_without_commands_none(tmp_path: Path) -> None:
    folder = str(tmp_path / "data")
    with prepare(folder, SETTINGS) as venue:
        venue.make_key("alice", account=1)
        last = venue.engine.sequence
    frames = list(read_frames(folder))
    assert [frame.kind for frame in frames][-2:] == [FrameKind.SNAPMARK, FrameKind.SEAL]
    assert MARK_BODY.unpack(frames[-2].body)[0] == last
    with prepare(folder, SETTINGS):
        pass
    assert len(list(read_frames(folder))) == len(frames)


@pytest.mark.rule("DUR-111", "DUR-083")
def test_a_stop_behind_a_failure_writes_nothing_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = str(tmp_path / "data")
    with prepare(folder, SETTINGS):
        pass
    marks = [frame.sequence for frame in read_frames(folder) if frame.kind == FrameKind.SNAPMARK]

    def broken(_: object) -> None:
        raise KeyError("apply")

    def set_up(patch: pytest.MonkeyPatch) -> None:
        with prepare(folder, SETTINGS) as venue:
            venue.define_account(AccountPayload(1, 0, smp_id=1))
            patch.setattr(venue.engine, "apply", broken)
            venue.deposit(1, 5)

    with monkeypatch.context() as patch, pytest.raises(KeyError):
        set_up(patch)
    frames = list(read_frames(folder))
    assert [frame.sequence for frame in frames if frame.kind == FrameKind.SNAPMARK] == marks
    assert frames[-1].kind == FrameKind.DATA, "no SEAL says that all is well"
    with prepare(folder, SETTINGS) as venue:
        assert query.margin(venue.engine.states, 1).equity_mills == 5, "it was journalled"


@pytest.mark.rule("SPEC-004")
def test_no_more_is_paid_in_than_a_venue_counts_and_no_key_is_left_behind(tmp_path: Path) -> None:
    with prepare(str(tmp_path / "data"), SETTINGS) as venue:
        venue.make_key("alice", account=1, deposit_mills=opening.DEPOSIT_MILLS_MAX)
        venue.deposit(1, MONEY_MAX - opening.DEPOSIT_MILLS_MAX - 5)
        with pytest.raises(
            UserError, match=r"deposit 6 not in 0\.\.5: all deposits of a venue are at most 10{18} mills"
        ):
            venue.make_key("bob", account=2, deposit_mills=6)
        assert list(venue.keys.keys) == ["k_alice"]
        with pytest.raises(UserError, match=r"deposit 6 not in 0\.\.5"):
            venue.deposit(1, 6)
        venue.make_key("bob", account=2, deposit_mills=5)


def test_a_key_has_one_name_and_an_account_that_exists(tmp_path: Path) -> None:
    with prepare(str(tmp_path / "data"), SETTINGS) as venue:
        venue.make_key("alice", account=1)
        with pytest.raises(UserError, match="k_alice exists already"):
            venue.make_key("alice", account=2)
        with pytest.raises(UserError, match=r"account 0 not in 1\.\."):
            venue.make_key("bob", account=0)


def test_an_unlisted_symbol_is_refused(tmp_path: Path) -> None:
    settings = Settings(day=date(2026, 11, 23), symbols=("H100.G90.Z99",), limits="medium", durability="none")
    with pytest.raises(UserError, match=r"no instrument H100\.G90\.Z99"), prepare(str(tmp_path / "data"), settings):
        pass


@pytest.mark.rule("SPEC-010")
def test_a_family_that_belongs_to_no_chip_is_told_when_a_venue_would_list_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = load_spec()
    product = tuple(replace(one, enabled=one.enabled or one.family == "INF") for one in spec.products.product)
    monkeypatch.setattr(
        opening, "load_spec", lambda *_: replace(spec, products=replace(spec.products, product=product))
    )
    told = r"products\.toml: product\.INF\.enabled = true: no venue lists it"
    with pytest.raises(UserError, match=told), prepare(str(tmp_path / "data"), SETTINGS):
        pass
