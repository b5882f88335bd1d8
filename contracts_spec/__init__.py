"""The contract catalogue as data files, and the modules that derive instruments from it; README.md lists the files."""
