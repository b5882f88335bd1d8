"""What `gpux key make` leaves behind, in the venue and on disk, and what it refuses."""

import io
import json
import os
import socket
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from clients.credentials import Ed25519
from exchange.cli import key_making
from exchange.cli.operator import By
from exchange.engine import query
from exchange.errors import UserError
from exchange.gateway.auth import KeyPair, encode_bytes, verify
from exchange.journal.dump import dump
from exchange.main import Settings, prepare
from exchange.operator.port import socket_path
from tests.gateway.harness import DAY, SYMBOL

SETTINGS = Settings(day=DAY, symbols=(SYMBOL,), durability="none", limits="medium", segment_bytes=1 << 20)


def make(folder: Path, name: str = "mm1", account: int = 7, **changes: object) -> tuple[KeyPair, str]:
    options = {"deposit_mills": 5_000, "scopes": ("read", "trade"), "key_file": "", "firm": 0, "settings": SETTINGS}
    console = Console(file=io.StringIO(), width=200)
    return key_making.make_key(str(folder), name, account, console=console, **(options | changes))


def test_key_is_made_with_its_account_and_money_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "venue"
    pair, path = make(folder)
    assert (pair.key, path) == ("k_mm1", f"{folder}/mm1.pem")
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert Ed25519.load(path).sign(b"x") == pair.sign(b"x")
    with prepare(str(folder), SETTINGS) as setup:
        assert setup.keys.keys["k_mm1"].accounts == (7,)
        assert setup.venue.questions.margin_view(7).equity_mills == 5_000
        assert pair.seed not in b"".join(file.read_bytes() for file in (folder / "journal").iterdir())


@pytest.mark.rule("SEC-063")
def test_a_key_made_while_the_venue_does_not_run_is_an_act_that_nobody_signed(tmp_path: Path) -> None:
    folder = tmp_path / "venue"
    make(folder, "ops", scopes=("admin",), deposit_mills=0, by=By(reason="the first"))
    with pytest.raises(UserError, match="only one that runs checks signatures"):
        make(folder, "more", by=By(sign=f"{folder}/ops.pem"))
    with pytest.raises(UserError, match="a reason of 201 characters"):
        make(folder, "more", by=By(reason="x" * 201))
    with pytest.raises(UserError, match="account 0 not in"):
        make(folder, "more", account=0)
    told = [line for line in map(json.loads, dump(str(folder))) if "kind" in line]
    kinds = [line["kind"] for line in told]
    assert kinds[-3:] == ["ACT", "DEFINE_ACCOUNT", "DEFINE_KEY"] and kinds.count("ACT") == 1
    assert told[-3]["payload"]["signatures"] == [] and told[-3]["asked"]["reason"] == "the first"
    assert (told[-3]["asked"]["key"], told[-3]["asked"]["scopes"]) == ("k_ops", ["admin"])


@pytest.mark.rule("ACCT-011")
def test_key_of_a_risk_desk_names_its_firm(tmp_path: Path) -> None:
    folder = tmp_path / "venue"
    make(folder, firm=5)
    make(folder, "desk", firm=5, scopes=("read", "risk"))
    with pytest.raises(UserError, match="account 7 is of firm 5, not 6"):
        make(folder, "other", firm=6)
    with prepare(str(folder), SETTINGS) as setup:
        assert setup.keys.keys["k_desk"].firm == query.firm_of(setup.engine.states, 7) == 5


@pytest.mark.rule("ACCT-010")
def test_key_for_a_drop_copy_has_the_firm_of_its_account(tmp_path: Path) -> None:
    folder = tmp_path / "venue"
    make(folder, firm=5)
    make(folder, "desk", scopes=("dc",))
    with pytest.raises(UserError, match="account 9 has none: add --firm"):
        make(folder, "nobody", account=9, scopes=("dc",))
    with prepare(str(folder), SETTINGS) as setup:
        assert setup.keys.keys["k_desk"].firm == 5 and "k_nobody" not in setup.keys.keys
    assert not (folder / "nobody.pem").exists()


