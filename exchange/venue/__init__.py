"""TODOC exchange/venue."""
