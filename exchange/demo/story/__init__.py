"""`gpux story`: two simulated years of a venue, day by day through the real engine and journal.

A module imports only modules above it in the list:

    prices      the price of a GPU-hour of each chip: spot and forward curve of each day, from a seed
    cast        the accounts, and how they send orders
    maker       quotes every outright each day
    traders     a cloud operator, a bank, a fund, a speculator: what each does on a day
    accounts    the cash of each account explained by its daily statements, and what must be true each day
    chronicle   what has happened, read from the events of the journal
    play        runs the days, then replays the journal
    report      the story as text and as JSON
    picture     curve and cash over time
    run         the command
"""
