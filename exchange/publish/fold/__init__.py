"""Folds EVENT rows into market data in compiled code, only for what somebody watches.

fold_rows           kernels that read a release: last trades, changes of followed books, messages of raw channels
event_fold          their tables and buffers, and what they have read as Python objects
depth_frames        kernels that write `depth` messages
trade_frames        kernels that write `trades` messages
frames              kernels that write parts of messages, and frame them
literals            the literal parts of these messages, made of their classes
audience            the encodings that channels need
"""
