"""Generated order flow.

registry           all flows by name
flow               four seeded kinds of traffic on a filled book, which predict every fill: for speed
flow_book          the generator's own first-in-first-out book
draws              SplitMix64 and variates in kernels
stepping           runs a model against an engine, step by step, into a tape
book_steps         what the models of one book share
zero_intelligence  Poisson arrivals by distance (Smith, Farmer, Gillemot, Krishnamurthy; Cont, Stoikov, Talreja)
hawkes             six types of event that excite one another (Bacry, Mastromatteo, Muzy)
queue_reactive     rates by queue size (Huang, Lehalle, Rosenbaum)
market             agents of contracts.md that trade with each other; its `__init__.py` lists its files
calibration        rates of zero intelligence and of the queue-reactive model from a tape
hawkes_fit         parameters of the Hawkes process from a tape, by maximum likelihood
notes              what each command of a tape did to its book
realism            figures of a flow and the bounds that papers give for them
questions          `gpux bench flows`: speed of the models, and realism of the market beside its bounds
"""
