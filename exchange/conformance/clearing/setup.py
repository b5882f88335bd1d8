"""Shapes of set-up lines: what stands before the first act of a clearing scenario."""

from datetime import date

from exchange.conformance.clearing.shapes import Shape

START = date(2026, 11, 16)  # where a scenario's clock begins without `start`; a Monday
SETUP = {
    name: Shape(usage)
    for name, usage in {
        "needs": "PART...",
        "start": "DATE",
        "chips": "CHIP...",
        "prior": "SYMBOL PRICE",
        "fees": "on",
        "account": "ACCOUNT MILLS",
        "source": "INDEX SOURCE",
        "certified": "LOTSET CHIP OWNER G [nodes NODES] [since DATE]",
        "fund": "ACCOUNT MILLS",
        "sitg": "MILLS",
    }.items()
}
