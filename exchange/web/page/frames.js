// Draws views at most once a frame, each at most as often as it asks for, and only if something touched it.

const views = new Map(); // name -> { draw, everyMs, dirty, drawn }
let asked = 0;
let timer = 0;

/** Draw a view when it is touched, at most every `everyMs` milliseconds. */
export function view(name, draw, everyMs = 0) {
  views.set(name, { draw, everyMs, dirty: true, drawn: -Infinity });
  ask();
}

/** Something that these views show has changed. */
export function touch(...names) {
  for (const name of names) {
    const found = views.get(name);
    if (found) found.dirty = true;
  }
  ask();
}

export const touchAll = () => touch(...views.keys());

function ask() {
  if (!asked) asked = requestAnimationFrame(drawAll);
}

function drawAll(now) {
  asked = 0;
  let next = Infinity;
  for (const found of views.values()) {
    if (!found.dirty) continue;
    const wait = found.everyMs - (now - found.drawn);
    if (wait > 4) {
      next = Math.min(next, wait);
      continue;
    }
    found.dirty = false;
    found.drawn = now;
    if (found.draw() === false) found.drawn = -Infinity; // nothing to show yet, so the next one need not wait
  }
  if (next < Infinity && !timer) {
    timer = setTimeout(() => {
      timer = 0;
      ask();
    }, next);
  }
}
