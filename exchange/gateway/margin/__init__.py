"""The margin of accounts for sessions that asked for it (MARGIN-017).

figures   kernel that reads the money of many accounts in one call
updates   sends what has changed, as `margin` without `s`
"""
