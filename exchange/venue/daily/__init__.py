"""What the venue does by itself each day, at the close and within the day.

settlement   settlement prices from the engine's state, and the controls that publish them
marker       marks within the day, and the run of variation margin at noon
settler      publishes the settlement of a closed group
lives        which instruments end and which are new, and the controls for it
life_keeper  submits these after the settlement
index_days       what is due for the index at an instant
index_keeper     takes the values of the index at noon, halts months that wait for a committee's value
spot_months      the spot month of each commodity and its limit
spot_keeper      changes them
position_flags   accounts above a spot limit or an accountability level
keepers          makes them all; opens the indices of a new venue
missed_days      closes that passed while the venue was down
house_keeper     runs index_keeper and spot_months
day_candles  candles of trading days that are over, kept in files
caller       margin runs after each of these, and what follows from them
"""
