"""The exchange itself; README.md beside this file is its map."""
