"""Readers of foreign formats: each gives COMMAND rows, or a level book that it checks.

lobster     LOBSTER message and order-book files
book_check  compares a book with published book states after every message
"""
