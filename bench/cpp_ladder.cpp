// A plain price ladder in C++, for comparison: queues of orders by price, without ids, accounts, checks or events.
// Every level has its lots and orders, a bitmap gives the best price, and free slots are reused last in, first out.
// `bench/bare_ladder.py` compiles and calls it.

#include <cstdint>

namespace {

#ifndef TICKS
#error "TICKS: define it, above every price, a multiple of 64, at most 4096"
#endif
constexpr int WORDS = TICKS / 64;
static_assert(TICKS % 64 == 0 && WORDS <= 64);
enum Kind : uint8_t { ADD, CANCEL, REPLACE, AGGRESS };
enum Side : uint8_t { BUY, SELL };

struct Step {  // bench.flow_book.STEP
    uint64_t pick;
    int32_t order, price, lots, distance, account, book, fills;
    uint8_t kind, side, recent, down;
};
static_assert(sizeof(Step) == 40);

struct Order {
    int32_t next, previous;  // slots, 0 for none; `next` of a free slot is the next free one
    int32_t price, leaves, filled;
    uint8_t side;
};

struct Level {
    int32_t head, tail, lots, orders;
};

struct Ladder {
    Level levels[2][TICKS];
    uint64_t held[2][WORDS];  // one bit for each price with orders
    uint64_t held_words[2];   // one bit for each such word
    int32_t free, slots_used;
    Order orders[1];  // as many as the caller has allocated
};

int best(const Ladder& book, int side) {  // -1 if empty
    uint64_t words = book.held_words[side];
    if (!words) return -1;
    int word = side == BUY ? 63 - __builtin_clzll(words) : __builtin_ctzll(words);
    uint64_t bits = book.held[side][word];
    return 64 * word + (side == BUY ? 63 - __builtin_clzll(bits) : __builtin_ctzll(bits));
}

void link(Ladder& book, int slot) {
    Order& order = book.orders[slot];
    Level& level = book.levels[order.side][order.price];
    order.previous = level.tail;
    order.next = 0;
    if (level.tail) {
        book.orders[level.tail].next = slot;
    } else {
        level.head = slot;
        book.held[order.side][order.price / 64] |= 1ull << order.price % 64;
        book.held_words[order.side] |= 1ull << order.price / 64;
    }
    level.tail = slot;
    level.lots += order.leaves;
    ++level.orders;
}

void unlink(Ladder& book, int slot) {
    Order& order = book.orders[slot];
    Level& level = book.levels[order.side][order.price];
    (order.previous ? book.orders[order.previous].next : level.head) = order.next;
    (order.next ? book.orders[order.next].previous : level.tail) = order.previous;
    level.lots -= order.leaves;
    if (--level.orders == 0) {
        uint64_t& word = book.held[order.side][order.price / 64];
        word &= ~(1ull << order.price % 64);
        if (!word) book.held_words[order.side] &= ~(1ull << order.price / 64);
    }
}

int take_slot(Ladder& book) {
    int slot = book.free;
    if (!slot) return ++book.slots_used;
    book.free = book.orders[slot].next;
    return slot;
}

void release_slot(Ladder& book, int slot) {
    book.orders[slot].next = book.free;
    book.free = slot;
}

int64_t take(Ladder& book, int side, int limit, int lots) {
    int64_t trades = 0;
    while (lots > 0) {
        int price = best(book, 1 - side);
        if (price < 0 || (side == BUY ? price > limit : price < limit)) break;
        Level& level = book.levels[1 - side][price];
        int slot = level.head;
        Order& order = book.orders[slot];
        int traded = lots < order.leaves ? lots : order.leaves;
        lots -= traded;
        ++trades;
        order.filled += traded;
        if (traded < order.leaves) {
            order.leaves -= traded;
            level.lots -= traded;
        } else {
            unlink(book, slot);
            release_slot(book, slot);
        }
    }
    return trades;
}

void replace(Ladder& book, int slot, int price, int total) {
    Order& order = book.orders[slot];
    int leaves = total - order.filled;
    if (price == order.price && leaves <= order.leaves) {
        book.levels[order.side][price].lots -= order.leaves - leaves;
        order.leaves = leaves;
        return;
    }
    unlink(book, slot);
    order.price = price;
    order.leaves = leaves;
    link(book, slot);
}

}  // namespace

extern "C" int64_t ladder_bytes(int64_t slots) { return sizeof(Ladder) + slots * sizeof(Order); }

// Plays steps through a ladder, all zeros when new; `slots` holds the slot of each order by its number. Returns trades.
extern "C" int64_t play(Ladder* ladder, const Step* steps, int64_t count, int32_t* slots) {
    Ladder& book = *ladder;
    int64_t trades = 0;
    for (int64_t index = 0; index < count; ++index) {
        const Step& step = steps[index];
        if (step.kind == ADD) {
            int slot = slots[step.order] = take_slot(book);
            Order& order = book.orders[slot];
            order.side = step.side;
            order.price = step.price;
            order.leaves = step.lots;
            order.filled = 0;
            link(book, slot);
        } else if (step.kind == CANCEL) {
            unlink(book, slots[step.order]);
            release_slot(book, slots[step.order]);
        } else if (step.kind == AGGRESS) {
            trades += take(book, step.side, step.price, step.lots);
        } else {
            replace(book, slots[step.order], step.price, step.lots);
        }
    }
    return trades;
}
