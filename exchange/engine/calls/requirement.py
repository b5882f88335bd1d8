"""Full initial margin of accounts from the engine's state (MARGIN-001), also with hypothetical lots on top."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from exchange.clearing.full_margin import INTER, PARTS, full_margins, sort_holdings


class FullMargin(NamedTuple):
    """Parts of one account's full margin, mills. `inter` is a credit: the total is the sum of the others less it."""

    scan: int
    intra: int
    tier: int
    addon: int
    inter: int

    @property
    def total(self) -> int:
        return sum(self) - 2 * self.inter


class _Tables(NamedTuple):
    """What `full_margins` is computed with besides positions, as that function has it."""

    places: np.ndarray
    first_piece: np.ndarray
    pieces: np.ndarray
    rates: np.ndarray
    pairs: np.ndarray
    addon_bp: int
    cells: np.ndarray
    nets: np.ndarray


def required_mills(state: np.record) -> np.ndarray:
    """Full margin of every account, mills, int64."""
    positions = state.positions[: int(state.used_positions) + 1]
    return required_by_account(state, positions, state.accounts.shape[0])


def required_by_account(state: np.record, positions: np.ndarray, accounts: int) -> np.ndarray:
    """Full margin that these positions require, by account, mills, int64.

    positions  rows with `account`, `book` and `lots`: those of the state or any others, also more than it has rows for
    accounts   number of accounts; those of the positions are less
    """
    first = np.zeros(accounts + 1, np.int64)
    held = np.empty((len(positions), 2), np.int64)
    sort_holdings(positions["account"], positions["book"], positions["lots"], first, held)
    parts = np.empty((accounts, PARTS), np.int64)
    full_margins(first, held, *_tables(state), parts)
    found: np.ndarray = parts.sum(axis=1) - 2 * parts[:, INTER]
    return found


def margin_parts(state: np.record, account: int, more: Iterable[tuple[int, int]] = ()) -> FullMargin:
    """Full margin of one account. Changes nothing. `more`: as for `held_lots`."""
    (found,) = _parts_of(state, [held_lots(state, account, more)])
    return found


def margin_by_commodity(
    state: np.record, account: int, more: Iterable[tuple[int, int]] = ()
) -> tuple[dict[int, FullMargin], FullMargin]:
    """As `margin_parts`: of each commodity by itself, and of all together.

    A credit belongs to two commodities and is rounded once for both (MARGIN-007), so only the second result has it.
    """
    lots = {book: count for book, count in held_lots(state, account, more).items() if count}
    by_commodity: dict[int, dict[int, int]] = {}
    for (book, count), number in zip(lots.items(), state.books["commodity"][[*lots]].tolist(), strict=True):
        by_commodity.setdefault(number, {})[book] = count
    numbers = sorted(by_commodity)
    *parts, total = _parts_of(state, [*(by_commodity[number] for number in numbers), lots])
    return dict(zip(numbers, parts, strict=True)), total


def held_lots(state: np.record, account: int, more: Iterable[tuple[int, int]] = ()) -> dict[int, int]:
    """Signed lots of an account, by book.

    more  hypothetical lots on top: (book, signed lots) of outrights, or of combinations, which count in their legs
    """
    positions = state.positions[: int(state.used_positions) + 1]
    own = positions[positions["account"] == account]
    lots: dict[int, int] = dict(zip(own["book"].tolist(), own["lots"].tolist(), strict=True))
    legs, leg_counts = state.books["legs"], state.books["leg_count"]
    for index, count in more:
        for leg, sign in legs[index, : leg_counts[index]].tolist():
            lots[leg] = lots.get(leg, 0) + count * sign
    return lots


def _parts_of(state: np.record, portfolios: Sequence[Mapping[int, int]]) -> list[FullMargin]:
    """Full margin of each portfolio, signed lots by book, as if it were all that an account holds."""
    first = np.cumsum([0, *map(len, portfolios)], dtype=np.int64)
    held = np.array([row for lots in portfolios for row in lots.items()], np.int64).reshape(-1, 2)
    parts = np.zeros((len(portfolios), PARTS), np.int64)
    full_margins(first, held, *_tables(state), parts)
    return [FullMargin(*row) for row in parts.tolist()]


def _tables(state: np.record) -> _Tables:
    count = int(state.books_listed) + 1
    books, months = state.books[:count], state.book_months[:count]
    counts = np.where(books["leg_count"] == 1, months["count"], 0)
    named = np.arange(months["month"].shape[1]) < counts[:, None]
    numbers = months["month"][named].astype(np.int64)
    earliest = int(numbers.min()) if len(numbers) else 0
    span = int(numbers.max(initial=earliest)) - earliest + 1
    floors, tiers = np.unique(books["floor_bp"], return_inverse=True)
    rows = state.commodities
    addon = state.margin_terms.addon_month[: len(rows)].astype(np.int64)
    is_there = (addon >= earliest) & (addon < earliest + span) & (addon != 0)
    rates = [rows["psr_mills"], rows["intra_mills"], rows["tier_mills"], np.where(is_there, addon - earliest, span)]
    pairs = state.margin_terms.pairs[: int(state.margin_terms.pairs_used)]
    return _Tables(
        places=np.stack([books["commodity"].astype(np.int64), tiers.astype(np.int64)], axis=1),
        first_piece=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        pieces=np.stack([numbers - earliest, months["hours"][named].astype(np.int64)], axis=1),
        rates=np.ascontiguousarray(np.stack(rates, axis=1), np.int64),
        pairs=np.column_stack([pairs["commodities"], pairs["ratio"], pairs["credit_bp"]]).astype(np.int64),
        addon_bp=int(state.margin_terms.addon_bp),
        cells=np.zeros((len(rows), span, len(floors)), np.int64),
        nets=np.zeros(len(rows), np.int64),
    )
