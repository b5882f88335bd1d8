"""Every kind of bad input that the gateway answers, and random ones."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.wire.messages import Err, Ping
from tests.gateway.harness import Bench, Peer

HEAD = '{"t":"new","id":10,"i":34734166,"side":"b","q":5,"coid":"a1"'


def order_text(fields: str) -> str:
    return f"{HEAD},{fields}}}"


def coid_text(coid: str) -> str:
    return f'{{"t":"new","id":10,"i":34734166,"side":"b","px":2800,"q":5,"coid":"{coid}"}}'


TABLE = [
    ("BAD-024", "", 1001, "MALFORMED"),
    ("BAD-024", "[]", 1001, "MALFORMED"),
    ("BAD-024", "null", 1001, "MALFORMED"),
    ("BAD-025", order_text('"px":2800') + "{}", 1001, "MALFORMED"),
    ("BAD-026", "\ufeff" + order_text('"px":2800'), 1001, "MALFORMED"),
    ("BAD-028", coid_text("\\ud800"), 1001, "MALFORMED"),
    ("BAD-029", order_text('"px":250,"px":1'), 1001, "DUPLICATE_FIELD"),
    ("BAD-030", order_text('"px":2800,"admin":true'), 1001, "UNKNOWN_FIELD"),
    ("BAD-031", '{"t":"new","id":10,"side":"b","px":2800,"q":5,"coid":"a1"}', 1001, "MISSING_FIELD"),
    ("BAD-032", order_text('"px":250.0'), 1001, "BAD_TYPE"),
    ("BAD-032", order_text('"px":"250"'), 1001, "BAD_TYPE"),
    ("BAD-032", order_text('"px":true'), 1001, "BAD_TYPE"),
    ("BAD-032", order_text('"px":null'), 1001, "BAD_TYPE"),
    ("BAD-033", order_text('"px":NaN'), 1001, "MALFORMED"),
    ("BAD-033", order_text('"px":+250'), 1001, "MALFORMED"),
    ("BAD-033", order_text('"px":0250'), 1001, "MALFORMED"),
    ("BAD-034", order_text('"px":0'), 1001, "OUT_OF_RANGE"),
    ("BAD-034", order_text('"px":-1'), 1001, "OUT_OF_RANGE"),
    ("BAD-035", order_text(f'"px":{2**63}'), 1001, "OUT_OF_RANGE"),
    ("BAD-035", order_text(f'"px":{2**64}'), 1001, "OUT_OF_RANGE"),
    ("BAD-035", order_text(f'"px":{"9" * 3_000}'), 1001, "OUT_OF_RANGE"),
    ("BAD-036", order_text('"px":3900'), 5003, ""),
    (
        "BAD-037",
        '{"t":"new","id":10,"i":34734166,"side":"b","px":2800,"q":2000000,"coid":"a1"}',
        5005,
        "q 2000000 is not in 1..10000 (field q)",
    ),
    (
        "BAD-037",
        f'{{"t":"new","id":10,"i":34734166,"side":"b","px":2800,"q":{2**40},"coid":"a1"}}',
        1001,
        "OUT_OF_RANGE",
    ),
    ("BAD-038", coid_text("a1\\n"), 1001, "BAD_ID"),
    ("BAD-039", coid_text("a\\u0000b"), 1001, "BAD_ID"),
    ("BAD-039", coid_text("x" * 25), 1001, "BAD_ID"),
    ("BAD-039", coid_text("../../x"), 1001, "BAD_ID"),
    ("BAD-039", coid_text("<script>"), 1001, "BAD_ID"),
    ("BAD-039", coid_text("'; DROP"), 1001, "BAD_ID"),
    ("BAD-040", '{"t":"new","id":10,"i":4,"side":"b","px":2800,"q":5,"coid":"a1"}', 5001, ""),
    ("BAD-041", "[" * 4_000, 1001, "MALFORMED"),
    ("BAD-052", f'{{"t":"cancel","id":{2**63},"coid":"a1"}}', 1001, "OUT_OF_RANGE"),
    ("SEC-059", '{"t":"batch","id":10,"ops":[]}', 1001, "OUT_OF_RANGE"),
    ("SEC-059", '{"t":"quote","id":10,"mmp":1,"qs":[[34734166,1,1,2]]}', 1001, "OUT_OF_RANGE"),
    ("SEC-059", '{"t":"timer","id":10,"ms":999}', 1001, "OUT_OF_RANGE"),
    ("MMP-001", '{"t":"mmp_set","id":10,"grp":1,"win_ms":1000,"fills":257}', 1001, "OUT_OF_RANGE"),
    ("SEC-056", f'{{"t":"mmp_set","id":10,"grp":1,"win_ms":1000,"lots":{2**31}}}', 1001, "OUT_OF_RANGE"),
    ("SEC-056", f'{{"t":"mmp_set","id":10,"grp":1,"win_ms":1000,"delta":{2**31}}}', 1001, "OUT_OF_RANGE"),
    ("ENTRY-023", '{"t":"mmp_reset","id":10,"grp":77}', 5301, "grp 77 is no protection group"),
    ("RECOV-014", '{"t":"replay","id":10,"from":5,"to":1}', 1010, "from 5 is above to 1"),
    ("RECOV-014", '{"t":"query","id":10,"what":"fills","from":5,"to":1}', 1010, "from 5 is above to 1"),
    ("BAD-062", '{"t":"bands_off","id":10}', 1002, "UNKNOWN_OP"),
]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    with Bench(str(tmp_path_factory.mktemp("venue"))) as made:
        yield made


@pytest.mark.rule(*sorted({row[0] for row in TABLE}), "SEC-052", "SEC-053", "WIRE-011")
@pytest.mark.parametrize(
    ("code", "text", "number", "name"), TABLE, ids=[f"{row[0]}-{n}" for n, row in enumerate(TABLE)]
)
def test_bad_message_has_its_error_and_the_session_lives(
    bench: Bench, code: str, text: str, number: int, name: str
) -> None:
    peer = bench.connect(bench.keys[1])
    before = bench.venue.engine.state_hash()
    peer.raw(text)
    error = peer.take()[0]
    assert isinstance(error, Err) and error.code == number and error.message.startswith(name), error
    assert (bench.venue.engine.state_hash() == before) == (number != 5003)
    assert peer.ask(Ping(request_id=11))[0].reply_to == 11
    peer.drop()


@pytest.mark.rule("BAD-042")
def test_msgpack_array_that_claims_billions_is_malformed(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1], msgpack=True)
    peer.raw(b"\xdd\xff\xff\xff\xff")
    assert peer.take()[0].message.startswith("MALFORMED")


@pytest.mark.rule("BAD-027")
def test_msgpack_text_that_is_not_utf8_is_malformed(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1], msgpack=True)
    peer.raw(b"\x83\xa1t\xa3new\xa2id\x05\xa4coid\xa2a\xff")
    assert peer.take()[0].message.startswith("MALFORMED")


@pytest.mark.rule("WIRE-003")
def test_more_than_64_messages_in_a_frame_close(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    peer.raw("[" + ",".join(['{"t":"ping","id":1}'] * 65) + "]")
    bench.settle()
    assert peer.transport.closed is not None and peer.transport.closed[0] == 1009


@pytest.mark.rule("WIRE-004")
def test_good_members_of_an_array_with_a_bad_one_stand(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    peer.raw('[{"t":"ping","id":1},{"t":"nonsense","id":2},{"t":"ping","id":3}]')
    assert [(message.reply_to, isinstance(message, Err)) for message in peer.take()] == [
        (1, False),
        (2, True),
        (3, False),
    ]


# Random input. One venue for all examples: whatever came before, the next sessions notice nothing.

WORDS = st.sampled_from(
    [
        "t",
        "id",
        "i",
        "side",
        "px",
        "q",
        "coid",
        "oid",
        "new",
        "cancel",
        "auth",
        "sub",
        "ch",
        "b",
        "s",
        "acc",
        "batch",
        "ops",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=5), inner, max_size=6),
    max_leaves=12,
)
TAGS = st.sampled_from(
    [
        "new", "cancel", "replace", "cancel_all", "batch", "query", "quote", "auth", "ping", "sub", "unsub", "resync",
        "replay", "limits", "cod", "timer", "kill", "mmp_set", "logout",
    ]
)  # fmt: skip
LIKELY = st.fixed_dictionaries(
    {"t": TAGS, "id": st.integers(1, 2**53 - 1)},
    optional={
        "acc": st.sampled_from([1, 2, 77]),
        "i": st.sampled_from([34734166, 5]),
        "side": st.sampled_from(["b", "s"]),
        "px": st.integers(2_500, 3_100),
        "q": st.integers(0, 20),
        "coid": st.sampled_from(["a", "b", "c1"]),
        "oid": st.integers(0, 2**40),
        "tif": st.sampled_from(["day", "gtc", "ioc", "fok", "gtd"]),
        "what": st.sampled_from(["order", "open", "fills", "positions", "margin", "time"]),
        "from": st.integers(0, 50),
        "to": st.integers(0, 50),
        "c": st.integers(0, 5) | st.lists(st.integers(0, 5), max_size=3),
        "ops": st.lists(st.fixed_dictionaries({"t": TAGS}, optional={"coid": st.just("a")}), max_size=3),
        "ch": st.lists(
            st.fixed_dictionaries(
                {"n": st.sampled_from(["depth", "trades", "top", "status"])}, optional={"i": st.just(34734166)}
            ),
            max_size=3,
        ),
        "ms": st.integers(-1, 5_000),
        "mode": st.sampled_from(["off", "session"]),
    },
)


def healthy(bench: Bench, witness: Peer) -> None:
    """Another session trades and is answered as if nothing had happened."""
    number = bench.gateway.connections_opened * 1_000 + bench.venue.counters.commands
    reply = witness.ask(bench.order(number, f"w{number}", price_tick=bench.price - 300))[0]
    assert reply.reply_to == number and reply.state == "open"


@pytest.fixture(scope="module")
def witness(bench: Bench) -> Peer:
    return bench.connect(bench.keys[3])


@pytest.mark.rule("DUR-033")
@given(data=st.binary(max_size=400), logged_on=st.booleans(), msgpack=st.booleans())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_bytes_are_refused_and_no_other_client_notices(
    bench: Bench, witness: Peer, data: bytes, logged_on: bool, msgpack: bool
) -> None:
    bench.drop_idle_sessions()
    peer = bench.connect(bench.keys[1], msgpack=msgpack) if logged_on else bench.open(msgpack=msgpack)
    peer.raw(data if msgpack else data.decode("utf-8", "replace"))
    peer.take()
    peer.drop()
    healthy(bench, witness)


@pytest.mark.rule("DUR-033", "SEC-050")
@given(messages=st.lists(LIKELY | VALUES, min_size=1, max_size=6), msgpack=st.booleans())
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_random_messages_never_crash_it_and_no_other_client_notices(
    bench: Bench, witness: Peer, messages: list[object], msgpack: bool
) -> None:
    import msgspec

    bench.drop_idle_sessions()
    peer = bench.connect(bench.keys[1], msgpack=msgpack)
    for message in messages:
        try:
            data = msgspec.msgpack.encode(message) if msgpack else msgspec.json.encode(message)
        except (OverflowError, msgspec.MsgspecError, UnicodeEncodeError):
            continue
        peer.raw(data if msgpack else data.decode())
    peer.take()
    peer.drop()
    healthy(bench, witness)


@pytest.mark.rule("SEC-041")
def test_a_connection_that_talks_without_logging_on_is_cut(bench: Bench) -> None:
    peer = bench.open()
    for number in range(1, 22):
        peer.raw(f'{{"t":"ping","id":{number}}}')
    bench.settle()
    assert peer.transport.closed is not None and peer.transport.closed[0] == 4008
