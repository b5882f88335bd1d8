"""The reference answers every question that the product answers, and with functions of its own."""

from exchange.conformance.clearing.product import PRODUCT
from exchange.conformance.clearing.twins import TWINS


def test_both_answer_the_same_questions() -> None:
    assert TWINS.keys() == PRODUCT.keys()


def test_the_reference_s_functions_are_its_own() -> None:
    assert {function.__module__.rsplit(".", 1)[0] for function in TWINS.values()} == {"exchange.reference.formulas"}
