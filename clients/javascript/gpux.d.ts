// Types of gpux.js. Messages of the wire have the short keys of PROTOCOL.md; integers are exact, times microseconds.

export const RELEASE: string;
export const SUBPROTOCOL: string;

type Side = "b" | "s";
type State = "sent" | "pending" | "open" | "filled" | "cancelled" | "rejected" | "expired" | "unknown";
/** Money in mills, or tick times lots: a number, or a BigInt where it does not fit into 53 bits. */
type Money = number | bigint;
/** [price in ticks, lots] */
type Level = [number, number];
type Applied = "no" | "yes" | "unknown";

export const ErrorCode: Readonly<
  Record<
    | "BAD_MESSAGE"
    | "UNKNOWN_TYPE"
    | "ID_ORDER"
    | "DUP_ID"
    | "EXPIRED_REQUEST"
    | "REPLAY_RANGE"
    | "UNKNOWN_CHANNEL"
    | "BAD_AUTH"
    | "SCOPE"
    | "NOT_LOGGED_ON"
    | "ADDRESS_NOT_ALLOWED"
    | "SESSION_TAKEN"
    | "THROTTLED"
    | "TOO_MANY_OPEN"
    | "TOO_MANY_CHANNELS"
    | "TOO_MANY_CONNECTIONS"
    | "UNKNOWN_INSTRUMENT"
    | "STALE_REV"
    | "PRICE_BAND"
    | "PRICE_INCREMENT"
    | "LOTS_RANGE"
    | "UNKNOWN_ACCOUNT"
    | "DUP_COID"
    | "NOT_ALLOWED_TOGETHER"
    | "NO_OPPOSITE_SIDE"
    | "ALREADY_TRIGGERED"
    | "POST_ONLY_WOULD_TAKE"
    | "UNKNOWN_ORDER"
    | "ORDER_DONE"
    | "BATCH_REFUSED"
    | "QUOTE_NEEDS_MMP"
    | "MMP_TRIPPED"
    | "QUOTE_NEEDS_COD"
    | "QUOTE_CROSSED"
    | "QUOTE_DUPLICATE"
    | "MARGIN"
    | "POSITION_LIMIT"
    | "KILLED"
    | "MARKET_CLOSED"
    | "HALTED"
    | "PHASE"
    | "CLOSE_ONLY"
    | "BUSY"
    | "TIMEOUT"
    | "INTERNAL"
    | "READ_ONLY",
    number
  >
>;
export const CloseCode: Readonly<
  Record<
    | "NORMAL"
    | "SHUTDOWN"
    | "BROKEN_FRAME"
    | "WRONG_FRAME_KIND"
    | "BAD_TEXT"
    | "TOO_BIG"
    | "NO_LOGON"
    | "LOGON_FAILED"
    | "DEAD"
    | "SESSION_TAKEN"
    | "FLOODING"
    | "SLOW_CONSUMER"
    | "TOO_OLD"
    | "KEY_REVOKED",
    number
  >
>;
export const Phase: Readonly<Record<"CLOSED" | "OPENED" | "LOGON" | "CATCHING_UP" | "LIVE", number>>;

// -- messages of the wire --------------------------------------------------------------------------------------------

/** A request as `Session.request` and `Core.send` take it; the client adds `id`. */
export interface Request {
  t: string;
  [key: string]: unknown;
}

export interface NewRequest extends Request {
  t: "new";
  i: number;
  side: Side;
  q: number;
  coid: string;
  acc?: number;
  typ?: OrderType;
  px?: number;
  trg?: number;
}
export interface ReplaceRequest extends Request {
  t: "replace";
  coid: string;
}
export interface CancelRequest extends Request {
  t: "cancel";
  coid?: string;
  oid?: number;
}

/** A message of the venue. Unknown keys and types are additions of a newer version. */
export interface ServerMessage {
  t: string;
  [key: string]: unknown;
}

