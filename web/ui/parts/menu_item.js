// A line of a menu: what it does, and how that stands where it is a switch.

import { html, nothing } from 'lit';
import { icon } from './icon.js';

/**
 * @typedef {object} MenuItem
 * @property {string} id also `data-do`, for tests
 * @property {string} icon
 * @property {string} label
 * @property {string} [hint] more than the label says
 * @property {boolean} [on] it is a switch, and stands so
 * @property {'danger'} [kind]
 * @property {number} [badge] so many wait there
 * @property {() => void} run
 */

/** @param {MenuItem} m */
const sign = (m) => (m.on === undefined
  ? m.badge ? html`<span class="badge figures">${m.badge}</span>` : nothing
  : html`<span class="knob" aria-hidden="true"></span>`);

/** @param {MenuItem} m */
export const menuItem = (m) => html`<button type="button" class="menu-item ${m.kind ?? ''}" data-do=${m.id}
    role=${m.on === undefined ? nothing : 'switch'} aria-checked=${m.on === undefined ? nothing : String(m.on)} @click=${m.run}>
  ${icon(m.icon)}<span class="words"><span>${m.label}</span>${m.hint ? html`<span class="hint second">${m.hint}</span>` : nothing}</span>${sign(m)}
</button>`;
