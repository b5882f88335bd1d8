"""Faults of money: margin, free funds, positions, fees, the day's figures."""

from tests.mutants.plant import Fault

CASH = "exchange/engine/cash.py"
FILLS = "exchange/clearing/fills.py"
LEDGER = "exchange/clearing/ledger.py"
MARGIN = "exchange/clearing/margin.py"
MATCHING = "exchange/engine/matching/match.py"
ORDERS = "exchange/engine/orders.py"
QUOTE_CHECKS = "exchange/engine/quotes/quote_checks.py"
REPORT = "exchange/engine/position_reports.py"
RISK = "exchange/engine/risk.py"
TRADES = "exchange/engine/matching/trades.py"
VARIATION = "exchange/clearing/variation.py"

MONEY_FAULTS = (
    Fault(
        "margin of a cancelled order stays held",
        ORDERS,
        "    release_working(state, account, row, book, side, lots, lots * loss_per_lot(book, side, tick))\n",
        "",
    ),
    Fault(
        "hours that offset each other pay no charge",
        MARGIN,
        "gross * charge + 1) // 2\n",
        "widest * charge + 1) // 2\n",
    ),
    Fault(
        "a fill leaves the gross hours as they were",
        MARGIN,
        "    risk.gross_hours += _more_lots(position, 1 - side, -lots) * hours\n",
        "",
    ),
    Fault(
        "an order whose scans are not computed holds nothing",
        MARGIN,
        "    state.accounts[account].scan_rise_bound_mills += lots * book.margin_bound_mills\n",
        "",
    ),
    Fault(
        "a scan that has changed is not computed", MARGIN, "    account_row.changed_scans |= book.commodity_bit\n", ""
    ),
    Fault("what is held is reported as it was last computed", REPORT, "    recompute_scans(state, account)\n", ""),
    Fault(
        "margin that is not computed yet is paid out",
        CASH,
        "return free_margin_mills(state, account) if sign < 0",
        "return equity_mills(state.accounts[account]) - state.accounts[account].initial_margin_mills if sign < 0",
    ),
    Fault(
        "a quote that was tried stays in the bound",
        QUOTE_CHECKS,
        "    account_row.scan_rise_bound_mills, account_row.changed_scans = bound_mills, changed\n",
        "",
    ),
    Fault(
        "an account that is used up never gets its exact margin",
        RISK,
        "    if free_margin_floor_mills(state.accounts[account]) < 0:\n",
        "    if False:\n",
    ),
    Fault(
        "gains against the mark are free funds",
        RISK,
        "    return account_row.cash_mills + min(account_row.unrealised_pnl_mills, np.int64(0))\n",
        "    return account_row.cash_mills + account_row.unrealised_pnl_mills\n",
    ),
    Fault(
        "gains that are no funds are reported as free",
        CASH,
        "    row.unpaid_gain_mills = unpaid_mills(account_row)\n",
        "",
    ),
    Fault(
        "a position is not closed without free funds",
        RISK,
        "    if only_closes(state, account, row, book, side, lots):\n        return REJECT_NONE\n",
        "",
    ),
    Fault(
        "any order against a position closes it",
        RISK,
        "        return possible_lots(state.positions[row], side, lots) <= 0\n",
        "        return state.positions[row].lots * (1 - 2 * side) < 0\n",
    ),
    Fault(
        "a combination closes if one leg does",
        RISK,
        "            return False\n    return True\n\n\n@leaf_kernel\ndef _exceeds_own_limits",
        "            continue\n        return True\n    return False\n\n\n@leaf_kernel\ndef _exceeds_own_limits",
    ),
    Fault(
        "a quote that closes on one side opens on the other",
        QUOTE_CHECKS,
        "opens = opens or not only_closes(",
        "opens = not only_closes(",
    ),
    Fault("deposits wrap", CASH, "MONEY_MAX + state.house_mills[HOUSE_DEPOSITS]", "MONEY_MAX"),
    Fault(
        "a withdrawal is booked as less deposits",
        CASH,
        "HOUSE_DEPOSITS if sign > 0 else HOUSE_WITHDRAWALS",
        "HOUSE_DEPOSITS",
    ),
    Fault(
        "the house pays what it should receive", LEDGER, "house_mills[house] -= mills", "house_mills[house] += mills"
    ),
    Fault(
        "a fee leaves its account and reaches nobody",
        FILLS,
        "    post(state, account, HOUSE_FEES, -fee)\n",
        "    state.accounts[account].cash_mills -= fee\n",
    ),
    Fault("a fee is reported and not posted", FILLS, "    post(state, account, HOUSE_FEES, -fee)\n", ""),
    Fault(
        "the seller of a strip is not paid what the buyer pays beyond the legs",
        FILLS,
        "-_strip_residual(state, book, price, base) * signed_lots",
        "-_strip_residual(state, book, price, base) * max(signed_lots, 0)",
    ),
    Fault(
        "variation is paid to those who gain and taken from nobody",
        VARIATION,
        "HOUSE_VARIATION, gain)",
        "HOUSE_VARIATION, max(gain, np.int64(0)))",
    ),
    Fault(
        "executed lots of a quote wrap",
        QUOTE_CHECKS,
        "state.orders[slot].filled_lots + quoted_lots(command, side) > LOTS_CEILING",
        "False",
    ),
    Fault(
        "maker pays the taker's fee",
        FILLS,
        "        rate = book.maker_fee\n",
        "        rate = book.taker_fee\n",
    ),
    Fault(
        "position limit leaves out working orders",
        RISK,
        "    return held + position.working_lots[side] + lots\n",
        "    return held + lots\n",
    ),
    Fault(
        "several fills are booked at the aggressor's limit",
        MATCHING,
        "order.value_tick_lots - value_before\n",
        "tick * (lots_before - order.leaves_lots)\n",
    ),
    Fault(
        "last price of several fills is their first",
        TRADES,
        "    book.last_tick = last\n",
        "    book.last_tick = first\n",
    ),
    Fault(
        "the day's high misses the last of several fills",
        TRADES,
        "max(book.day_high, first, last)",
        "max(book.day_high, first)",
    ),
    Fault(
        "the day's low misses the last of several fills",
        TRADES,
        "min(book.day_low, first, last)",
        "min(book.day_low, first)",
    ),
    Fault(
        "the day's high misses the first of several fills",
        TRADES,
        "max(book.day_high, first, last)",
        "max(book.day_high, last)",
    ),
    Fault(
        "the day's low misses the first of several fills",
        TRADES,
        "min(book.day_low, first, last)",
        "min(book.day_low, last)",
    ),
    Fault("the day opens at the last of several fills", TRADES, "book.open_tick = first", "book.open_tick = last"),
    Fault(
        "the day's volume counts the last of several fills",
        TRADES,
        "    book.volume_tick_lots += value\n",
        "    book.volume_tick_lots += last * lots\n",
    ),
)