/** What `new`, `replace` and the views of orders have in common. */
export interface OrderView {
  i: number;
  oid: number;
  coid: string;
  st: State;
  side: Side;
  typ: string;
  tif: string;
  px: number;
  q: number;
  lv: number;
  cum: number;
  val: Money;
  tag?: string;
}
export interface PositionView {
  i: number;
  q: number;
  val: Money;
  mark: number;
  upl: Money;
  rpl?: Money;
}
export interface MarginPart {
  k: string;
  scan: Money;
  intra: Money;
  tier: Money;
  addon: Money;
}
export interface MarginTotal {
  scan: Money;
  intra: Money;
  tier: Money;
  addon: Money;
  inter: Money;
  req: Money;
  mm: Money;
}
export interface WhatIfResult {
  need: Money;
  free: Money;
  closes?: boolean;
  code?: number;
  name?: string;
  msg?: string;
}
export interface MarginView {
  ccy: string;
  eq: Money;
  im: Money;
  mm: Money;
  free: Money;
  hold?: Money;
  req?: Money;
  parts?: MarginPart[];
  total?: MarginTotal;
  res?: WhatIfResult[];
}
export interface StatementView {
  day: string;
  vm: Money;
  fees: Money;
  delivery: Money;
  moved: Money;
  adjusted: Money;
  opening: Money;
  closing: Money;
  im: Money;
  partial?: boolean;
}
export interface AccountMessage extends ServerMessage {
  acc: number;
  s: number;
  e: number;
  ts: number;
  rp?: boolean;
}
export interface Exec extends AccountMessage, OrderViewKeys {
  t: "exec";
  ev: string;
  why?: string;
  code?: number;
}
type OrderViewKeys = Omit<OrderView, "oid"> & { oid?: number };
export interface Fill extends AccountMessage {
  t: "fill";
  i: number;
  oid: number;
  coid: string;
  tid: number;
  side: Side;
  px: number;
  q: number;
  lv: number;
  cum: number;
  val: Money;
  liq: "maker" | "taker" | string;
  fee: Money;
  st: State;
  legs?: [number, number][];
}
export interface LimitTerms {
  k: string;
  rate: number;
  burst: number;
  per: string;
}
export interface CancelTerms {
  mode: "session" | "account" | "off";
  orders: "all" | "day";
  on: "drop" | "logout" | "both";
  grace_ms: number;
}
export interface Hello extends ServerMessage {
  t: "hello";
  v: string;
  venue: string;
  history: string;
  feed: string;
  nonce: string;
  ts: number;
  dead_ms: number;
  limits: LimitTerms[];
  ch?: string[];
  day?: { day?: string; close?: number; never_close?: boolean };
}
export interface Welcome extends ServerMessage {
  t: "welcome";
  sid: string;
  acc: number[];
  scopes: string[];
  resumed: boolean;
  last_id: number;
  cod: CancelTerms;
  until: number;
}
export interface Ok extends ServerMessage {
  t: "ok";
  re: number;
  oid?: number;
  coid?: string;
  st?: State;
  lv?: number;
  cum?: number;
  e?: number;
  n?: number;
  dup?: boolean;
  prio?: string;
  why?: string;
}
export interface Err extends ServerMessage {
  t: "err";
  re: number;
  code: number;
  name: string;
  msg: string;
  applied: Applied;
  lo?: number;
  hi?: number;
  need?: Money;
  free?: Money;
  phase?: string;
  retry_us?: number;
  st?: State;
  cum?: number;
  order?: OrderView;
}
export interface BatchResult {
  oid?: number;
  coid?: string;
  st?: State;
  lv?: number;
  cum?: number;
  e?: number;
  code?: number;
  name?: string;
  msg?: string;
}
export interface Instrument {
  i: number;
  sym: string;
  rev: number;
  fam: string;
  chip: string;
  floor_bp: number;
  kind: string;
  from: string;
  hours: number;
  tick_mills: number;
  min_inc: number;
  min_q: number;
  max_q: number;
  unit_lots: number;
  ccy: string;
  match: string;
  band: number;
  limit: [number, number];
  settle: number;
  ltd: number;
  deliv_from: number;
  deliv_to: number;
  maker_fee: number;
  taker_fee: number;
  phase: string;
  combo?: string;
  ioc_only?: boolean;
  life?: string;
  legs?: [number, number][];
}
export interface ChannelMessage extends ServerMessage {
  c: number;
  s: number;
  e: number;
  ts: number;
  p?: number;
  snap?: boolean;
  more?: boolean;
}
export interface Status extends ChannelMessage {
  t: "status";
  i: number;
  phase: string;
  why?: string;
  lo?: number;
  hi?: number;
  iop?: [number, number, number];
  until?: number;
}
export interface Settlement extends ChannelMessage {
  t: "settlement";
  i: number;
  px: number;
  kind: string;
  method: string;
  day?: string;
  prev?: number;
  vol?: number;
  oi?: number;
}
export interface DailyIndex extends ChannelMessage {
  t: "index";
  k: string;
  floor_bp: number;
  day: string;
  st: string;
  kind?: string;
  px?: number;
}
export interface Stats extends ChannelMessage {
  t: "stats";
  i: number;
  vol: number;
  val: Money;
  oi: number;
  prev: number;
  o?: number;
  h?: number;
  l?: number;
  last?: number;
}
export interface Top extends ChannelMessage {
  t: "top";
  bp?: number;
  bq?: number;
  bi?: number;
  ap?: number;
  aq?: number;
  ai?: number;
}
/** Trades: rows [trade id, price, lots, aggressor]. */
export interface Trades extends ChannelMessage {
  t: "trades";
  x: [number, number, number, "b" | "s" | "n"][];
  au?: boolean;
}
/** [trade id, us, price, lots, taker, whether of an auction] */
export type PastTrade = [number, number, number, number, "b" | "s" | "n", boolean];
/** [start in us, open, high, low, close, lots, value, trades] */
export type Candle = [number, number, number, number, number, number, Money, number];
export interface PastRange {
  fromUs?: number;
  toUs?: number;
  limit?: number;
}
export interface PastTrades extends Ok {
  trades?: PastTrade[];
  next?: number;
  oldest_us?: number;
}
export interface PastCandles extends Ok {
  candles?: Candle[];
  next?: number;
  oldest_us?: number;
}
export interface ChannelSpec {
  n: string;
  i?: number;
  k?: string;
  ms?: 0 | 10 | 100 | 1000;
  lv?: 0 | 1 | 10 | 50;
  iv?: "1m" | "1h" | "1d";
}

