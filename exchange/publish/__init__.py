"""Turns EVENT rows into messages: replies, account streams, market data. Knows no connection, socket or event loop.

consumer            the contract of everything that reads released batches; a new one is a new file in this package
                    and its line in venue/consumers.py
replies             replies to requests
done_orders         how the latest orders ended
execution_reports   makes the messages of the account streams
message_makers      makes messages from rows by the table of messages, for these two
account_streams     sends answers and account messages, in the order of commands
drop_copy           a package: account messages of a whole firm, with numbers of their own
encode              a package: kernels that write replies and account messages as bytes
account_views       account snapshots, and parts of the replies to `query`
market_data         all channels of one feed; a new channel begins here
subscriptions       a package: who subscribes to which channel; rows for a chip, or for all instruments
fold                a package: kernels that fold events into what market data shows
orders              a package: the channels of displayed orders
channel_kinds       what a subscription names, and the channel that is made for it
event_messages      definitions and states of books, as messages
daily               a package: settlement prices, the day so far, statements
open_books          the books that are followed, and the channels that show them
channels            channels with a cadence and event channels: numbering, conflation, messages kept for replays
raw_channels        channels without a cadence, whose messages kernels make
book_view           price levels of a book, and their checksum
past                a package: past trades, and candles
phases              the market state of every book
prints              every print of the last day, for replays of trades
instruments         listed instruments: index, id, definition
engine_view         the engine as market data reads it
feed_publisher      sends the channel messages that are due
settlement_status   which product groups have their settlement
counters            what the venue has done
shown               the last command whose events were all sent to clients
"""
