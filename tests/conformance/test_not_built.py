"""Words of the notation that the exchange has no command for."""

import pytest

from exchange.conformance import not_built
from exchange.conformance.not_built import unsupported_words
from tests.conformance.reading import read


def test_what_is_not_built_is_found_wherever_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(not_built, "NOT_BUILT", frozenset({"vel", "MQ"}))
    assert unsupported_words(read(parameters="vel=3", messages="T 5; D 1; MR a; MQ a M1:1@1/1@2")) == ["MQ", "vel"]
    assert unsupported_words(read(parameters="algo=fifo imp=0 band=3", before="a S1@1 disp=1", messages="K a; U")) == []
