"""The requests of a session by theme; `clients.client` puts them together.

queries      what an account has, and what is said once: margin, statement, limits, time
past         past trades and candles, which need no key
quoting      mass quotes, and their protection
safeguards   cancel on disconnect, dead-man timer, kill switch
"""
