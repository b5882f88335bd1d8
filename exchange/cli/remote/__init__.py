"""Commands for an address: they need a venue somewhere, not its data folder. Modules marked * do the work of a command;
they load slowly.

timed_connection.py  a connection: one request at a time, with its times
doctor.py            `gpux doctor`
  examination.py *     the checks of an address in their order
  findings.py *        what a check has found, and what to do; as text and as JSON
  address_checks.py *  name, TCP, upgrade, origin, extensions, version, limits, clock
  key_checks.py *      a key's file, and its logon
  stream_checks.py *   gaps and heartbeats over a few seconds
  folder_checks.py *   a data folder: whether a venue runs in it, and its key files
probe.py             `gpux probe`
  measuring.py *       round trips, throughput, age of market data, dry runs of orders
"""
