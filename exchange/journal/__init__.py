"""The record of truth: every command is durable here before its effect is seen. README.md says how it is used.

sequencer           numbers commands and gives them their time
journal             the writer: one frame a group commit
frames, segments, head    the formats on disk, and their checks
spares, files       segments made ahead; whole writes
folder_lock         one process at a time
scan                walks over frames; judges whether a bad end is a tear or damage
recovery, repair    opens a data folder: everything is checked first, then what a crash left is repaired
replay, replay_from    frames through an engine, compared with the marks; from a record on
snapshot, pending   the file of a snapshot; one between its mark and its file
rules               which rules a journal was written under
claims              what other files say of the journal
answered            which commands answered the latest requests, read back
money               the money that events report, compared with the state
verify, dump        read-only tools
errors              why the journal stops, with exit codes
"""
