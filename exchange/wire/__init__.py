"""The messages of the protocol and their encodings; the gateway, the publishers and the clients share them.

messages            all messages, and their union for each direction: import them from here
requests            messages that a client sends
responses           replies and session messages of the server
account_messages    messages of an account's stream
market_messages     messages of the market data channels
fields              wire names, types of fields with their bounds, base classes of messages
codec               encodes and decodes messages in JSON, MessagePack and records; names the faults of bad messages
table               for each key of replies and account messages: where its value stands in a row
request_table       for each key of requests that become commands: where its value goes in a row
request_checks      faults of an order request by itself, for the gateway and for clients
binary              binary records, laid out by the table
allowed             the values that a field may have, for the text of a refusal
meanings            what each field means, and its unit
past_meanings       what those of past trades and candles mean
reference           all messages as a person reads them, from types and meanings
record_reference    all records as a person reads them
schema              JSON Schema of all messages, layouts of records, tables of errors and close codes
asyncapi            AsyncAPI description: paths, and the requests and replies of each
errors              error codes, the error code of each reject reason, close codes
words               the wire's words for integer codes; session ids
version             versions of the protocol and of the release
"""
