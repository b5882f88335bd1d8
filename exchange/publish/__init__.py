"""EVENT rows to messages: replies, account streams, market data. Knows no connection, no socket, no event loop.

consumer            the contract of everything that reads released batches
replies             answers to requests; how the latest orders ended
execution_reports   messages of the account streams
account_streams     answers and account messages to those who listen, in the order of commands
account_views       account snapshots, and the answers to `query`
market_data         all channels of one feed
channels            one channel each: numbers, conflation, what it keeps for replays
book_view           price levels of a book, with their checksum
phases              the market state of every book
prints              every print of the last day, for replays of trades
instruments         listed instruments: index, id, definition
engine_view         the engine as market data reads it
feed_publisher      sends what is due on the channels
settlement_status   which product groups have their settlement
counters            what the venue has done
shown               up to which command everything has been shown
"""
