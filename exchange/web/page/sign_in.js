// Signing in: keys made in the page, the command that enrols one, several accounts, signing out.

import { Ed25519 } from "./gpux.js";
import { byId, confirmed, make, say } from "./dom.js";
import { connectAs, keys, knownKeys, signOut, storedName, venueUrl } from "./connection.js";
import { desk, note } from "./desk.js";
import { view, touch } from "./frames.js";
import { graceSeconds } from "./format.js";

const NAME = /^[A-Za-z0-9_.:-]{1,30}$/;

function drawIdentity() {
  const { session, keyName } = desk,
    signedIn = Boolean(session?.core.key);
  say(
    byId("identity"),
    signedIn ? `${keyName}${desk.account ? `, account ${desk.account.account}` : ""}` : "public data",
  );
  say(byId("sign-in"), signedIn ? "Account…" : "Sign in");
}

async function show() {
  const dialog = byId("sign-in-dialog");
  say(
    byId("sign-in-note"),
    keys
      ? `Keys of this browser for ${venueUrl}. Each venue serves its own page, and only to it can this page connect.`
      : "This page cannot keep keys: it needs https, or an address of this machine like 127.0.0.1.",
  );
  byId("new-key").hidden = !keys;
  byId("known-keys").replaceChildren(...(await Promise.all((await knownKeys()).map(keyBox))));
  if (!dialog.open) dialog.showModal();
}

async function keyBox(known) {
  const { stored, key, account } = known,
    name = key.replace(/^k_/, ""),
    held = await keys.get(stored);
  const isOn = desk.keyName === key && desk.session?.core.key === key && desk.account?.account === account;
  const standing = isOn ? ": logged on" : desk.enrol === stored ? ": not accepted yet" : "";
  const command = `gpux key make DATA ${name} --account ${account} --public ${held.publicKey}`;
  const act = (textContent, className, run) => {
    const button = make("button", { type: "button", textContent, className });
    button.addEventListener("click", run);
    return button;
  };
  const box = make(
    "div",
    { className: "key" },
    make("strong", {
      textContent: `${key}, account ${account}${standing}`,
    }),
    make("p", { className: "note", textContent: "Public key" }),
    make("code", { className: "code", textContent: held.publicKey }),
    make("p", {
      className: "note",
      textContent: "The venue's operator enrols it with this command, with the data folder for DATA:",
    }),
    make("code", { className: "code command", textContent: command }),
  );
  const actions = make("div", { className: "actions" });
  if (isOn) {
    actions.append(act("Sign out and delete the key", "danger", leave));
  } else {
    actions.append(
      act("Log on", "main", async () => {
        byId("sign-in-dialog").close();
        if (await leaves(key)) await connectAs(known);
      }),
      act("Delete", "", async () => {
        if (
          !(await confirmed({
            title: `Delete ${key}?`,
            body: ["The key is gone for good; the venue still knows its public half until an operator revokes it."],
            yes: "Delete",
            danger: true,
          }))
        )
          return show();
        await keys.delete(stored);
        await show();
      }),
    );
  }
  if (navigator.clipboard) {
    actions.append(
      act("Copy the command", "", async (event) => {
        await navigator.clipboard.writeText(command);
        event.target.textContent = "Copied";
      }),
    );
  }
  box.append(actions);
  return box;
}

/** Whether the key that is logged on may be left for another: its orders go with its session. */
async function leaves(next) {
  const before = desk.session?.core.key;
  if (!before || desk.state === "over") return true;
  const orders = `orders of ${before} in this session`,
    seconds = graceSeconds(desk.session.core.cancelTerms);
  const lost = seconds === null ? `The ${orders} stay: there` : `The ${orders} are cancelled after ${seconds} s: there`;
  const body = [desk.live ? `The ${orders} are cancelled.` : `${lost} is no connection to cancel them now.`];
  return confirmed({ title: `Log on as ${next}?`, body, yes: `Log on as ${next}`, danger: true });
}

async function leave() {
  const orders = desk.session?.orders.live().length ?? 0;
  byId("sign-in-dialog").close();
  const body = [
    "The key is deleted from this browser. To trade again, make a new one and have it enrolled.",
    orders ? `The ${orders} working orders of this session are cancelled.` : "",
  ].filter(Boolean);
  if (await confirmed({ title: "Sign out?", body, yes: "Sign out", danger: true })) await signOut();
}

async function makeKey(event) {
  event.preventDefault();
  const name = byId("key-name").value.trim().replace(/^k_/, ""),
    account = Number(byId("key-account").value.trim());
  if (!NAME.test(name)) return say(byId("new-key-note"), "Name: 1 to 30 characters of A-Z a-z 0-9 _ . : -");
  if (!Number.isInteger(account) || account < 1)
    return say(byId("new-key-note"), "Account number: a whole number from 1 on.");
  if ((await knownKeys()).some(({ key }) => key === `k_${name}`))
    return say(byId("new-key-note"), `k_${name} exists in this browser.`);
  let key;
  try {
    key = await Ed25519.generate();
  } catch {
    return say(byId("new-key-note"), "This browser cannot make Ed25519 keys; a newer one can.");
  }
  await keys.put(storedName(`k_${name}`, account), key);
  say(byId("new-key-note"), "");
  byId("new-key").reset();
  note(`Made the key k_${name}. Have it enrolled, then log on.`);
  await show();
}

export function start() {
  view("identity", drawIdentity, 200);
  byId("sign-in").addEventListener("click", show);
  byId("new-key").addEventListener("submit", makeKey);
  touch("identity");
}
