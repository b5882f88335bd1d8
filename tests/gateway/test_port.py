"""The venue offers what the gateway's port names, and the gateway knows no more of it."""

import ast
import inspect
from pathlib import Path

import pytest

from exchange.gateway import port
from exchange.gateway.port import AccountQuestions, KeptEvents, MarketFeed, VenuePort, WideFeed
from tests.gateway.harness import Bench

FOLDER = Path(port.__file__).parent


def members(protocol: type) -> set[str]:
    return {name for name in vars(protocol) if not name.startswith("_")}


def test_the_venue_has_every_member_of_the_port(bench: Bench) -> None:
    venue = bench.venue
    for protocol, part in (
        (VenuePort, venue),
        (KeptEvents, venue.history),
        (MarketFeed, venue.market),
        (WideFeed, venue.market.wide),
        (AccountQuestions, venue.questions),
    ):
        missing = {name for name in members(protocol) if not hasattr(part, name)}
        assert members(protocol) and not missing, protocol


@pytest.mark.parametrize("protocol", [KeptEvents, MarketFeed, WideFeed, AccountQuestions])
def test_the_venue_takes_the_arguments_of_the_port(bench: Bench, protocol: type) -> None:
    venue = bench.venue
    part = {
        KeptEvents: venue.history, MarketFeed: venue.market, WideFeed: venue.market.wide,
        AccountQuestions: venue.questions,
    }[protocol]  # fmt: skip
    for name in members(protocol):
        if isinstance(vars(protocol)[name], property):
            continue
        wanted = [*inspect.signature(getattr(protocol, name)).parameters][1:]
        assert [*inspect.signature(getattr(part, name)).parameters] == wanted, name


def test_the_gateway_uses_only_members_of_the_port() -> None:
    """An attribute of anything called `port` in the gateway's code is a member of VenuePort."""
    used = {
        node.attr
        for file in FOLDER.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if (isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith(("gateway.port", "_port", " port")))
        or (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "port")
    }  # fmt: skip
    assert used and used <= members(VenuePort)