@pytest.mark.rule("SEC-070")
def test_private_key_is_never_overwritten_nor_a_key_made_twice(tmp_path: Path) -> None:
    folder = tmp_path / "venue"
    make(folder)
    with pytest.raises(UserError, match="never overwritten"):
        make(folder)
    with pytest.raises(UserError, match="k_mm1 exists already"):
        make(folder, key_file=str(tmp_path / "other.pem"))
    assert not (tmp_path / "other.pem").exists()


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"account": 0}, "account 0 not in"),
        ({"account": 10**6}, "account 1000000 not in"),
        ({"scopes": ("trade", "fly")}, "scopes"),
        ({"name": "x" * 30}, "1 to 24"),
        ({"name": "b b"}, "1 to 24 characters from"),
        ({"name": ""}, "name '' is not 1 to 22 characters from"),
        ({"name": "../mm1"}, "1 to 24 characters from"),
        ({"deposit_mills": -1}, "deposit -1 not in"),
        ({"deposit_mills": 2**63 - 1}, "deposit 9223372036854775807 not in"),
        ({"firm": 2**32}, "firm 4294967296 not in"),
        ({"key_file": "/no/such/folder/key.pem"}, "/no/such/folder/key.pem cannot be written"),
    ],
)
@pytest.mark.rule("BAD-064")
def test_key_that_cannot_be_is_refused_in_one_line_and_leaves_nothing(tmp_path: Path, changes: dict, text: str) -> None:
    with pytest.raises(UserError, match=text) as refused:
        make(tmp_path / "venue", **changes)
    assert refused.value.code == 2
    assert list(tmp_path.iterdir()) == [], "no venue is made for a key that cannot be"
    make(tmp_path / "venue", "first", account=8)
    with pytest.raises(UserError, match=text):
        make(tmp_path / "venue", **changes)
    assert [path.name for path in tmp_path.rglob("*.pem")] == ["first.pem"]
    with prepare(str(tmp_path / "venue"), SETTINGS) as setup:
        assert set(setup.keys.keys) == {"k_first"} and query.firm_of(setup.engine.states, 7) == 0


@pytest.mark.parametrize("changes", [{"by": By(sign="ops.pem")}, {"by": By(reason="x" * 201)}])
def test_key_that_a_venue_at_rest_cannot_take_leaves_no_folder(tmp_path: Path, changes: dict) -> None:
    with pytest.raises(UserError):
        make(tmp_path / "venue", **changes)
    assert list(tmp_path.iterdir()) == []


def test_private_key_may_go_into_the_folder_that_is_made(tmp_path: Path) -> None:
    _, path = make(tmp_path / "venue", key_file=str(tmp_path / "venue" / "mine.pem"))
    assert path == f"{tmp_path}/venue/mine.pem" and Path(path).is_file()


@pytest.mark.rule("SEC-024")
def test_key_that_was_made_elsewhere_is_enrolled_by_its_public_half(tmp_path: Path) -> None:
    folder, key = tmp_path / "venue", Ed25519.generate()
    assert make(folder, public=key.public) == (KeyPair("k_mm1", 7, b""), "")
    assert not list(folder.glob("*.pem"))
    with prepare(str(folder), SETTINGS) as setup:
        assert verify(setup.keys.keys["k_mm1"].public, b"x", key.sign(b"x"))
        assert setup.venue.questions.margin_view(7).equity_mills == 5_000
    small = encode_bytes(bytes(32))
    for public, key_file, what in (("abc", "", "32 are needed"), ("a+b", "", "no key"), (small, "", "small order")):
        with pytest.raises(UserError, match=what):
            make(folder, "other", public=public, key_file=key_file)
    with pytest.raises(UserError, match="--public and --file"):
        make(folder, "other", public=key.public, key_file="x.pem")


@pytest.mark.rule("DUR-108")
def test_folder_in_use_is_refused_with_75(tmp_path: Path) -> None:
    with prepare(str(tmp_path / "venue"), SETTINGS), pytest.raises(UserError, match="in use") as refused:
        make(tmp_path / "venue")
    assert refused.value.code == 75


@pytest.mark.rule("CONFIG-007")
def test_a_day_without_a_catalogue_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="1990") as refused:
        make(tmp_path / "venue", settings=replace(SETTINGS, day=date(1990, 1, 1)))
    assert refused.value.code == 78
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("answer", "stays"),
    [
        (b"", True),
        (b'{"ok":false,"lines":["key k_mm1 made"],"why":"no money"}\n', True),
        (b'{"ok":false,"lines":[],"why":"no"}\n', False),
    ],
    ids=["no answer", "half done", "refused"],
)
@pytest.mark.rule("SEC-063")
def test_private_key_stays_unless_the_venue_certainly_does_not_know_its_public_half(
    tmp_path: Path, answer: bytes, stays: bool
) -> None:
    folder = tmp_path / "venue"
    folder.mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(socket_path(str(folder)))
        listener.listen()

        def serve() -> None:
            while True:
                line, _ = listener.accept()
                with line:
                    if line.recv(65_536):
                        line.sendall(answer)
                        return

        venue = threading.Thread(target=serve)
        venue.start()
        with pytest.raises(UserError) as refused:
            make(folder)
        venue.join()
    assert (folder / "mm1.pem").exists() == stays
    assert (f"{folder}/mm1.pem stays" in str(refused.value)) == stays
