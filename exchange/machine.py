"""Machine operations for kernels that Python does not offer, each in two versions.

The compiled version becomes a few instructions in its caller. With `NUMBA_DISABLE_JIT=1` the Python function at the end
of this file takes its place and does the same to NumPy rows.

Some are tricks: results are the same without them. Each has a constant below that switches it off, and this is how much
longer the mixed flow and 1,000 books of `gpux bench` take without it, measured on the machine of bench/RESULTS.md:

    PREFETCH        2.1 and 2.6 times   rows of the next commands are fetched ahead, see engine/prefetch.py
    OPAQUE_ROWS     1.05 and 1.07       the compiler forgets addresses inside the state between commands; if it keeps
                                        them, it runs out of registers and moves them to the stack and back
    ONE_COMPARISON  1.07 and 1.03       one unsigned comparison checks an index of a table inside a record
    LAYOUT_HINTS    1.03 and 1.02       `likely` and `unlikely`: the rare case is moved out of the way

Word moves (`word_at`, `put_word`, `copy_bytes`, `move_bytes`) write several fields of a row at once. Where each field
is assigned by its name instead (the only switch), the flows take 1.11 and 1.16 times as long.
"""

import operator
from itertools import pairwise
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils, cpu
from numba.extending import intrinsic, lower_builtin
from numba.np import arrayobj

from exchange.compiler import JIT

CACHE_LINE = 64  # bytes
NO_SOURCE = 8  # for `move_bytes`: this byte becomes 0
LANES = 8  # 64-bit words in a cache line, which `equal_lanes` compares at once

PREFETCH = True
OPAQUE_ROWS = True
ONE_COMPARISON = True
LAYOUT_HINTS = True

