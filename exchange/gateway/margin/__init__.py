"""The margin of accounts for sessions that asked for it (MARGIN-017): reads the figures, sends what has changed."""
