"""What a venue answers about the past: trades and candles of instruments.

candle_rows   CANDLE rows: made of prints, and longer ones of shorter ones
candles       the candles of all books, as far back as prints are kept; by trading day further
trade_pages   pages of trades, the newest first
past          both together, as the gateway asks for them
candle_channel   the running candle of an instrument, for channels that watch it
"""
