"""Drop copies: the account messages of all accounts of a clearing firm, with numbers of their own (ACCT-010).

streams   sends them to connections as they are released, and finds those of a range again
firms     which accounts a firm has, and the numbers of its messages
"""
