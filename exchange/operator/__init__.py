"""The operator of a running venue: a Unix socket of its own, and what is asked on it.

port                the socket: lines of JSON, an answer for each; how the command line asks
requests            what may be asked, and the answer
desk                takes a request, asks the authority, carries it out
authority           signatures of operators; proposals of one that another confirms
signing             what an operator signs
acts                who asked and why, journalled in front of the commands
market_requests     status, market states, settlements, lead market makers
member_requests     accounts, money, kill switches, keys
pending_answer      the commands of one request, and its one answer
settlement          prices of a person as the coming day's limits of every book
prices              prices and shares as they are typed
arguments           numbers and days of the command line, read exactly
audit               `gpux operator audit`: are the signatures of a journal right?
"""
