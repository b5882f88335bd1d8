"""The venue: joins gateway, journal, engine and publishers, and keeps them going.

venue               the tick: gather, stamp, journal and apply, gate, release
gathering           commands that wait for their commit
admission           which of them are journalled when their turn has come
reserve             what is still journalled while the disk has no space for another segment
own_commands        commands of the timers and the operator, and of the set-up
consumers           everything that reads released batches, in order
listings            what is listed, by the names of the wire
timekeeper          what is due by the clock: timers, indicative prices, the scheduled day
day_schedule        which market state belongs to which time
questions           questions about an account, from the released state
failure             what has stopped the venue
upkeep              what is done every 10 ms beside the commands
loop                the event loop, and the thread that writes the journal
bootstrap           opens a data folder as a venue: recovery, first listing, set-up
account_terms       what the specification gives a new account
derived_stores      what the stores of a folder claim of its journal; lost events are restored
event_history       released events, kept for resume, replay and repeated replies
event_chunk, event_files, event_blocks    a part of it, their files on disk, and the blocks of a file
folder_check        `gpux journal verify`: the journal and the stores beside it
"""
