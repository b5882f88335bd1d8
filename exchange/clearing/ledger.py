"""The ledger: double entry, and the one function that changes an account's cash.

Customers' accounts have `cash_mills`, accounts of the house (HouseAccount) have `state.house_mills`. What one account
receives another one pays, so all together sum to zero after every command (INV-018).
"""

from exchange.kernel import leaf_kernel


@leaf_kernel
def post(state, account, house, mills):
    """Post an amount to a customer's account, and its opposite to an account of the house.

    account  of the customer
    house    HouseAccount that pays
    mills    negative: the customer pays, the house receives
    """
    state.accounts[account].cash_mills += mills
    state.house_mills[house] -= mills
