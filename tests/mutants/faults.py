"""The faults: those of matching.md's table of other engines and of published surveys, and their like; and faults at the
edge of the venue.

A fault names the wrong behaviour, not the changed line: when a kernel is rewritten, its faults are planted again.
`make mutants` says which of them no longer fit the sources.
"""

from tests.mutants.edge_faults import EDGE_FAULTS
from tests.mutants.market_faults import MARKET_FAULTS
from tests.mutants.money_faults import MONEY_FAULTS
from tests.mutants.order_faults import ORDER_FAULTS

FAULTS = (*ORDER_FAULTS, *MARKET_FAULTS, *MONEY_FAULTS, *EDGE_FAULTS)
