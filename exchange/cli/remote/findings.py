"""What the checks of `gpux doctor` have found: states, texts, remedies; shown as lines or as JSON."""

import json
from typing import Literal, NamedTuple

State = Literal["ok", "note", "fail"]
MARKS: dict[State, str] = {"ok": "ok  ", "note": "note", "fail": "FAIL"}


class CheckResult(NamedTuple):
    """The outcome of one check.

    check    its name
    state    ok; note: worth a look, nothing is broken; fail: a client will not work
    found    what was found
    remedy   what to do; empty: nothing
    """

    check: str
    state: State
    found: str
    remedy: str = ""


def passed(check: str, found: str) -> CheckResult:
    return CheckResult(check, "ok", found)


def noted(check: str, found: str, remedy: str = "") -> CheckResult:
    return CheckResult(check, "note", found, remedy)


def failed(check: str, found: str, remedy: str) -> CheckResult:
    return CheckResult(check, "fail", found, remedy)


def is_healthy(findings: list[CheckResult]) -> bool:
    return all(finding.state != "fail" for finding in findings)


def as_lines(findings: list[CheckResult]) -> str:
    """A line for each finding, a remedy below it."""
    width = max(len(finding.check) for finding in findings)
    lines = []
    for finding in findings:
        lines.append(f"{MARKS[finding.state]}  {finding.check:<{width}}  {finding.found}")
        if finding.remedy:
            lines.append(f"      {'':<{width}}  do: {finding.remedy}")
    return "\n".join(lines)


def as_json(target: str, findings: list[CheckResult]) -> str:
    checks = [finding._asdict() for finding in findings]
    return json.dumps({"target": target, "ok": is_healthy(findings), "checks": checks}, indent=2)
