"""The `gpux` command: a module for each command. Modules marked * do the work of a command; they load slowly.

app.py                     the list of commands, and exit codes and messages after a user's mistake
arguments.py, prices.py    read numbers and days, and prices and shares, exactly as typed
contracts.py               `gpux contracts`
  contract_list.py *         lists, filters and compares the contracts of a day
  contract_explained.py *    one contract in words and numbers, or why there is no such contract
serve.py                   `gpux serve`
  serving.py *               starts a venue, reports to the terminal, stops it
key.py                     `gpux key make`
  key_making.py *            makes a key, writes its private half, defines the public one
operator.py                `gpux operator`: requests of an operator to a running venue
journal.py                 `gpux journal verify` and `gpux journal dump`
scenarios.py               `gpux conformance`
  conformance.py *           runs scenario files and reports differences
schema.py                  `gpux schema`
  schema_files.py *          makes schema, tables, limits and test vectors of the protocol
  examples.py *              example messages, from a dialogue of clients with a gateway
watch.py                   `gpux watch`
  watching.py *              the live display of an instrument
reports                    a package: `gpux statement`, `gpux curve`
bench.py, replay.py        `gpux bench` and `gpux replay`; the package bench does the work
demo.py                    `gpux demo` and `gpux story`; exchange.demo does the work
"""
