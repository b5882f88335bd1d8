"""A logon's `welcome` says which session to resume, and memory is that of a process."""

import os

from bench.gateway.logons import _welcome, resident_kib


def test_welcome_names_the_session_and_the_last_event() -> None:
    data = b'\x81\x7e\x00\x99[{"t":"welcome","re":1,"sid":"s_2","s":[[7,31]]},{"t":"live"}]'
    assert _welcome(data) == ("s_2", 31)


def test_resident_memory_is_that_of_a_process() -> None:
    assert 10_000 < resident_kib(os.getpid()) <= resident_kib(os.getpid(), most=True) < 10_000_000
