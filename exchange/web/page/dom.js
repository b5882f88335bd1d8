// Small tools for the document: elements, texts that change only when they differ, tables by key, tabs, canvases.

export const byId = (id) => document.getElementById(id);

/** An element with properties, `dataset` values as data, and children. */
export function make(tag, { data, ...properties } = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  Object.assign(node.dataset, data);
  node.append(...children);
  return node;
}

const shown = new WeakMap();

/** Set the text of a node, if it is another one. */
export function say(node, text) {
  if (shown.get(node) === text) return;
  shown.set(node, text);
  node.textContent = text;
}

/** Set a class of a node to one of several, or to none. */
export function mark(node, name) {
  if (node.className !== name) node.className = name;
}

/** Show rows in a table body in this order: one row for each key, made once, then only changed. */
export function fillRows(body, items, keyOf, makeRow, change) {
  const known = (body.rowsByKey ??= new Map()),
    wanted = new Set();
  let place = body.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    wanted.add(key);
    let row = known.get(key);
    if (!row) known.set(key, (row = makeRow(item)));
    change(row, item);
    if (row === place) place = place.nextElementSibling;
    else body.insertBefore(row, place);
  }
  for (const [key, row] of known) {
    if (wanted.has(key)) continue;
    known.delete(key);
    row.remove();
  }
}

/** A row of empty cells with these classes. */
export function cells(...names) {
  return make("tr", {}, ...names.map((className) => make("td", { className })));
}

/** Show terms and values in a `dl`: [term, value, alarm]. */
export function fillFacts(list, facts) {
  fillRows(
    list,
    facts.filter(([, value]) => value !== null && value !== undefined),
    ([term]) => term,
    ([term]) => make("div", {}, make("dt", { textContent: term }), make("dd")),
    (row, [, value, alarm]) => {
      say(row.lastChild, value);
      mark(row, alarm ? "alarm" : "");
    },
  );
}

/** Tabs that arrow keys move between; `choose` is called with the id of the one chosen. */
export function tabs(list, choose) {
  const all = [...list.querySelectorAll("[role=tab]")];
  const select = (tab) => {
    for (const each of all) {
      each.setAttribute("aria-selected", String(each === tab));
      each.tabIndex = each === tab ? 0 : -1;
    }
    const panels = new Set(all.map((each) => each.getAttribute("aria-controls")));
    if (panels.size === all.length) for (const id of panels) byId(id).hidden = id !== tab.getAttribute("aria-controls");
    else byId(tab.getAttribute("aria-controls")).setAttribute("aria-labelledby", tab.id);
    choose(tab.id);
  };
  for (const tab of all) tab.addEventListener("click", () => select(tab));
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key],
      at = all.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    const next = all[(at + step + all.length) % all.length];
    next.focus();
    select(next);
  });
}

/** The drawing context of a canvas at the device's resolution, cleared; null while it is not visible. */
export function paint(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas,
    scale = window.devicePixelRatio || 1;
  if (!width || !height) return null;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  return { context, width, height };
}

let colours = new Map();
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const onScheme = new Set();
dark.addEventListener("change", () => {
  colours = new Map();
  for (const take of onScheme) take();
});

/** A colour of the style sheet, as it is in the present scheme. */
export function colour(name) {
  if (!colours.has(name))
    colours.set(name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim());
  return colours.get(name);
}

/** Call a function when the reader changes between light and dark. */
export const whenSchemeChanges = (take) => onScheme.add(take);

/** Ask before something that cannot be taken back; resolves to whether the answer was yes. */
export function confirmed({ title, body, yes, danger = false }) {
  const dialog = byId("ask-dialog"),
    button = byId("ask-yes");
  byId("ask-title").textContent = title;
  byId("ask-body").replaceChildren(
    ...body.map((part) => (typeof part === "string" ? make("p", { textContent: part }) : part)),
  );
  button.textContent = yes;
  button.className = danger ? "danger" : "main";
  dialog.returnValue = "";
  dialog.showModal();
  button.focus();
  return new Promise((resolve) => {
    button.onclick = () => dialog.close("yes");
    dialog.onclose = () => resolve(dialog.returnValue === "yes");
  });
}

for (const dialog of document.querySelectorAll("dialog")) {
  for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close());
}
