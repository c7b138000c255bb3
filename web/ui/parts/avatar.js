// A person without a picture: initials on a colour that is the same wherever that person is drawn.

import { html } from 'lit';

const COLOURS = 6; // of avatar.css

/** "AL" of "Ada Lovelace". @param {string} name */
export function initialsOf(name) {
  const words = name.split(/\s+/).filter(Boolean);
  return [words[0], words.length > 1 ? words[words.length - 1] : '']
    .map((word) => [...(word ?? '')][0] ?? '').join('').toUpperCase();
}

/** @param {string} name */
function colourOf(name) {
  return [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) >>> 0, 7) % COLOURS;
}

/** @param {string} name @param {'small'|'large'} [size] */
export const avatar = (name, size = 'small') =>
  html`<span class="avatar ${size}" data-colour=${colourOf(name)} aria-hidden="true">${initialsOf(name) || '·'}</span>`;
