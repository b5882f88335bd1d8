"""The drop copy of a clearing firm, `/v1/dc` (ACCT-010).

firm_logon      who may log on, and what is sent from a logon until its connection is live
firm_requests   what is served there, and how: ranges of the drop copy, queries about accounts of the firm
"""
