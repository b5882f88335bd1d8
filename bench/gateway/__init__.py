"""How fast is the whole path: socket, session, journal, engine, execution reports, market data? `gpux bench gateway`.

questions        the questions, each with a new venue
stress           those about stalled readers, too much load and a reconnect storm
jobs             what several questions ask of the load
targets          the figures beside their targets, and the rows of `gpux bench`
served           a venue, an echo server and the disk alone, in the process that is measured
load             the process that makes the load: one client, ten clients with requests in flight
open_loop        requests that are due at times of a schedule, whether the venue keeps up or not
overload         far more requests than can be served, and one client that cancels beside them
readers          many subscribers of market data, some of them stalled
logons           logons: resume, many clients at once, idle connections
requests         plain orders, a mix of orders, changes of books
encodings        how a request is encoded, and how a reply is recognised without decoding it
raw_connection   one raw websocket connection with prepared frames

A venue and the process that makes the load share one machine. The load reads the venue's processor time just before
and just after.
"""
