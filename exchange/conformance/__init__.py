"""`gpux conformance`: runs scenarios, in a notation that traders can read, on the compiled engine or the reference.

words        words of a scenario file with line and column; the error for a mistake in the file
market       the market and accounts of a scenario, as payloads of controls
message      one parsed message of a scenario
orders       parses orders of the notation
messages     parses all messages of the notation
expected     parses the events that a scenario expects; prepares them for comparison
notation     parses scenario files: fields, parameters, positions at the end
event_text   writes EVENT rows in the notation
venues       the compiled engine and the reference, as venues to run a scenario on
runner       runs a scenario on a venue
clearing/    scenarios of the clearing house, in a notation of their own
engine_house/   the engine as the clearing house of these scenarios
"""