if JIT:

    def _item(context: Any, builder: Any, kind: Any, table: Any, index_kind: Any, index: Any, items: int = 1) -> Any:
        """Pointer to item `index` of a table. IndexError unless `items` items from there on are inside the table.

        One unsigned comparison is the whole check, as a negative index counts as larger than any table. Every table
        must have at least `items` items.
        """
        assert kind.ndim == 1, "tables inside records have one dimension"
        array = context.make_array(kind)(context, builder, table)
        index = context.cast(builder, index, index_kind, types.intp)
        places = builder.sub(builder.extract_value(array.shape, 0), ir.IntType(64)(items - 1))
        outside = builder.icmp_unsigned(">=", index, places)
        with cgutils.if_unlikely(builder, outside):
            context.call_conv.return_user_exc(builder, IndexError, ("index is out of bounds",))
        return cgutils.get_item_pointer(context, builder, kind, array, [index])

    def _get_item(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        (kind, index_kind), (table, index) = signature.args, arguments
        place = _item(context, builder, kind, table, index_kind, index)
        return arrayobj.load_item(context, builder, kind, place)

    def _set_item(context: Any, builder: Any, signature: Any, arguments: Any) -> None:
        (kind, index_kind, value_kind), (table, index, value) = signature.args, arguments
        place = _item(context, builder, kind, table, index_kind, index)
        arrayobj.store_item(context, builder, kind, context.cast(builder, value, value_kind, kind.dtype), place)

    def check_tables() -> None:
        """Make kernels use `_item` to index tables inside records. Numba would also look for negative indices."""
        if not ONE_COMPARISON:
            return
        lower_builtin(operator.getitem, types.NestedArray, types.Integer)(_get_item)
        lower_builtin(operator.setitem, types.NestedArray, types.Integer, types.Any)(_set_item)

    @intrinsic
    def row_at(typing_context, rows, index):  # type: ignore[no-untyped-def]
        """`rows[index]` of an array of rows, checked by `_item`."""
        return rows.dtype(rows, index), _get_item

    def _constant(row: Any, start: Any, stop: int) -> int:
        """A constant offset inside a row, checked at compile time: bytes `start` to `stop` are inside the row."""
        assert isinstance(row, types.Record) and isinstance(start, types.IntegerLiteral), "a row and a constant"
        assert 0 <= start.literal_value < stop <= row.size, "inside the row"
        return int(start.literal_value)

    def _byte(builder: Any, row: Any, place: int) -> Any:
        return cgutils.gep_inbounds(builder, row, 0, place)

    @intrinsic(prefer_literal=True)
    def copy_bytes(typing_context, target, source, start, stop):  # type: ignore[no-untyped-def]
        """Copy bytes `start` to `stop` (constants) of one row to the same place in another, in few moves.

        Rows begin at a cache line. No move crosses the end of a cache line, which would be slow.
        """
        first, end = _constant(source, start, stop.literal_value), stop.literal_value
        first = _constant(target, start, end)
        pieces = [first, *range((first // CACHE_LINE + 1) * CACHE_LINE, end, CACHE_LINE), end]

        def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            for begin, following in pairwise(pieces):
                places = [_byte(builder, row, begin) for row in arguments[:2]]
                cgutils.raw_memcpy(builder, *places, ir.IntType(64)(following - begin), 1)
            return context.get_dummy_value()

        return types.void(target, source, start, stop), build

    def _expected(builder: Any, condition: Any, value: int) -> Any:
        if not LAYOUT_HINTS:
            return condition
        bit = ir.IntType(1)
        expect = cgutils.get_or_insert_function(builder.module, ir.FunctionType(bit, [bit, bit]), "llvm.expect.i1")
        return builder.call(expect, [condition, bit(value)])

    @intrinsic
    def likely(typing_context, condition):  # type: ignore[no-untyped-def]
        """The condition itself; tells the compiler that it is mostly true."""

        def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            return _expected(builder, arguments[0], 1)

        return types.boolean(types.boolean), build

    @intrinsic
    def unlikely(typing_context, condition):  # type: ignore[no-untyped-def]
        """The condition itself; tells the compiler that it is mostly false."""

        def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            return _expected(builder, arguments[0], 0)

        return types.boolean(types.boolean), build

    @intrinsic
    def opaque_row(typing_context, row):  # type: ignore[no-untyped-def]
        """The row itself. The compiler takes its address for a new one.

        So it computes addresses of the row's tables again from here on, instead of keeping all of them ready for the
        whole of a loop.
        """

        def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            if not (OPAQUE_ROWS and isinstance(context, cpu.CPUContext)):  # CUDA has other registers
                return arguments[0]
            kind = arguments[0].type
            nothing, same_place = "", "=r,0"
            return builder.asm(ir.FunctionType(kind, [kind]), nothing, same_place, arguments, side_effect=True)

        return row(row), build

    @intrinsic
    def clear_row(typing_context, row):  # type: ignore[no-untyped-def]
        """Make every byte of a row zero."""

        def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            cgutils.memset(builder, _byte(builder, arguments[0], 0), ir.IntType(64)(signature.args[0].size), 0)
            return context.get_dummy_value()

        return types.void(row), build

    @intrinsic(prefer_literal=True)
    def word_at(typing_context, row, place):  # type: ignore[no-untyped-def]
        """The eight bytes of a row from the constant offset `place` on, as one uint64."""
        first = _constant(row, place, place.literal_value + 8)

        def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            word = builder.bitcast(_byte(builder, arguments[0], first), ir.IntType(64).as_pointer())
            return builder.load(word, align=1)

        return types.uint64(row, place), build

    @intrinsic(prefer_literal=True)
    def put_word(typing_context, row, place, value):  # type: ignore[no-untyped-def]
        """Write a uint64 to the eight bytes of a row from the constant offset `place` on."""
        first = _constant(row, place, place.literal_value + 8)

        def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            word = builder.bitcast(_byte(builder, arguments[0], first), ir.IntType(64).as_pointer())
            builder.store(arguments[2], word, align=1)
            return context.get_dummy_value()

        return types.void(row, place, types.uint64), build

    @intrinsic(prefer_literal=True)
    def move_bytes(typing_context, word, sources):  # type: ignore[no-untyped-def]
        """A uint64 with the bytes of another in a new order.

        sources   constant; byte i of it is the number of the byte that moves to place i, NO_SOURCE for a 0
        """
        places = [sources.literal_value >> 8 * place & 0xFF for place in range(8)]

        def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            kind = ir.VectorType(ir.IntType(8), 8)
            order = ir.Constant(ir.VectorType(ir.IntType(32), 8), places)
            moved = builder.shuffle_vector(builder.bitcast(arguments[0], kind), ir.Constant(kind, [0] * 8), order)
            return builder.bitcast(moved, ir.IntType(64))

        return types.uint64(types.uint64, sources), build

    def _bytes_at(context: Any, builder: Any, kind: Any, table: Any, start: Any, count: Any) -> Any:
        """Pointer to byte `start` of a uint8 array. IndexError unless `count` bytes from there on are inside."""
        assert kind.ndim == 1 and kind.dtype == types.uint8 and kind.layout == "C", "contiguous bytes"
        array = context.make_array(kind)(context, builder, table)
        size = builder.extract_value(array.shape, 0)
        too_long = builder.icmp_unsigned(">", count, builder.sub(size, start))
        with cgutils.if_unlikely(builder, builder.or_(builder.icmp_unsigned(">", start, size), too_long)):
            context.call_conv.return_user_exc(builder, IndexError, ("bytes are out of bounds",))
        return builder.gep(array.data, [start])

    @intrinsic
    def copy_run(typing_context, target, at, source_kind, start, count):  # type: ignore[no-untyped-def]
        """Copy `count` bytes of a uint8 array, from `start` on, to place `at` of another one."""

        def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            into, at, source, start, count = arguments
            to = _bytes_at(context, builder, signature.args[0], into, at, count)
            cgutils.raw_memcpy(
                builder, to, _bytes_at(context, builder, signature.args[2], source, start, count), count, 1
            )
            return context.get_dummy_value()

        return types.void(target, types.int64, source_kind, types.int64, types.int64), build

    @intrinsic
    def load_word(typing_context, source, at):  # type: ignore[no-untyped-def]
        """Eight bytes of a uint8 array, from `at` on, as one uint64; `at` need not be aligned."""

        def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            place = _bytes_at(context, builder, source, arguments[0], arguments[1], ir.IntType(64)(8))
            return builder.load(builder.bitcast(place, ir.IntType(64).as_pointer()), align=1)

        return types.uint64(source, types.int64), build

    @intrinsic
    def store_word(typing_context, target, at, word):  # type: ignore[no-untyped-def]
        """Write a uint64 to eight bytes of a uint8 array, from `at` on; `at` need not be aligned."""

        def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            place = _bytes_at(context, builder, target, arguments[0], arguments[1], ir.IntType(64)(8))
            builder.store(arguments[2], builder.bitcast(place, ir.IntType(64).as_pointer()), align=1)
            return context.get_dummy_value()

        return types.void(target, types.int64, types.uint64), build

    @intrinsic
    def prefetch(typing_context, table, index, line):  # type: ignore[no-untyped-def]
        """Ask for a cache line of row `index` of a table ahead of its use. The index is not checked.

        line   number of the cache line within the row
        """

        def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            if not (PREFETCH and isinstance(context, cpu.CPUContext)):  # NVVM has no such instruction
                return context.get_dummy_value()
            kind = signature.args[0]
            array = context.make_array(kind)(context, builder, arguments[0])
            row = cgutils.get_item_pointer(context, builder, kind, array, [arguments[1]])
            byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
            offset = builder.mul(arguments[2], ir.IntType(64)(64))
            row = builder.gep(builder.bitcast(row, byte), [offset], source_etype=ir.IntType(8))
            ask = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
            function = cgutils.get_or_insert_function(builder.module, ask, "llvm.prefetch.p0")
            for_writing, keep, data = word(1), word(3), word(1)
            builder.call(function, [row, for_writing, keep, data])
            return context.get_dummy_value()

        return types.void(table, types.int64, types.int64), build

    def _equal(context: Any, builder: Any, kind: Any, table: Any, start: Any, value: Any) -> Any:
        """Compare LANES words of a table of uint64, from `start` on, with a 64-bit value, or both halves of each word
        with a 32-bit value. Returns a vector of lanes as wide as the value: all bits 1 where they are equal, else 0."""
        place = _item(context, builder, kind, table, types.int64, start, LANES)
        parts = LANES * 64 // value.type.width
        lanes = ir.VectorType(value.type, parts)
        entries = builder.load(builder.bitcast(place, lanes.as_pointer()), align=8)
        first = builder.insert_element(ir.Constant(lanes, ir.Undefined), value, ir.IntType(32)(0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), parts), [0] * parts)
        equal = builder.icmp_unsigned("==", entries, builder.shuffle_vector(first, first, zeros))
        return builder.sext(equal, lanes)

    def _lanes_below_zero(builder: Any, parts: Any) -> Any:
        """An integer; its bit i is the highest bit of lane i of a vector."""
        lanes = ir.VectorType(ir.IntType(64), LANES)
        below = builder.icmp_signed("<", builder.bitcast(parts, lanes), ir.Constant(lanes, [0] * LANES))
        return builder.zext(builder.bitcast(below, ir.IntType(LANES)), ir.IntType(64))

    @intrinsic
    def equal_lanes(typing_context, table, start, value):  # type: ignore[no-untyped-def]
        """Compare LANES entries of a table of uint64, from `start` on, with a value. Bit i of the int64 result is 1 if
        entry `start + i` is equal."""

        def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            return _lanes_below_zero(builder, _equal(context, builder, signature.args[0], *arguments))

        return types.int64(table, types.int64, types.uint64), build

    @intrinsic
    def equal_above(typing_context, table, start, value):  # type: ignore[no-untyped-def]
        """As `equal_lanes`, comparing the upper 32 bits of each entry with the lower 32 bits of a value."""

        def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            table, start, value = arguments
            half = builder.trunc(value, ir.IntType(32))
            return _lanes_below_zero(builder, _equal(context, builder, signature.args[0], table, start, half))

        return types.int64(table, types.int64, types.uint64), build

    @intrinsic
    def lowest_bit(typing_context, word):  # type: ignore[no-untyped-def]
        """Index of the lowest set bit of an int64, 64 if it is 0."""

        def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            return builder.cttz(arguments[0], context.get_constant(types.boolean, False))

        return types.int64(types.int64), build

    @intrinsic
    def highest_bit(typing_context, word):  # type: ignore[no-untyped-def]
        """Index of the highest set bit of a uint64 that is not 0, as int64."""

        def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            zeros = builder.ctlz(arguments[0], context.get_constant(types.boolean, False))
            return builder.sub(ir.IntType(64)(63), zeros)

        return types.int64(types.uint64), build

else:

    def check_tables() -> None:
        """Does nothing: NumPy checks an index itself."""

    def move_bytes(word, sources):  # type: ignore[no-untyped-def]
        """A uint64 with the bytes of another in a new order, 0 where the source is NO_SOURCE."""
        taken = [*int(word).to_bytes(8, "little"), 0]
        return np.uint64(int.from_bytes(bytes(taken[sources >> 8 * place & 0xFF] for place in range(8)), "little"))

    def row_at(rows, index):  # type: ignore[no-untyped-def]
        """`rows[index]` of an array of rows."""
        return rows[index]

    def copy_bytes(target, source, start, stop):  # type: ignore[no-untyped-def]
        """Copy bytes `start` to `stop` of one row to the same place in another."""
        kind = np.dtype((np.void, stop - start))
        target.setfield(source.getfield(kind, start), kind, start)

    def likely(condition):  # type: ignore[no-untyped-def]
        """The same condition."""
        return condition

    def unlikely(condition):  # type: ignore[no-untyped-def]
        """The same condition."""
        return condition

    def opaque_row(row):  # type: ignore[no-untyped-def]
        """The same row."""
        return row

    def clear_row(row):  # type: ignore[no-untyped-def]
        """Make every byte of a row zero."""
        row.setfield(np.void(row.nbytes), np.dtype((np.void, row.nbytes)), 0)

    def word_at(row, place):  # type: ignore[no-untyped-def]
        """Eight bytes of a row as one uint64."""
        return row.getfield(np.dtype(np.uint64), place)

    def put_word(row, place, value):  # type: ignore[no-untyped-def]
        """Write eight bytes of a row at once."""
        row.setfield(value, np.dtype(np.uint64), place)

    def copy_run(target, at, source, start, count):  # type: ignore[no-untyped-def]
        """Copy `count` bytes of an array to place `at` of another one."""
        assert 0 <= at <= len(target) - count and 0 <= start <= len(source) - count, "bytes are out of bounds"
        target[at : at + count] = source[start : start + count]

    def load_word(source, at):  # type: ignore[no-untyped-def]
        """Eight bytes of an array as one uint64."""
        assert 0 <= at <= len(source) - 8, "bytes are out of bounds"
        return np.uint64(int.from_bytes(source[at : at + 8].tobytes(), "little"))

    def store_word(target, at, word):  # type: ignore[no-untyped-def]
        """Write eight bytes of an array at once."""
        assert 0 <= at <= len(target) - 8, "bytes are out of bounds"
        target[at : at + 8].view("<u8")[0] = word

    def prefetch(table, index, line):  # type: ignore[no-untyped-def]
        """Does nothing: prefetching never changes a result."""

    def equal_lanes(table, start, value):  # type: ignore[no-untyped-def]
        """Compare LANES entries of a table with a value, from `start` on: one bit for each."""
        return np.int64(sum(1 << lane for lane in range(LANES) if table[start + lane] == value))

    def equal_above(table, start, value):  # type: ignore[no-untyped-def]
        """As `equal_lanes`, comparing the upper 32 bits of each entry with the lower 32 bits of a value."""
        return equal_lanes(table[start : start + LANES] >> np.uint64(32), 0, value & np.uint64(0xFFFFFFFF))

    def lowest_bit(word):  # type: ignore[no-untyped-def]
        """Index of the lowest set bit of an int64, 64 if it is 0."""
        return np.int64((int(word) & -int(word)).bit_length() - 1 if word else 64)

    def highest_bit(word):  # type: ignore[no-untyped-def]
        """Index of the highest set bit of a uint64 that is not 0."""
        return int(word).bit_length() - 1
