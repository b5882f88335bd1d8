"""Controls of the clearing house beside the close of a day.

index            INDEX: prints, rentals and committee values of the daily index; takes the value of a day
waiting_months   which index months wait for a committee's value
index_opening    the indices of a catalogue, as an INDEX payload
adjust           ADJUST: corrects a published settlement by cash
known            checks of the outrights and accounts that these name
settled_days     which settlements were published; an adjustment names one
block            BLOCK: books a reported block trade
block_booking    books both sides of a block (kernels)
bust             BUST: takes trades back
bust_booking     books what it takes back (kernels)
transfer         TRANSFER: moves lots from one account to another
spot_months      SPOT_MONTHS: the spot month of each commodity, and its limit
"""
