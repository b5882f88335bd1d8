"""Parts of the local books.

channel_book  what every local book shares: sequences of its channel, and when it is stale
levels        price levels of one side, and the checksum of both
implied       implied prices beside the direct levels: the top, and the depth with both
staleness     when a book, an account's stream or the connection has been silent for too long
order_book    every displayed order of an instrument (L3), and the place of an order in its queue
"""
