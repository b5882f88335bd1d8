"""Clearing firms and their accounts, as the journal notes them.

firm_moves   accounts that change their firm: how the journal notes it
"""
