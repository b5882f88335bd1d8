"""Which NEWs are plain: a limit price and lots, no further instructions. Most are; comparing a word finds them."""

from exchange.book.index import ZERO
from exchange.codes import SmpMode, TimeInForce
from exchange.engine.emit import code_word
from exchange.kernel import leaf_kernel
from exchange.machine import word_at
from exchange.records import COMMAND, place_in

CODES = place_in(COMMAND, "kind")  # offset of the eight one-byte fields
# Bits that one-byte fields of a plain order may have.
PLAIN = {
    "side": 1,
    "order_type": 0,
    "tif": int(TimeInForce.DAY | TimeInForce.GTC),
    "post_only": 0,
    "smp_mode": int(SmpMode.DECREMENT),
}
UNUSUAL = code_word(COMMAND, "kind", **{name: 0xFF & ~bits for name, bits in PLAIN.items()})
TIF_CODE = code_word(COMMAND, "kind", tif=0xFF)
IOC_CODE = code_word(COMMAND, "kind", tif=int(TimeInForce.IOC))


@leaf_kernel
def _has_codes_only(command, mask, codes):
    """Whether the masked one-byte fields of a NEW equal `codes`, and minimum, display, trigger and expiry are 0."""
    numbers = command.minimum_lots | command.display_lots | command.trigger | command.expiry_ns
    return word_at(command, CODES) & mask == codes and numbers == 0


@leaf_kernel
def is_plain(command):
    """Whether a NEW is a DAY or GTC limit order without further instructions."""
    return _has_codes_only(command, UNUSUAL, ZERO)


@leaf_kernel
def is_immediate_limit(command):
    """Whether a NEW is an IOC limit order without further instructions."""
    return _has_codes_only(command, UNUSUAL | TIF_CODE, IOC_CODE)