// -- errors ----------------------------------------------------------------------------------------------------------

export class ConnectFailed extends Error {}
export class SessionOver extends Error {}
export class NotLive extends Error {}
export class StaleBook extends Error {}
export class UnknownSymbol extends Error {}
export class Throttled extends Error {
  constructor(request: string, waitMs: number);
  readonly waitMs: number;
}
export class ChannelRefused extends Error {
  constructor(channel: string, code: number, offered?: string[]);
  readonly code: number;
}
export class Refused extends Error {
  constructor(reply: Err, order?: Order | null);
  readonly reply: Err;
  readonly order: Order | null;
  readonly code: number;
  readonly codeName: string;
  readonly applied: Applied;
  readonly lo?: number;
  readonly hi?: number;
  readonly need?: Money;
  readonly free?: Money;
  readonly phase?: string;
  readonly retryUs?: number;
}

// -- numbers, text, keys ---------------------------------------------------------------------------------------------

export function ticksOf(text: string): number;
export function priceText(tick: number): string;
export function moneyText(mills: Money): string;
export function decode(text: string): ServerMessage[];
export function logonText(host: string, path: string, nonce: string, key: string, sessionId?: string): string;

/** Signs logons. */
export interface Secret {
  readonly algorithm: string;
  sign(text: string): Promise<string>;
}

