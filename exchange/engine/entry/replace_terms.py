"""The terms that an order would have after a REPLACE, and how working lots and possible loss would change."""

import numpy as np

from exchange.book.expiry import keep_expiry
from exchange.book.levels import worse_of
from exchange.clearing.margin import loss_per_lot
from exchange.engine.entry.stop_terms import protected_tick
from exchange.kernel import kernel, leaf_kernel
from exchange.kernel_codes import (
    FLAG_KEEP_LOTS,
    FLAG_KEEP_PRICE,
    FLAG_SET_DISPLAY,
    FLAG_SET_TAG,
    FLAG_SET_TIF,
    FLAG_SET_TRIGGER,
    ORDER_STOP,
)


@leaf_kernel
def _wanted_total(order, command):
    return np.int64(order.order_lots) if command["flags"] & FLAG_KEEP_LOTS != 0 else np.int64(command.lots)


@leaf_kernel
def _wanted_display(order, command):
    return np.int64(command.display_lots) if command["flags"] & FLAG_SET_DISPLAY != 0 else np.int64(order.display_lots)


@kernel
def _new_stop_price(book, order, command, trigger):
    """Limit price of a stop after a REPLACE. That of a plain stop moves with its trigger; if the REPLACE gives a price,
    the worse of both."""
    if order.order_type != ORDER_STOP:
        return np.int64(order.price) if command["flags"] & FLAG_KEEP_PRICE != 0 else np.int64(command.price)
    if command["flags"] & FLAG_KEEP_PRICE != 0:
        return order.price + trigger - order.trigger
    side = np.int64(order.side)
    return worse_of(side, protected_tick(book, side, trigger), np.int64(command.price))


@leaf_kernel
def wanted_terms(order, command):
    """Price, total lots and display that an order would have after a REPLACE."""
    price = np.int64(order.price) if command["flags"] & FLAG_KEEP_PRICE != 0 else np.int64(command.price)
    return price, _wanted_total(order, command), _wanted_display(order, command)


@kernel
def wanted_stop_terms(book, order, command):
    """Trigger, price, total lots and display that a waiting stop would have after a REPLACE."""
    trigger = np.int64(command.trigger) if command["flags"] & FLAG_SET_TRIGGER != 0 else np.int64(order.trigger)
    price = _new_stop_price(book, order, command, trigger)
    return trigger, price, _wanted_total(order, command), _wanted_display(order, command)


@leaf_kernel
def change_of_working(book, order, price, lots):
    """Change of working lots, and of what they can lose in mills, if an order had `lots` left at `price`. Both may be
    negative."""
    side = np.int64(order.side)
    held = np.int64(order.leaves_lots) * loss_per_lot(book, side, np.int64(order.price))
    return lots - np.int64(order.leaves_lots), lots * loss_per_lot(book, side, price) - held


@leaf_kernel
def set_terms(state, command, slot):
    """Write the new terms that do not matter to an order's priority: time in force, expiry and tag."""
    order = state.orders[slot]
    if command["flags"] & FLAG_SET_TIF != 0:
        order.tif = command.tif
        order.expiry_ns = command.expiry_ns
        keep_expiry(state, slot)
    if command["flags"] & FLAG_SET_TAG != 0:
        order.tag = command.tag
