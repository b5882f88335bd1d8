"""Full margin of accounts, margin calls, liquidation (MARGIN-001, MARGIN-012, FALL-003).

requirement      full margin of all accounts, or of one with hypothetical lots
what_if          hold and free margin of an account with hypothetical lots and orders
margin_payload   the payload of a MARGIN control, from configuration
leaving          which orders leave when their account is called
standing         how an account stands, and what it is called for
margin_run       MARGIN: computes full margins, calls accounts, ends calls
liquidation      orders that close the positions of accounts whose call was not met
"""
