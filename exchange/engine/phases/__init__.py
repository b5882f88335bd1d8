"""TODOC exchange/engine/phases."""
