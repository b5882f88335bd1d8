"""The record of truth: numbering, writing, recovery, verification."""