export class Ed25519 implements Secret {
  constructor(privateKey: CryptoKey, publicKey: string);
  static generate(): Promise<Ed25519>;
  static fromPem(text: string): Promise<Ed25519>;
  static fromSeed(seed: Uint8Array): Promise<Ed25519>;
  readonly algorithm: "ed25519";
  readonly privateKey: CryptoKey;
  readonly publicKey: string;
  sign(text: string): Promise<string>;
}
export class Hmac implements Secret {
  constructor(bytes: Uint8Array);
  readonly algorithm: "hmac-sha256";
  sign(text: string): Promise<string>;
}
export class KeyStore {
  constructor(name?: string);
  readonly name: string;
  put(name: string, key: Ed25519): Promise<void>;
  get(name: string): Promise<Ed25519 | null>;
  names(): Promise<string[]>;
  delete(name: string): Promise<void>;
}

// -- books -----------------------------------------------------------------------------------------------------------

export function checksumBytes(bids: Level[], asks: Level[], view?: DataView): Uint8Array;
export function checksum(bids: Level[], asks: Level[]): number;

export class LocalBook {
  constructor(instrument?: number, symbol?: string, levelsMax?: number);
  readonly instrument: number;
  readonly symbol: string;
  readonly sequence: number;
  readonly engineSequence: number;
  readonly timeUs: number;
  readonly problem: string | null;
  readonly mismatches: number;
  readonly gaps: number;
  readonly impliedBid: Level | null;
  readonly impliedAsk: Level | null;
  open: boolean;
  readonly synced: boolean;
  readonly bestBid: Level | null;
  readonly bestAsk: Level | null;
  readonly middleTick: number | null;
  bids(count?: number): Level[];
  asks(count?: number): Level[];
  checksum(): number;
  load(sequence: number, bids: Level[], asks: Level[], crc?: number, more?: boolean): void;
  apply(sequence: number, previous: number, bids: Level[], asks: Level[], crc?: number): boolean;
  heartbeat(sequence: number): boolean;
  imply(side: Side, row?: Level): void;
  markStale(problem: string): void;
  clear(problem: string): void;
}

export interface QueuePlace {
  side: Side;
  price: number;
  lots: number;
  ordersAhead: number;
  lotsAhead: number;
  levelOrders: number;
  levelLots: number;
}
/** Rows of a queue: ["a", oid, side, price, lots], ["r", ...] or ["d", oid]. */
export type QueueRow = ["a" | "r", number, Side, number, number] | ["d", number];
export class QueueBook {
  constructor(instrument?: number, symbol?: string);
  readonly instrument: number;
  readonly symbol: string;
  readonly sequence: number;
  readonly problem: string | null;
  readonly synced: boolean;
  load(sequence: number, rows: QueueRow[], more?: boolean): void;
  apply(sequence: number, previous: number, rows: QueueRow[]): boolean;
  heartbeat(sequence: number): boolean;
  place(orderId: number): QueuePlace | null;
  depth(side: Side): [number, number, number][];
  markStale(problem: string): void;
  clear(problem: string): void;
}

// -- orders and accounts ---------------------------------------------------------------------------------------------

