"""Clearing scenarios of `gpux conformance`: the notation of the clearing house, in the words of its users.

kinds           what single words mean: prices, dates, symbols, accounts
shapes          shapes of lines, like `deposit ACCOUNT MILLS`; reads words by them
calc            shapes of calculations, and the text of their results
product         the functions of the product, by the name that `calc` uses
twins           the functions of the reference, by the same names
"""
