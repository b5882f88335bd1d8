"""The whole exchange in one command: a venue, makers and takers over real websockets, and the checks at the end."""
