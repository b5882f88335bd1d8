"""`gpux conformance`: scenarios that a trader can read, run on this exchange or on its reference."""
