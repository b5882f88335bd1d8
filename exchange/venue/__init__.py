"""The venue: joins gateway, journal, engine and publishers, and runs them as one exchange.

venue               the tick: gather, stamp, journal and apply, release
gathering           commands that wait for their commit
admission           decides which waiting commands are journalled
reserve             what is still journalled while the disk is full
own_commands        commands without a client: timers, operator, set-up
consumers           the ordered list of everything that reads released batches
listings            books by instrument id, product groups by chip
timekeeper          commands that are due by the clock: timers, indicative prices, the scheduled day
daily/              what the venue does by itself each day: settlement
day_schedule        the market state for each time of the day
questions           questions about an account, answered from the released state
failure             the error that stopped the venue
upkeep              work that recurs every 10 ms, apart from commands
loop                the event loop, and the thread that writes the journal
bootstrap           opens a data folder as a venue: recovery, first listing, set-up
account_terms       checks figures that the engine has fixed, defaults of a new account, bound of deposits
derived_stores      claims of the derived stores about the journal; restores lost events
event_history       released events, kept for resume, replay and repeated replies
event_writer        writes the history's files, on the helper thread
event_chunk, event_files, event_blocks    one chunk of the history, the files on disk, the blocks in a file
folder_check        `gpux journal verify`: checks the journal and the derived stores
"""
