// Says something for a few seconds, to the eye and to a screen reader: what has happened, not what is to be done.

import { html, render } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

const SECONDS = 6;
const AT_ONCE = 3;
const GAP = 8; // [px]
const ROOM = 0.25; // of the height of the window: more would cover what it is about, so the next waits until the first is gone

/** @type {{id: number, text: string, begun: boolean}[]} */
let shown = [];
let count = 0;

/** Behind a dialog nobody reads it: it stands in it as long as that is open. */
function place() {
  const dialog = document.querySelector('dialog[open]:modal');
  dialog?.addEventListener('close', draw, { once: true });
  return dialog ?? document.fullscreenElement ?? document.body; // nothing else is seen in full screen
}

function draw() {
  let box = /** @type {HTMLElement|null} */ (document.querySelector('.toasts'));
  if (!box) {
    box = document.createElement('div');
    box.className = 'toasts charcoal';
    box.setAttribute('role', 'status');
  }
  const there = place();
  if (box.parentNode !== there) {
    there.append(box);
  }
  render(repeat(shown, (s) => s.id, (s) => html`<p class="toast">${s.text}</p>`), box);
  arrange(/** @type {HTMLElement[]} */ ([...box.children]));
}

/** Each over the one after it, as many as there is room for; moved as one moves a picture, so that nothing counts as
 *  shifted. @param {HTMLElement[]} all in the order of `shown` */
function arrange(all) {
  let used = 0; // [px]
  const seen = all.filter((one, i) => {
    const height = one.offsetHeight + GAP;
    const fits = i === 0 || shown[i].begun || used + height <= innerHeight * ROOM;
    used += fits ? height : Infinity;
    one.classList.toggle('waits', !fits);
    if (fits && !shown[i].begun) {
      begin(shown[i]);
    }
    return fits;
  });
  let above = 0; // [px]
  for (const one of seen.reverse()) {
    one.style.translate = `0 ${-above}px`;
    above += one.offsetHeight + GAP;
  }
}

/** It is read from now on. @param {{id: number, begun: boolean}} one */
function begin(one) {
  one.begun = true;
  setTimeout(() => {
    shown = shown.filter((s) => s.id !== one.id);
    draw();
  }, SECONDS * 1000);
}

/** The same again, while it is still there, is said once. @param {string} text */
export function toast(text) {
  shown = [...shown.filter((s) => s.text !== text), { id: ++count, text, begun: false }].slice(-AT_ONCE);
  draw();
}