export class Order {
  constructor(account: number, coid: string, instrument: number, side: Side);
  readonly account: number;
  readonly coid: string;
  readonly instrument: number;
  readonly side: Side;
  readonly name: string;
  readonly orderId: number;
  readonly state: State;
  readonly type: string;
  readonly tif: string;
  readonly priceTick: number;
  readonly lots: number;
  readonly leavesLots: number;
  readonly filledLots: number;
  readonly valueTickLots: Money;
  readonly unanswered: number;
  readonly reason: string;
  readonly error: Err | null;
  readonly tag: string;
  readonly done: boolean;
  readonly working: boolean;
  readonly meanTick: number | null;
}
export class OrderTable implements Iterable<Order> {
  constructor(finishedMax?: number);
  static key(account: number, name: string): string;
  readonly size: number;
  get(account: number, coid: string): Order | null;
  quote(account: number, instrument: number, side: Side): Order | null;
  live(instrument?: number): Order[];
  [Symbol.iterator](): Iterator<Order>;
}
export class AccountState {
  constructor(account: number, orders: OrderTable);
  readonly account: number;
  readonly sequence: number;
  readonly live: boolean;
  readonly positions: Map<number, PositionView>;
  readonly margin: MarginView | null;
  /** null: not called; undefined: not known until the next event, because a snapshot does not say. */
  readonly call: AccountMessage | null | undefined;
  /** null: not killed; undefined: not known until the next event, because a snapshot does not say. */
  readonly killed: AccountMessage | null | undefined;
  positionLots(instrument: number): number;
}

// -- limits, pauses, the protocol ------------------------------------------------------------------------------------

export class Limiter {
  learn(terms: LimitTerms[], now: number): void;
  waitMs(request: Request, now: number): number;
  spend(request: Request, now: number): void;
  refused(request: Request, waitMs: number, now: number): void;
  tokens(name: string, now: number): number;
}
export class Backoff {
  constructor(random?: () => number);
  lost(now: number, graceMs: number): void;
  failed(now: number): void;
  succeeded(): void;
  waitMs(requested: [number, number] | null, now: number): number;
  dialMs(now: number): number;
}

export interface Feed {
  readonly spec: ChannelSpec;
  readonly name: string;
  readonly channel: number;
  readonly code: number;
  readonly sequence: number;
  readonly waiting: boolean;
  readonly message: ChannelMessage | null;
  readonly book: LocalBook | QueueBook | null;
  /** The subscription to a chip, or to all, that has brought it. */
  readonly broughtBy: Feed | null;
}
export interface Feeds {
  readonly instruments: Map<number, Instrument>;
  readonly bySymbol: Map<string, Instrument>;
  readonly statuses: Map<number, Status>;
  readonly phases: Map<number, string>;
  readonly settlements: Map<number, Settlement>;
  readonly indices: Map<string, Map<number, DailyIndex>>;
  readonly stats: Map<number, Stats>;
  readonly tops: Map<number, Top>;
}

/** What happens to a session, in one ordered stream. */
export type SessionEvent =
  | { type: "connected"; sessionId: string }
  | { type: "reconnected"; resumed: boolean }
  | { type: "disconnected"; code: number; reason: string; final: boolean }
  | { type: "reconnecting"; waitMs: number }
  | { type: "historyChanged"; history: string }
  | { type: "order"; order: Order; cause: Ok | Err | Exec }
  | { type: "fill"; order: Order; fill: Fill }
  | { type: "account"; message: AccountMessage }
  | { type: "book"; book: LocalBook | QueueBook }
  | { type: "data"; instrument: number; message: ChannelMessage }
  | { type: "gap"; stream: string; expected: number; received: number }
  | { type: "mismatch"; book: LocalBook | QueueBook; problem: string }
  | { type: "overflow"; events: number }
  | { type: "message"; message: ServerMessage };
export type Replied = { type: "replied"; request: Request; reply: Ok | Err; replayed: ServerMessage[] };

