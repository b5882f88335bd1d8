"""Findings as lines and as JSON."""

import json

from exchange.cli.remote.findings import as_json, as_lines, failed, is_healthy, noted, passed

FINDINGS = [passed("name", "it is known"), noted("clock", "200 ms off", "set it"), passed("tcp", "answers")]


def test_a_remedy_stands_below_its_finding() -> None:
    assert as_lines([*FINDINGS, failed("logon", "refused", "another key")]).splitlines() == [
        "ok    name   it is known",
        "note  clock  200 ms off",
        "             do: set it",
        "ok    tcp    answers",
        "FAIL  logon  refused",
        "             do: another key",
    ]


def test_only_a_failure_is_unhealthy() -> None:
    assert is_healthy(FINDINGS) and not is_healthy([*FINDINGS, failed("a", "b", "c")])
    document = json.loads(as_json("ws://x", FINDINGS))
    assert (document["target"], document["ok"], len(document["checks"])) == ("ws://x", True, 3)
    assert document["checks"][1] == {"check": "clock", "state": "note", "found": "200 ms off", "remedy": "set it"}
