"""Who subscribes to which channel.

polled_boards        channels that are looked at from time to time: statistics and candles
wide_subscriptions   what the gateway needs to know of them
channel_table        all channels by number and key, and how many subscribers each has
wide_channels        subscriptions to the instruments of a chip, or to all, in one row of `sub`
"""