export interface CoreOptions {
  host: string;
  path: string;
  key?: string;
  algorithm?: string;
  cancelTerms?: CancelTerms;
  margin?: boolean;
  sessionId?: string;
}
export class Core {
  constructor(options: CoreOptions);
  readonly orders: OrderTable;
  readonly accounts: Map<number, AccountState>;
  readonly feeds: Feeds;
  readonly phase: number;
  readonly hello: Hello | null;
  readonly welcome: Welcome | null;
  readonly sessionId: string;
  readonly toSign: string;
  readonly closeWanted: string;
  readonly final: boolean;
  readonly cancelTerms: CancelTerms;
  readonly retryMs: [number, number] | null;
  readonly venueUs: number;
  readonly live: boolean;
  readonly account: number;
  readonly waiting: boolean;
  opened(now: number): void;
  receive(text: string, now: number): (SessionEvent | Replied)[];
  signed(signature: string): void;
  frames(): string[];
  tick(now: number): void;
  closed(code: number, reason: string): SessionEvent[];
  send(request: Request): number;
  place(request: NewRequest): [Order, number];
  subscribe(specs: ChannelSpec[]): Feed[];
  unsubscribe(feeds: Feed[]): number;
}

// -- building requests -----------------------------------------------------------------------------------------------

export type OrderType = "limit" | "market" | "mtl" | "stop" | "stop_limit";
export interface OrderTerms {
  priceTick?: number;
  type?: OrderType;
  triggerTick?: number;
  tif?: "day" | "gtc" | "gtd" | "ioc" | "fok";
  tillUs?: number;
  postOnly?: "" | "reject" | "slide";
  displayLots?: number;
  minimumLots?: number;
  selfMatch?: "cr" | "ca" | "cb" | "dc";
  cancelOnDisconnect?: boolean;
  rejectIfElected?: boolean;
  tag?: string;
  revision?: number;
  expiresUs?: number;
  account?: number;
}
export interface ReplaceTerms {
  lots?: number;
  price?: string;
  priceTick?: number;
  triggerTick?: number;
  displayLots?: number;
  tif?: "day" | "gtc" | "gtd";
  tillUs?: number;
  tag?: string;
  expiresUs?: number;
}
type Named = { coid: string; account: number; orderId?: number };
export function newOrder(
  coid: string,
  side: Side,
  instrument: Pick<Instrument, "i">,
  lots: number,
  price?: string,
  terms?: OrderTerms,
): NewRequest;
export function replacement(order: Named, terms?: ReplaceTerms): ReplaceRequest;
export function cancellation(order: Named, terms?: { expiresUs?: number }): CancelRequest;

// -- the session -----------------------------------------------------------------------------------------------------

export interface ConnectOptions {
  /** Id of the key, and what signs for it; without them only public market data is available. */
  key?: string;
  secret?: Secret | null;
  /** What happens to orders when the connection drops; by default they are cancelled after 3 s. */
  cancelTerms?: Partial<CancelTerms>;
  /** Follow the margin of the accounts through orders and marks too. */
  margin?: boolean;
  /** A session of before, as of a page that was loaded again, to be taken over. */
  sessionId?: string;
  /** A WebSocket class, where there is no global one. */
  WebSocket?: new (url: string, protocols?: string | string[]) => unknown;
  /** Length of the queue of `events()`. */
  eventsMax?: number;
  /** Keep trying if the first attempt fails. */
  keepTrying?: boolean;
}
export function connect(url: string, options?: ConnectOptions): Promise<Session>;
export function open(url: string, options?: ConnectOptions): Session;

