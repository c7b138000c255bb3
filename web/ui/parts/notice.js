// A message that is the whole page: connecting, waiting, ended, a link that does not work.

import { html, nothing } from 'lit';
import { icon } from './icon.js';

/**
 * @typedef {object} Notice
 * @property {string} title
 * @property {string} [text]
 * @property {boolean} [busy] something is under way
 * @property {string} [icon]
 * @property {{label: string, run: () => void}} [action] the next step
 * @property {{label: string, run: () => void}} [other] another one
 * @property {any} [more] what else there is to see
 * @property {any} [below] after the next steps
 */

/** @param {Notice} n */
export function notice(n) {
  return html`<section class="notice" role="status">
    ${n.busy ? html`<div class="spinner"></div>` : n.icon ? html`<span class="emblem">${icon(n.icon)}</span>` : nothing}
    <h1 tabindex="-1">${n.title}</h1>
    ${n.text ? html`<p class="soft">${n.text}</p>` : nothing}
    ${n.more ?? nothing}
    ${n.action ? html`<button type="button" class="primary" @click=${n.action.run}>${n.action.label}</button>` : nothing}
    ${n.other ? html`<button type="button" class="quiet" @click=${n.other.run}>${n.other.label}</button>` : nothing}
    ${n.below ?? nothing}
  </section>`;
}
