"""TODOC exchange/cli."""
