"""The encodings that a channel needs."""

from exchange.publish.fold.audience import ENCODING_BITS, Everyone, encoding_bits


class Some:
    def take_changed(self) -> list[int]:
        return [1]

    def encodings_of(self, channel: int) -> list[str]:
        return {1: ["msgpack"], 2: []}[channel]


def test_bits_are_those_of_the_subscribers_encodings() -> None:
    assert encoding_bits(Some(), 1) == ENCODING_BITS["msgpack"] and encoding_bits(Some(), 2) == 0
    assert not Everyone().take_changed()
    assert encoding_bits(Everyone(), 5) == sum(ENCODING_BITS.values()) == 3
