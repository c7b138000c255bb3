// Says something for a few seconds, to the eye and to a screen reader: what has happened, not what is to be done.

import { html, render } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

const SECONDS = 6;
const AT_ONCE = 3;
const GAP = 8; // [px]

/** @type {{id: number, text: string}[]} */
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
  let above = 0; // [px] each over the one after it; moved as one moves a picture, so that nothing counts as shifted
  for (const one of /** @type {HTMLElement[]} */ ([...box.children].reverse())) {
    one.style.translate = `0 ${-above}px`;
    above += one.offsetHeight + GAP;
  }
}

/** The same again, while it is still there, is said once. @param {string} text */
export function toast(text) {
  const id = ++count;
  shown = [...shown.filter((s) => s.text !== text), { id, text }].slice(-AT_ONCE);
  draw();
  setTimeout(() => {
    shown = shown.filter((s) => s.id !== id);
    draw();
  }, SECONDS * 1000);
}
