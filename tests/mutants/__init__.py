"""Faults that other engines had, planted into ours one at a time: the suite must notice each."""
