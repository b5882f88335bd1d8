"""How fast is a recorded flow read and replayed from files, beside other programs and formats in the same run?

questions    `gpux bench tapes` and `gpux bench files`: sizes, reading beside DBN, replay beside hftbacktest
feed         the order messages of a flow, as a feed publishes them, in the formats of both
contestants  reads or replays a file once, and checks the result
"""
