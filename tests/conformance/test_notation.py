"""Scenario files: everything that the notation can say is read, every mistake has its line and column."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.codes import Matching
from exchange.conformance.expected import SHAPES
from exchange.conformance.messages import MESSAGES
from exchange.conformance.notation import PARAMETERS, read_scenarios
from exchange.conformance.words import NotationError
from tests.conformance.reading import read

OWN = (Path(__file__).parents[1] / "scenarios" / "matching.txt").read_text()


def test_every_parameter_is_read() -> None:
    given = {name: high for name, (_, high) in PARAMETERS.items()}
    found = read(parameters=" ".join(f"{name}={value}" for name, value in given.items()) + " algo=prorata")
    assert found.parameters == {**given, "algo": Matching.PRO_RATA}


@pytest.mark.parametrize(
    ("line", "column", "found", "allowed"),
    [
        ("S | - | - | - | -", 17, "'5 fields'", "id | rule codes"),
        ("S", 1, "'1 field'", "id | rule codes"),
        ("S | - | - | - | - | - | - | -", 29, "'8 fields'", "id | rule codes"),
        (" | - | - | - | - | -", 2, "nothing more", "a scenario's id"),
        ("S | - | bend=1 | - | - | -", 9, "'bend=1'", "parameters as name=number"),
        ("S | - | band | - | - | -", 9, "'band'", "parameters as name=number"),
        ("S | - | band=1 band=2 | - | - | -", 16, "'band=2'", "each once"),
        ("S | - | band=x | - | - | -", 14, "'x'", "band, a whole number 0..100000"),
        ("S | - | algo=lifo | - | - | -", 14, "'lifo'", "fifo prorata"),
        ("S | - | - | a B5@100; b | - | -", 24, "nothing more", "side, lots and price"),
        ("S | - | - | a B5 | - | -", 17, "nothing more", "side, lots and price"),
        ("S | - | - | a M9 B5@1 | - | -", 15, "'M9'", "M1 M2 SP ST M3 TS"),
        ("S | - | - | a B5@1 B6@2 | - | -", 20, "'B6@2'", "side once"),
        ("S | - | - | a B5@1 ioc gtd=4 | - | -", 24, "'gtd=4'", "tif once"),
        ("S | - | - | a B5@1 smp=Z:XX | - | -", 26, "'XX'", "CR CA CB DC"),
        ("S | - | - | a B5@1 disp=-1 | - | -", 25, "'-1'", "lots, a whole number 0.."),
        ("S | - | - | a B99999999999@1 | - | -", 16, "'99999999999'", "lots, a whole number 0.."),
        ("S | - | - | a B1@mlm stop=4 | - | -", 13, "'a B1@mlm stop=4'", "stop= with a price"),
        ("S | - | - | a B1@1 tag=123456789 | - | -", 24, "'123456789'", "a tag, 1 to 8"),
        ("S | - | - | abcdefghijklmnopqrstuvwxyz B1@1 | - | -", 13, "'abc", "an order id, 1 to 24"),
        ("S | - | - | - | B5@100 | -", 17, "'B5@100'", "a message: N X R"),
        ("S | - | - | - | ST shut | -", 20, "'shut'", "closed preopen"),
        ("S | - | - | - | SS open M7 | -", 25, "'M7'", "M1 M2"),
        ("S | - | - | - | X a b | -", 21, "'b'", "the end of this entry"),
        ("S | - | - | - | X | -", 18, "nothing more", "an order id"),
        ("S | - | - | - | R a 5 | -", 21, "'5'", "new total and price"),
        ("S | - | - | - | R a 5@x | -", 23, "'x'", "a price, or -"),
        ("S | - | - | - | R a 5@1 ioc | -", 25, "'ioc'", "disp=n stop=p"),
        ("S | - | - | - | T soon | -", 19, "'soon'", "the clock, a whole number"),
        ("S | - | - | - | MQ mm | -", 22, "nothing more", "book:lots@bid/lots@ask"),
        ("S | - | - | - | MQ mm M1:5@99 | -", 23, "'M1:5@99'", "book:lots@bid/lots@ask"),
        ("S | - | - | - | XA a left | -", 22, "'left'", "B or S"),
        ("S | - | - | - | - | ACK t; AKC t", 28, "'AKC'", "an event: ACK REJ"),
        ("S | - | - | - | - | RST t 5", 21, "'RST t 5'", "RST id lots@price or RST id lots@price hid=n"),
        ("S | - | - | - | - | ACK t; CXL a 5 NOSUCH", 36, "'NOSUCH'", "USER IOC FOK"),
        ("S | - | - | - | - | CXL a 5 STATE", 29, "'STATE'", "USER IOC FOK"),
        ("S | - | - | - | - | REJ a NOSUCH", 27, "'NOSUCH'", "BAD_QTY BAD_COMBO"),
        ("S | - | - | - | - | RREJ a USER", 28, "'USER'", "BAD_QTY BAD_COMBO"),
        ("S | - | - | - | - | CREJ nosuch", 26, "'nosuch'", "BAD_QTY BAD_COMBO"),
        ("S | - | - | - | - | REFUSED NONE", 29, "'NONE'", "BAD_QTY BAD_COMBO"),
        ("S | - | - | - | - | STA nosuch", 25, "'nosuch'", "closed preopen"),
        ("S | - | - | - | - | STA none", 25, "'none'", "closed preopen"),
        ("S | - | - | - | - | TRD a t 2@100 M9", 35, "'M9'", "M1 M2 SP"),
        ("S | MATCH-001 NOTACODE | - | - | - | -", 15, "'NOTACODE'", "rule codes like MATCH-001"),
        ("S | - MATCH-001 | - | - | - | -", 5, "'-'", "rule codes like MATCH-001"),
        ("S | | - | - | - | -", 5, "nothing more", "- where a field is empty"),
        ("S | - |  | - | - | -", 10, "nothing more", "- where a field is empty"),
        ("S | - | - | | - | -", 13, "nothing more", "- where a field is empty"),
        ("S | - | - | - | | -", 17, "nothing more", "- where a field is empty"),
        ("S | - | - | - | - | ", 21, "nothing more", "- where a field is empty"),
        ("S | - | - | - | - | - |", 24, "nothing more", "- where a field is empty"),
        ("S | - | - - | - | - | -", 9, "'-'", "parameters as name=number"),
        ("S | - | - | - ; a B5@99 | - | -", 13, "'-'", "or - alone where a field is empty"),
        ("S | - | - | - | X a; - | -", 22, "'-'", "or - alone where a field is empty"),
        ("S | - | - | - | - | ; ;", 21, "'; ;'", "- where a field is empty"),
        ("S | - | - | - | - | - | a M1 5", 25, "'a M1 5'", "account book lots@price-sum"),
    ],
)
def test_a_mistake_is_reported_with_its_place(line: str, column: int, found: str, allowed: str) -> None:
    with pytest.raises(NotationError) as error:
        read_scenarios(f"# comment\n\n{line}\n", "file.txt")
    start, text = str(error.value).split(": found ", 1)
    assert start == f"file.txt:3:{column}"
    assert text.startswith(found)
    assert allowed in text.split(", allowed: ", 1)[1]


PIECES = [*MESSAGES, *SHAPES, *"|;@=:/#-\n", " | ", "; ", "a", "B5@100", "S3@mkt", "stop=4", "smp=Z:CR", "M1", "SP"]
WORDS = st.sampled_from(PIECES) | st.text(max_size=4)
LINES = st.lists(WORDS, max_size=30).map(" ".join)
FIELDS = st.lists(st.lists(WORDS, max_size=5).map(" ".join), min_size=6, max_size=7).map(" | ".join)


@given(st.text() | LINES | FIELDS)
def test_random_text_is_read_or_refused_in_words(text: str) -> None:
    read_or_refuse(text)


@given(st.integers(0, len(OWN) - 1), st.text(max_size=3), st.integers(0, 3))
def test_a_damaged_table_is_read_or_refused_in_words(place: int, inserted: str, removed: int) -> None:
    start = OWN.rfind("\n", 0, place) + 1
    stop = OWN.find("\n", place)
    read_or_refuse(OWN[start:place] + inserted + OWN[place + removed : stop])


def read_or_refuse(text: str) -> None:
    mistake = ""
    try:
        read_scenarios(text, "file.txt")
    except NotationError as error:
        mistake = str(error)
    assert not mistake or (mistake.startswith("file.txt:") and ", allowed: " in mistake)
