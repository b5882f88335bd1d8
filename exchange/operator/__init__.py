"""The operator of a running venue: a socket of its own, and the commands that speak to it."""
