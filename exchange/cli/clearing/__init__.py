"""Commands about the clearing house.

house     acts of operators: index, adjustments, blocks, busts, transfers
"""
