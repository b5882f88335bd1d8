"""What crosses the socket; shared by the gateway, the publishers and the clients.

messages            all messages, and their union for each direction: import them from here
requests            messages that a client sends
responses           replies and session messages of the server
account_messages    messages of an account's stream
market_messages     messages of the market data channels
fields              wire names, types of fields with their bounds, base classes of messages
codec               messages to bytes and back, in JSON and MessagePack; faults of bad messages
allowed             the values that a field may have, for refusals
errors              error codes, reject reasons as error codes, close codes
words               the wire's words for integer codes; names of sessions
version             versions of the protocol and of the release
"""
