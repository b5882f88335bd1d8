"""TODOC exchange/engine/cancels."""
