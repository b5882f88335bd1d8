"""What the venue says of an account beside what the session knows (`await session.reconcile()`).

differences   compares reports with the local state and names what differs
reconcile     asks for the reports, compares, and repairs the local state
"""
