// A button of the bar in a tour: an icon over its word, always both, big enough for a thumb.

import { html, nothing } from 'lit';
import { icon } from './icon.js';

/**
 * @typedef {object} Control
 * @property {string} id what it is for: also `data-control`, for styles and tests
 * @property {string} label the word under the icon, one or two
 * @property {string} [icon] `id` when nothing is said
 * @property {boolean} [pressed] it is a switch, and this is how it stands
 * @property {'device'|'live'|'end'} [kind] a device that is off has a slash and a duller ground; `live` glows while
 *   pressed; `end` ends something
 * @property {number} [badge] so many wait there
 * @property {boolean} [expanded] it opens a panel, and that is open or not
 * @property {boolean} [disabled]
 * @property {string} [hint] why it is disabled, or more than the label says
 * @property {() => void} run
 */

/** @param {Control} c */
export function controlButton(c) {
  // Who may not press it can still find out why: aria-disabled keeps it in the order of Tab.
  return html`<button type="button" class="control ${c.kind ?? ''}" data-control=${c.id}
      aria-pressed=${c.pressed === undefined ? nothing : String(c.pressed)}
      aria-expanded=${c.expanded === undefined ? nothing : String(c.expanded)}
      aria-disabled=${c.disabled ? 'true' : nothing} title=${c.hint ?? nothing}
      @click=${() => !c.disabled && c.run()}>
    <span class="sign">${icon(c.icon ?? c.id)}${c.badge ? html`<span class="badge figures">${c.badge}</span>` : nothing}</span>
    <span class="word">${c.label}</span>
  </button>`;
}
