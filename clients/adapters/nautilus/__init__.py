"""The venue for NautilusTrader: instruments, live market data and live execution. README.md of the folder above.

config, factories   what a trading node is configured with
providers           the venue's instruments
instruments         one instrument, prices and quantities
data                the data client of a node
book_deltas, bars   changes of a book; candles
execution           the execution client of a node
order_events        what it publishes of orders
order_requests      orders of NautilusTrader as requests
reports             state of orders, fills and positions, for reconciliation
order_ids           client order ids, shortened for the venue
"""
