"""The `orders` channels: every displayed order of a book, in the order of its queues (L3).

order_changes    rows of one message: what a command changed, each order once
order_queues     the queues of one book, kept up to date by EVENT rows
order_channels   the channels, and the books that they follow
"""
