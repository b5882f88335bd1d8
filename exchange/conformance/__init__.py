"""`gpux conformance`: scenarios in a notation that traders read, run on the compiled engine or on the reference.

words        words of a scenario file with line and column; the error of a file that cannot be read
market       books and accounts of a scenario, as payloads of controls
message      one message of a scenario, read
orders       orders of the notation
messages     all messages of the notation
expected     events that a scenario expects: their shapes, how they are compared
notation     scenario files: fields, parameters, positions at the end
event_text   EVENT rows in the words of the notation
venues       the compiled engine and the reference, each as a venue that a scenario can run on
runner       runs a scenario on a venue
"""
