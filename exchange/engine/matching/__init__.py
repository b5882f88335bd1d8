"""TODOC exchange/engine/matching."""