export class Session {
  constructor(url: string, core: Core, secret: Secret | null, options?: ConnectOptions);
  readonly url: string;
  readonly core: Core;
  readonly limiter: Limiter;
  /** Why the session is over; empty: it is not. */
  readonly failure: string;
  readonly live: boolean;
  readonly orders: OrderTable;
  start(): Promise<Session>;
  close(options?: { cancelOrders?: boolean }): Promise<void>;
  retryNow(): void;
  events(): AsyncGenerator<SessionEvent, void, void>;
  listen(take: (event: SessionEvent) => void): () => void;
  until(reached: () => boolean): Promise<void>;
  tokens(bucket: string): number;
  request(request: Request): Promise<Ok>;
  subscribe(...specs: ChannelSpec[]): Promise<Feed[]>;
  unsubscribe(...feeds: Feed[]): Promise<void>;
  offers(channel: string): boolean;
  instruments(): Promise<Map<string, Instrument>>;
  instrument(symbol: string): Promise<Instrument>;
  book(
    instrument: Instrument,
    options?: { cadenceMs?: 0 | 10 | 100 | 1000; levels?: 0 | 1 | 10 | 50 },
  ): Promise<LocalBook>;
  queue(instrument: Instrument): Promise<QueueBook>;
  books(): LocalBook[];
  trades(instrument: Instrument): Promise<Feed>;
  settlements(): Promise<Map<number, Settlement>>;
  index(chip: string): Promise<Map<number, DailyIndex>>;
  stats(instrument: Instrument): Promise<Stats>;
  account(number?: number): AccountState | null;
  positionLots(instrument: Instrument): number;
  new(side: Side, instrument: Instrument, lots: number, price?: string, terms?: OrderTerms): NewRequest;
  place(side: Side, instrument: Instrument, lots: number, price?: string, terms?: OrderTerms): Order;
  buy(instrument: Instrument, lots: number, price?: string, terms?: OrderTerms): Promise<Order>;
  sell(instrument: Instrument, lots: number, price?: string, terms?: OrderTerms): Promise<Order>;
  finished(order: Order): Promise<Order>;
  replace(order: Named, terms: ReplaceTerms): Promise<Ok>;
  cancel(order: Named, terms?: { expiresUs?: number }): Promise<Ok>;
  cancelAll(filters?: {
    instrument?: Instrument;
    chip?: string;
    side?: Side;
    tag?: string;
    group?: number;
    account?: number;
  }): Promise<number>;
  batch(
    operations: (NewRequest | ReplaceRequest | CancelRequest)[],
    options?: { atomic?: boolean },
  ): Promise<BatchResult[]>;
  ping(): Promise<number>;
  limits(): Promise<{ k: string; left: number; cap: number; rate: number }[]>;
  venueTimeUs(): Promise<number>;
  findOrder(name: { coid?: string; orderId?: number; account?: number }): Promise<OrderView>;
  openOrders(account?: number): Promise<OrderView[]>;
  fills(from: number, to: number, account?: number): Promise<Fill[]>;
  positions(account?: number): Promise<PositionView[]>;
  margin(account?: number): Promise<MarginView>;
  whatIf(orders?: NewRequest[], positions?: [Instrument, number][], account?: number): Promise<MarginView>;
  statement(account?: number): Promise<{ statement: StatementView | null; today: StatementView }>;
  pastTrades(instrument: Instrument, range?: PastRange & { from?: number; to?: number }): Promise<PastTrades>;
  pastCandles(instrument: Instrument, interval?: "1m" | "1h" | "1d", range?: PastRange): Promise<PastCandles>;
  replay(from: number, to: number, options?: { feed?: Feed; account?: number }): Promise<ServerMessage[]>;
  setCancelTerms(terms?: {
    mode?: CancelTerms["mode"];
    orders?: CancelTerms["orders"];
    on?: CancelTerms["on"];
    graceMs?: number;
  }): Promise<CancelTerms>;
  armTimer(ms: number, account?: number): Promise<number>;
  disarmTimer(account?: number): Promise<void>;
  kill(scope: "session" | "account" | "firm", names?: { account?: number; sessionId?: string }): Promise<number>;
  unkill(scope: "session" | "account" | "firm", names?: { account?: number; sessionId?: string }): Promise<void>;
  setProtection(
    group: number,
    terms: {
      windowMs: number;
      chip?: string;
      lots?: number;
      fills?: number;
      deltaLots?: number;
      gpuHours?: number;
      account?: number;
    },
  ): Promise<string>;
  resetProtection(group: number, account?: number): Promise<string>;
  quote(
    group: number,
    rows: [Instrument, number, number, number, number][],
    account?: number,
  ): Promise<[number, number, number, number, number, number][]>;
}
