"""The contract catalogue as data, and the instruments that follow from it; README.md lists the files."""
