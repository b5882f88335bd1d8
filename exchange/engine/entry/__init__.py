"""TODOC exchange/engine/entry."""
