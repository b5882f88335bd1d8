"""The compute market: agents of contracts.md that see the engine's books at each step and trade in them.

contracts   the instruments of the catalogue that it trades, its curve, its accounts
layout      parameters and the records of its state
beliefs     what makers learn from a trade
makers      quotes, and resting orders of others that the price has passed
agents      who starts a parent order, on which side and how long
process     the clock, and one step of the market
"""
