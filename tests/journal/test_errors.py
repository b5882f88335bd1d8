"""Why the journal stops: the message names the place, the exit code says of what kind it is (DUR-108)."""

import errno

import pytest

from exchange.journal.errors import (
    EXIT_DATA,
    EXIT_IO,
    EXIT_MISMATCH,
    EXIT_NO_SPACE,
    JournalFailed,
    Refusal,
    is_full,
    reading,
)


@pytest.mark.rule("DUR-108")
def test_a_refusal_names_its_place_if_it_has_one() -> None:
    assert str(Refusal("no journal")) == "journal refused: no journal"
    refusal = Refusal("the chain is broken", 2, 4_096, 77, EXIT_MISMATCH)
    assert str(refusal) == "journal refused: segment 2 offset 4096 sequence 77: the chain is broken"
    assert (refusal.code, refusal.segment, refusal.offset, refusal.sequence) == (EXIT_MISMATCH, 2, 4_096, 77)
    assert Refusal("no journal").code == EXIT_DATA


@pytest.mark.rule("DUR-024", "DUR-083")
@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, EXIT_NO_SPACE), (errno.EDQUOT, EXIT_NO_SPACE), (errno.EIO, EXIT_IO)]
)
def test_a_full_disk_has_an_exit_code_of_its_own(number: int, code: int) -> None:
    error = OSError(number, "the disk")
    assert is_full(error) == (code == EXIT_NO_SPACE)
    assert JournalFailed(error).code == code


def test_a_limit_of_open_files_is_no_full_disk() -> None:
    assert not is_full(OSError(errno.EMFILE, "Too many open files"))


@pytest.mark.parametrize("form", ["a file", "a folder"])
def test_what_cannot_be_read_is_named(form: str) -> None:
    def read() -> None:
        with reading("data/HEAD", form):
            raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(JournalFailed, match=f"data/HEAD cannot be read as {form}: Input/output error") as failed:
        read()
    assert failed.value.code == EXIT_IO
