"""What the venue does by itself each day, at the close and within the day.

settlement   settlement prices from the engine's state, and the controls that publish them
marker       marks within the day, and the run of variation margin at noon
settler      publishes the settlement of a closed group
lives        which instruments end and which are new, and the controls for it
life_keeper  submits these after the settlement
"""
