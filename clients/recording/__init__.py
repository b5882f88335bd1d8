"""Records a session (`connect(..., record=FILE)`), and runs a strategy on a recording (`replay.replay`).

file_format      records of a file: kind, time, frame, checksum; what is whole before a fault is still read
recorder         writes what a session receives and sends
replay_session   a session whose venue is a recording
replay           runs a strategy on a recording

A file begins with a record of kind HEADER, whose JSON says what is needed to read the rest. Each record has a head of
17 bytes, little-endian, and its data:

    u32  length of the data
    u32  CRC-32 (zlib) of the rest of the head and the data
    i64  microseconds since the first record, on a monotonic clock
    u8   kind: 1 HEADER, 2 OPENED, 3 RECEIVED (a frame as it came), 4 SENT (a frame as it went), 5 CLOSED (JSON)

`auth` frames are recorded too. Their signature is of one nonce and worth nothing later; no secret is in the file.
"""
