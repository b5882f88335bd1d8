"""Errors of the venue and the client as those of ccxt."""

from clients.adapters.unified.order_terms import Unsupported
from clients.adapters.unified.refusals import OF_CODE, OF_FAILURE, TRANSLATED, error_name
from clients.errors import ChannelRefused, ConnectFailed, Refused, Throttled
from exchange.wire.errors import ErrorCode, error
from tests.clients.adapters.venue_scene import needs


def test_every_error_of_the_venue_has_a_class() -> None:
    assert set(OF_CODE) == set(ErrorCode)


def test_the_code_of_a_refusal_decides() -> None:
    assert error_name(Refused(error(1, ErrorCode.MARGIN, ""))) == "InsufficientFunds"
    assert error_name(ChannelRefused("depth 1", ErrorCode.UNKNOWN_INSTRUMENT)) == "BadSymbol"


def test_a_refused_logon_is_not_an_unreachable_venue() -> None:
    refusal = error(1, ErrorCode.BAD_AUTH, "wrong signature")
    assert error_name(ConnectFailed("logon refused", refusal)) == "AuthenticationError"
    assert error_name(ConnectFailed("nobody listens at ws://127.0.0.1:1")) == "ExchangeNotAvailable"


def test_errors_of_the_client_have_classes() -> None:
    assert error_name(Throttled("order", 0.1)) == "RateLimitExceeded"
    assert error_name(Unsupported("no")) == "NotSupported"
    assert error_name(ValueError("off the tick")) == "InvalidOrder"


@needs("ccxt")
def test_ccxt_has_all_these_classes() -> None:
    import ccxt

    for name in {*OF_CODE.values(), *OF_FAILURE.values()}:
        assert issubclass(getattr(ccxt, name), ccxt.BaseError)
    assert not any(issubclass(kind, ccxt.BaseError) for kind in TRANSLATED)
