"""`gpux.d.ts` declares what `gpux.js` exports, and the members of its classes, no more and no less."""

import json
import re
import subprocess

from tests.clients.javascript.node import CLIENT, needs_node

DECLARED = CLIENT.with_suffix(".d.ts").read_text()
MEMBERS = """
import * as gpux from %s;
const isClass = (value) => typeof value === "function" && /^class\\b/.test(String(value));
const members = (value) => Object.getOwnPropertyNames(value.prototype).filter((name) => name !== "constructor");
const found = Object.entries(gpux).map(([name, value]) => [name, isClass(value) ? members(value) : null]);
console.log(JSON.stringify(found));
"""
# Steps by which the parts of the client drive each other; a program does not call them.
INSIDE = {
    "Order": {"takeReply", "takeRefusal", "takeExec", "takeFill", "takeView", "end", "markUnknown"},
    "OrderTable": {"clear", "open", "place", "noteSent", "takeReply", "takeExec", "takeFill", "takeSnapshot", "settle"},
    "AccountState": {"begin", "take", "load", "heartbeat"},
}


def exported() -> dict[str, list[str] | None]:
    """Exports of the module by name; those that are classes with their members."""
    script = MEMBERS % json.dumps(CLIENT.as_uri())
    ended = subprocess.run(
        ["node", "--input-type=module", "-"], input=script, capture_output=True, text=True, timeout=300, check=True
    )
    return dict(json.loads(ended.stdout))


@needs_node
def test_every_export_is_declared_and_every_declaration_exported() -> None:
    declared = set(re.findall(r"^export (?:const|function|class) (\w+)", DECLARED, re.MULTILINE))
    assert declared == set(exported())


@needs_node
def test_every_member_of_a_class_is_declared_and_exists() -> None:
    for name, members in exported().items():
        if members is None:
            continue
        (body,) = re.findall(rf"^export class {name}\b[^{{]*\{{(.*?)\}}$", DECLARED, re.MULTILINE | re.DOTALL)
        methods = set(re.findall(r"^ +(?!constructor|static)(\w+)\(", body, re.MULTILINE))
        fields = set(re.findall(r"^ +(?:readonly )?(\w+)\??:", body, re.MULTILINE))
        assert set(members) - INSIDE.get(name, set()) <= methods | fields, name
        assert methods <= set(members), name
