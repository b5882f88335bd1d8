"""Clearing scenarios of `gpux conformance`: the notation of the clearing house, in the words of its users.

kinds           what single words mean: prices, dates, symbols, accounts
shapes          shapes of lines, like `deposit ACCOUNT MILLS`; reads words by them
calc            shapes of calculations, and the text of their results
product         the functions of the product, by the name that `calc` uses
twins           the functions of the reference, by the same names
lines           the parsed scenario: set-up, verbs, expectations, calculations, configurations
setup           shapes of set-up lines
verbs           shapes of verbs, and the reasons for which a line can be refused
expectations    shapes of what is expected, and how an answer differs from it
config          `config`: the default configuration with one key changed
notation        parses files of scenarios
house           what a runner asks of a clearing house: engine or reference
runner          plays scenarios

A venue without a part of the house answers `not built yet`, and such scenarios are counted apart.
"""
