// A client that was written from PROTOCOL.md alone: logon, instruments, book with checksum, orders, resume.
// node --experimental-websocket page_client.mjs PAGE URL SYMBOL KEY PEM KEY PEM; prints what happened as JSON.
import { readFileSync } from "node:fs";

const [pageFile, url, symbol, ...keys] = process.argv.slice(2);
const scripts = [...readFileSync(pageFile, "utf8").matchAll(/^```js\n(.*?)^```/gms)].map((match) => match[1]);
const { importKey, sign, checksum } = new Function(`${scripts.join("\n")} return { importKey, sign, checksum };`)();
const PATH = "/v1/oe";

class Book {
  load(message) {
    [this.b, this.a] = [new Map(message.b), new Map(message.a)];
    this.s = message.s;
    this.check(message);
  }
  apply(message) {  // false: a gap or a wrong checksum
    if (message.s <= this.s) return true;
    if (message.p !== this.s) return false;
    for (const side of ["b", "a"])
      for (const [px, q] of message[side]) q ? this[side].set(px, q) : this[side].delete(px);
    this.s = message.s;
    return this.check(message);
  }
  check(message) {
    if (message.crc === undefined) return true;
    this.checked = (this.checked ?? 0) + 1;
    return checksum(this.bids(), this.asks()) === message.crc;
  }
  bids() { return [...this.b].sort((one, other) => other[0] - one[0]); }
  asks() { return [...this.a].sort((one, other) => one[0] - other[0]); }
}

class Client {
  constructor(name, pem) {
    Object.assign(this, { name, pem, id: 0, sid: "", last: new Map(), unanswered: new Map(), books: new Map() });
    Object.assign(this, { heard: [], resyncs: 0 });
  }
  async connect() {
    const key = await importKey(readFileSync(this.pem, "utf8"));
    this.socket = new WebSocket(url + PATH, ["gpux.v1+json"]);
    const socket = this.socket;
    await new Promise((live, fail) => {
      socket.onclose = (event) => fail(new Error(`closed ${event.code} ${event.reason}`));
      socket.onmessage = async (event) => {
        if (socket !== this.socket) return;
        for (const message of [JSON.parse(event.data)].flat()) {
          this.heard.push(message);
          if (message.t === "hello") await this.logOn(key, message.nonce);
          else if (message.t === "welcome") [this.sid, this.welcome, this.lives] = [message.sid, message, message.acc.length];
          else if (message.t === "live" && --this.lives === 0) live();
          else this.take(message);
        }
      };
    });
    for (const { text } of this.unanswered.values()) socket.send(text);
  }
  async logOn(key, nonce) {
    const sig = await sign(key, new URL(url).hostname, PATH, nonce, this.name, this.sid);
    const resumed = this.sid ? { sid: this.sid, take: true, last: [...this.last] } : {};
    this.socket.send(JSON.stringify({ t: "auth", id: ++this.id, key: this.name, sig, ...resumed }));
  }
  take(message) {
    if (message.t === "ok" || message.t === "err") {
      this.unanswered.get(message.re)?.done(message);
      this.unanswered.delete(message.re);
    } else if (message.t === "depth") this.depth(message);
    else if (message.acc !== undefined && message.t !== "hb") this.last.set(message.acc, message.s);
  }
  depth(message) {
    if (message.snap) {
      if (!this.books.has(message.c)) this.books.set(message.c, new Book());
      this.books.get(message.c).load(message);
      this.stale = false;
    } else if (!this.stale && !this.books.get(message.c).apply(message)) {
      this.stale = true;
      this.resyncs += 1;
      this.ask("resync", { c: message.c });
    }
  }
  ask(t, request) {
    const id = ++this.id;
    const text = JSON.stringify({ t, id, ...request });
    return new Promise((done) => {
      this.unanswered.set(id, { text, done });
      if (this.socket.readyState === 1) this.socket.send(text);
    });
  }
  drop() {
    this.socket.onclose = null;
    this.socket.close();
    this.socket = { readyState: 3 };
  }
}

const until = async (found) => {
  while (!found()) await new Promise((done) => setTimeout(done, 5));
  return found();
};

const own = new Client(keys[0], keys[1]), other = new Client(keys[2], keys[3]);
await Promise.all([own.connect(), other.connect()]);
await own.ask("sub", { ch: [{ n: "instruments" }] });
const { i, settle } = await until(() => own.heard.find((message) => message.t === "instruments")?.x.find((one) => one.sym === symbol));
const [[channel]] = (await own.ask("sub", { ch: [{ n: "depth", i, ms: 0, lv: 0 }, { n: "trades", i }] })).ch;
await other.ask("new", { i, side: "s", px: settle + 2, q: 5, coid: "s1" });
const taken = await own.ask("new", { i, side: "b", px: settle + 2, q: 2, tif: "ioc", coid: "b1" });
for (let n = 0; n < 30; n++)
  await other.ask("new", { i, side: n % 2 ? "s" : "b", px: n % 2 ? settle + 3 + n : settle - n, q: n + 1, coid: `x${n}` });
const lastChange = await other.ask("cancel", { coid: "s1" });
await until(() => own.heard.some((message) => message.t === "depth" && message.e === lastChange.e));
own.books.get(channel).s -= 1;  // as if a message were lost: the next one is a gap
await other.ask("cancel", { coid: "x0" });
await until(() => own.resyncs && !own.stale);
const book = own.books.get(channel);

const lost = own.ask("new", { i, side: "b", px: settle - 50, q: 1, coid: "lost" });  // answered to nobody
own.drop();
const unsent = own.ask("new", { i, side: "b", px: settle - 51, q: 1, coid: "unsent" });
await own.connect();
const [resent, late] = await Promise.all([lost, unsent]);
const news = () => own.heard.filter((message) => message.t === "exec" && message.ev === "new").map((message) => message.coid);
await until(() => news().includes("unsent"));
const events = news();
const goodbye = await own.ask("logout", {});
console.log(JSON.stringify({
  taken: [taken.st, taken.cum], book: [book.bids(), book.asks()], checked: book.checked, resyncs: own.resyncs,
  resumed: own.welcome.resumed, resent: [resent.t, resent.coid, resent.st], late: [late.t, late.coid, late.st, late.dup ?? false],
  events, goodbye: goodbye.t,
}));
process.exit(0);
