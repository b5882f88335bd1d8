"""Controls of the clearing house on the reference: index, adjustments, blocks, spot months.

index          INDEX: prints, rentals, committee values, the value of a day
adjust         ADJUST: cash that names a settlement
settled_days   which settlements were published, and what front months settled at
block          BLOCK: a reported block trade
bust           BUST: trades are taken back
transfer       TRANSFER: lots go from one account to another
spot_months    SPOT_MONTHS: months in their spot window
"""
