"""TODOC exchange/reference."""
