// The keys of the player, as most players have them: blank or K plays, J and L ten seconds, arrows five, comma and full
// stop a picture, C a chapter. Where one types or chooses, keys are what they always are, and what prints something does
// nothing once one has switched that off.

import { wantsKeys } from '../keys_wanted.js';

/** @typedef {import('./player.js').Player} Player */

const FIELDS = 'input, select, textarea, dialog, [role=tab]';

/** @type {Record<string, (player: Player) => void>} */
const KEYS = {
  k: (p) => p.playback?.toggle(),
  j: (p) => p.jump(-10),
  l: (p) => p.jump(10),
  ArrowLeft: (p) => p.jump(-5),
  ArrowRight: (p) => p.jump(5),
  ArrowUp: (p) => p.louder(0.1),
  ArrowDown: (p) => p.louder(-0.1),
  ',': (p) => p.frame(-1),
  '.': (p) => p.frame(1),
  c: (p) => p.chapter(1),
  C: (p) => p.chapter(-1),
  m: (p) => p.mute(),
  f: (p) => p.fullscreen(),
};

/** Up and down move the page unless the player has the focus. */
const ONLY_HERE = ['ArrowUp', 'ArrowDown'];

/** @param {Player} player @returns {(event: KeyboardEvent) => void} */
export const keysOf = (player) => (event) => {
  const target = /** @type {Element} */ (event.target);
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || target.closest(FIELDS)
    || document.querySelector('dialog[open]')) {
    return;
  }
  if (event.key === ' ' && !target.closest('button, a, summary')) {
    event.preventDefault();
    player.playback?.toggle();
  } else if (Object.hasOwn(KEYS, event.key) && (event.key.length > 1 || wantsKeys()) && (!ONLY_HERE.includes(event.key) || player.contains(target))) {
    event.preventDefault();
    KEYS[event.key](player);
  }
};
