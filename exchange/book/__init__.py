"""Order books, compiled: no I/O, no Python objects, no clock.

layout     row formats of all tables
levels     the price ladder: queues, best price, and which of two prices is better
slots      order rows and order ids
index      finds an order by account and client order id
owners     whose orders may not trade with each other
heap       orders that wait for a price or a time
stops      stops that wait for their trigger, and elected stops
expiry     GTD orders by their expiry
parked     orders outside the daily limits
pro_rata   how a pro-rata level is allocated; another allocation is a new file, which engine/matching calls
auction    price and volume of an uncross
implied    implied prices and the orders behind them
quoted     the price of a book between its quotes
windows    price moves over time: velocity and circuit breaker
check      asserts every invariant of the books, for tests
"""
