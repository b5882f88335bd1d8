"""Parameters of the compute market, and the records of its state."""

from bench.flows.draws import STREAM
from exchange.records import record_type

CHIPS = 2
BOOKS = 14
MEMORIES = (1.0, 3.0, 10.0, 32.0, 100.0, 320.0, 1_000.0)  # lengths of makers' moving averages of signs, trades
PARENTS = 2  # parent orders at work at the same time in a book

# Accounts, from 1 on.
MAKERS = 3  # of a chip
FIRST_PASSIVE, PASSIVE = 1 + CHIPS * MAKERS, 8  # who leave resting orders
FIRST_AGENT = FIRST_PASSIVE + PASSIVE
OPERATOR, LAB, ROUTER, VALUE, MOMENTUM, ARBITRAGE, DESK = range(7)
KINDS = 7
OF_KIND = 4  # accounts of each kind of agent
ACCOUNTS = FIRST_AGENT + KINDS * OF_KIND - 1

PARENT = record_type([("left", "<i4"), ("side", "<i4"), ("account", "<i4"), ("spare", "<i4")])

FLOW_BOOK = record_type(
    [
        ("anchor", "<f8"),  # price of the curve, ticks
        ("reach", "<f8"),  # share of a move of its chip that it makes
        ("rate", "<f8"),  # events a second without excitation
        ("excess", "<f8"),  # excited events a second
        ("residual", "<f8"),  # its own part of the makers' belief, ticks
        ("variance", "<f8"),  # of recent changes of the belief, 1 on average
        ("predicted", "<f8"),  # expected sign of the next trade
        ("slow_mid", "<f8"),  # moving average of the mid
        ("impact", "<f8"),  # ticks by which an unexpected trade moves the belief at variance 1
        ("chip", "<i8"),
        ("least", "<f8"),  # bounds of the belief, inside the daily limits
        ("most", "<f8"),
        ("averages", "<f8", (len(MEMORIES),)),  # of the signs of past trades
        ("parents", PARENT, (PARENTS,)),
    ]
)

FLOW_CHIP = record_type(
    [
        ("level", "<f8"),  # makers' belief: relative move of the chip's prices
        ("worth", "<f8"),  # what news has made of them, which comes back slowly
    ]
)

WORLD = record_type(
    [
        ("stream", STREAM),
        ("time_ns", "<i8"),
        ("seconds", "<f8"),
        ("stale", "<i8"),  # a bit for each book whose makers have not quoted since their belief changed
        ("last_trade", "<i8"),  # sequence of the last trade that was learned from
        ("surprise", "<f8"),  # variance of what the prediction leaves
        ("weights", "<f8", (len(MEMORIES),)),  # of the averages in the prediction
        ("kinds", "<f8", (KINDS,)),  # cumulated shares of agents that start parent orders
        ("fronts", "<i8", (CHIPS,)),  # books of the front months, H100 before B200
        ("chips", FLOW_CHIP, (CHIPS,)),
        ("books", FLOW_BOOK, (BOOKS + 1,)),
    ]
)

# The clock: a Hawkes process over books. Events are trades of child orders, looks of makers, and passive orders.
EVENTS_A_SECOND = 0.15  # without excitation
DECAY = 0.2  # of excitation, a second
OWN_BRANCHING, CHIP_BRANCHING = 0.70, 0.15  # events that one excites in its book; in all books of its chip
TRADE_SHARE, LOOK_SHARE = 0.27, 0.15

# Makers. The half-spread is the impact of a trade (Wyart, Bouchaud et al. 2008).
IMPACT_SHARE = 0.0006  # of the price, an unexpected trade at variance 1
COMMON_SHARE = 0.5  # part of a move that is of the whole chip
VARIANCE_STEP, VARIANCE_BASE = 0.1, 0.2  # how fast the variance follows, and the part of it that is constant
VARIANCE_MAX = 16.0
MAKER_LOTS = 12
INVENTORY_LOTS = 600  # at which a maker quotes half its size on the side that would add to it
NEWS_SHARE = 0.004  # of trades
NEWS_IMPACTS, NEWS_IMPACTS_MAX = 3.0, 12.0  # mean and largest size of news, in impacts
WORTH_DECAY = 0.0001  # a trade

# Parent orders: lengths with P(L > l) ~ l^-a give signs with memory lag^-(a - 1). Lillo, Mike, Farmer (2005): a is 1.6.
LENGTH_EXPONENT, LENGTH_MAX = 1.6, 1_000
CHILD_LOTS_MAX = 3
REACH_TICKS = 20  # of a child order beyond the best price
TILT = 0.2  # how much sides of parents lean against a relative deviation from worth
TILT_FAR, FAR = 1.0, 0.13  # and how much more at a deviation of FAR, growing with its cube
CAPACITY_LOTS = 20_000.0  # of an operator, a lab, a router
RESIDUAL_DECAY = 0.0003  # of a book's own part, a trade in it: makers know that a curve holds together
ARBITRAGE_SHARE = 0.02  # relative residual at which arbitrage is certain
MOMENTUM_SHARE = 0.01  # relative distance from the moving average at which momentum is certain
MID_STEP = 0.01  # of the moving average, a trade

# Passive orders.
PASSIVE_LOTS = 80  # of a side of a book, about which their number returns
PASSIVE_LOTS_MAX = 6
PASSIVE_DISTANCE = 3.0  # scale of the Lomax distance behind the best price, in half-spreads
PASSIVE_DISTANCE_MAX = 40.0
