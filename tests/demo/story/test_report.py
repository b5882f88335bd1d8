"""The report says who did what when, with prices and money; the JSON object has the same."""

import io
import json

from rich.console import Console

from exchange.demo.story.play import StoryResult
from exchange.demo.story.report import as_object, report


def printed(result: StoryResult) -> str:
    written = io.StringIO()
    report(result, Console(file=written, width=120))
    return written.getvalue()


def test_the_report_shows_deals_money_and_checks(short: StoryResult) -> None:
    text = printed(short)
    assert "2026-11-02  cloud pays in $3,000,000.000" in text
    assert "cloud sells 120 lots of H100.G90.C27 at $2." in text
    assert "All accounts together: $0.000." in text
    assert text.count("✓") == len(short.checks) and "✗" not in text


def test_the_object_is_json_and_its_money_adds_up(short: StoryResult) -> None:
    found = json.loads(json.dumps(as_object(short)))
    assert found["passed"] and found["first"] == "2026-11-02" and found["last"] == "2026-11-24"
    for account in found["accounts"].values():
        assert sum(value for name, value in account.items() if name != "cash_mills") == account["cash_mills"]
    assert sum(one["cash_mills"] for one in found["accounts"].values()) == -sum(found["house_mills"].values())
