"""`gpux key make`: bad input makes neither a key nor a folder."""

from pathlib import Path

import pytest

from exchange.cli import key_making
from exchange.gateway.auth import KeyPair
from tests.cli.mistakes import ended, mistake


@pytest.mark.parametrize(
    "command",
    [
        "key make no-tape.parquet bob --account 1",
        "key make venue bob",
        "key make venue bob --account 0",
        "key make venue bob --account 1 --date 2026-13-45",
        "key make venue bob --account 1 --scopes fly",
    ],
)
def test_bad_input_is_one_line_with_exit_code_2(
    command: str, capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    assert mistake(capsys, command)
    assert not (workplace / "venue").exists()


@pytest.mark.parametrize(("scopes", "hint"), [("read,trade", "gpux top --key a.pem"), ("read", "")])
def test_who_may_trade_reads_how(
    scopes: str, hint: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = KeyPair("k_a", 7, bytes(32)), "a.pem"
    monkeypatch.setattr(key_making, "make_key", lambda *_: made)
    code, out, err = ended(capsys, "key", "make", "data", "a", "--account", 7, "--scopes", scopes)
    assert code == 0 and out.startswith("private key of k_a (account 7")
    assert hint in err and bool(hint) == bool(err)
