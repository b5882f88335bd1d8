"""The record of truth: every command is durable here before its effect is seen. README.md says how to use it.

sequencer           numbers commands and gives them their time
journal             the writer: one frame for each group commit
frames, segments, head    the formats on disk, and their checks
spares, files       segments prepared ahead; complete and durable writes
folder_lock         one process at a time for each folder
scan                reads frames in order; decides whether a bad end is a torn write or damage
recovery, repair    opens a data folder: checks everything, then repairs what a crash left
replay, replay_from    runs frames through an engine and compares the marks; the same from a record on
snapshot, pending   the file of a snapshot; a snapshot that has its mark but not its file yet
rules               the number of the matching rules that a journal was written under
claims              what other files know about the journal, compared with it
answered            finds the commands that answered the latest requests of sessions
money               compares the money in events with the money in the state
verify, dump        read-only tools
errors              why the journal stops, with exit codes
"""
