"""The contract catalogue: what is traded, as data, and every instrument that follows from it."""
