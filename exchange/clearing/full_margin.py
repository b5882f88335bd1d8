"""Full initial margin of accounts: what their positions alone require (MARGIN-001 to MARGIN-007, MARGIN-009).

A position counts in each of its delivery months. The kernels work on plain arrays and take one account after the other:
they add up GPU-hours by commodity, month and quality tier, and charge them. The hold of working orders (`margin.py`) is
never below.
"""

import numpy as np

from exchange.kernel import kernel, leaf_kernel
from exchange.machine import lowest_bit
from exchange.units import BP

# Columns of the parts of a margin. INTER is a credit: the total is the sum of the others less it.
SCAN, INTRA, TIER, ADDON, INTER = 0, 1, 2, 3, 4
PARTS = 5
# Columns of `rates`, by commodity.
PSR, INTRA_RATE, TIER_RATE, ADDON_PLACE = 0, 1, 2, 3
# Columns of `places`, by book, of `held`, of `pieces` and of `pairs`.
COMMODITY, TIER_PLACE = 0, 1
BOOK, LOTS = 0, 1
MONTH_PLACE, HOURS = 0, 1
FIRST, SECOND, FIRST_RATIO, SECOND_RATIO, CREDIT_BP = 0, 1, 2, 3, 4


@leaf_kernel
def part_down(amount, ratio_bp):
    """`ratio_bp` basis points of an amount >= 0, rounded down. As `units.share_floor`, but within 64 bits."""
    return amount // BP * ratio_bp + amount % BP * ratio_bp // BP


@leaf_kernel
def part_up(amount, ratio_bp):
    """As `part_down`, rounded up."""
    return amount // BP * ratio_bp - (-(amount % BP * ratio_bp) // BP)


@kernel
def sort_holdings(
    accounts: np.ndarray, books: np.ndarray, lots: np.ndarray, first: np.ndarray, held: np.ndarray
) -> None:
    """Sort positions that have lots by account.

    accounts, books, lots  columns of POSITION rows
    first                  by account and one more, int64, all 0: first row of each account in `held`
    held                   rows (book, lots), int64, of all accounts
    """
    for row in range(accounts.shape[0]):
        if lots[row] != 0:
            first[accounts[row]] += 1
    count = np.int64(0)
    for account in range(first.shape[0]):
        count += first[account]
        first[account] = count
    for back in range(accounts.shape[0]):
        row = accounts.shape[0] - 1 - back
        if lots[row] != 0:
            place = first[accounts[row]] - 1
            first[accounts[row]] = place
            held[place, BOOK] = books[row]
            held[place, LOTS] = lots[row]


@kernel
def full_margins(
    first: np.ndarray,
    held: np.ndarray,
    places: np.ndarray,
    first_piece: np.ndarray,
    pieces: np.ndarray,
    rates: np.ndarray,
    pairs: np.ndarray,
    addon_bp: int,
    cells: np.ndarray,
    nets: np.ndarray,
    parts: np.ndarray,
) -> None:
    """Compute the parts of the full margin of each account. All arrays are int64.

    first, held          positions by account, as `sort_holdings` writes them
    places               by book: commodity, and place of its quality tier
    first_piece, pieces  by book and one more: first of its pieces; a piece is the place of a month, and its GPU-hours
    rates                by commodity: scan range, intra and tier charge, place of the month with the delivery add-on,
                         which is the number of months for none
    pairs                commodities, their ratio and credit, in the order in which they are taken
    cells                GPU-hours by commodity, month and tier; all 0, also afterwards
    nets                 GPU-hours by commodity; all 0, also afterwards
    parts                by account: SCAN to INTER are written here, mills
    """
    for account in range(parts.shape[0]):
        touched = np.int64(0)
        for number in range(first[account], first[account + 1]):
            book, lots = held[number, BOOK], held[number, LOTS]
            commodity, tier = places[book, COMMODITY], places[book, TIER_PLACE]
            touched |= np.int64(1) << (commodity - 1)
            for piece in range(first_piece[book], first_piece[book + 1]):
                cells[commodity, pieces[piece, MONTH_PLACE], tier] += lots * pieces[piece, HOURS]
        parts[account, :] = 0
        left = touched
        while left != 0:
            commodity = lowest_bit(left) + 1
            left &= left - 1
            _charge_commodity(commodity, rates, addon_bp, cells, nets, parts, account)
        if touched != 0:
            parts[account, INTER] = _credit(rates, pairs, nets)
        while touched != 0:
            nets[lowest_bit(touched) + 1] = 0
            touched &= touched - 1


@leaf_kernel
def _charge_commodity(commodity, rates, addon_bp, cells, nets, parts, account):
    """Charge the GPU-hours of one commodity, set them to 0 again, and write its net."""
    longs = shorts = matched = uncovered = np.int64(0)
    for month in range(cells.shape[1]):
        bought = sold = np.int64(0)
        for tier in range(cells.shape[2]):
            hours = cells[commodity, month, tier]
            bought += max(hours, 0)
            sold += max(-hours, 0)
            cells[commodity, month, tier] = 0
        matched += min(bought, sold)
        longs += max(bought - sold, 0)
        shorts += max(sold - bought, 0)
        if month == rates[commodity, ADDON_PLACE]:
            uncovered = sold
    nets[commodity] = longs - shorts
    parts[account, SCAN] += abs(longs - shorts) * rates[commodity, PSR]
    parts[account, INTRA] += min(longs, shorts) * rates[commodity, INTRA_RATE]
    parts[account, TIER] += matched * rates[commodity, TIER_RATE]
    parts[account, ADDON] += part_up(uncovered * rates[commodity, PSR], addon_bp)


@leaf_kernel
def _credit(rates, pairs, nets):
    """Credit for opposite nets, pair by pair; hours used by one pair are not used again (MARGIN-007)."""
    credit = np.int64(0)
    for number in range(pairs.shape[0]):
        one, other = pairs[number, FIRST], pairs[number, SECOND]
        if nets[one] == 0 or nets[other] == 0 or (nets[one] > 0) == (nets[other] > 0):
            continue
        ratio, other_ratio = pairs[number, FIRST_RATIO], pairs[number, SECOND_RATIO]
        count = min(abs(nets[one]) // ratio, abs(nets[other]) // other_ratio)
        used, other_used = count * ratio, count * other_ratio
        credit += part_down(used * rates[one, PSR] + other_used * rates[other, PSR], pairs[number, CREDIT_BP])
        nets[one] -= used if nets[one] > 0 else -used
        nets[other] -= other_used if nets[other] > 0 else -other_used
    return credit
