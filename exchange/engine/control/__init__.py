"""TODOC exchange/engine/control."""
