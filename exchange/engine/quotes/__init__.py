"""TODOC exchange/engine/quotes."""
