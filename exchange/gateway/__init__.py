"""Where clients come in: sessions, keys, limits, and messages turned into rows."""
