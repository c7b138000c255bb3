// Several things in one place, of which one is shown: arrows go from tab to tab, as WAI-ARIA has it.

import { html } from 'lit';

/** @typedef {{id: string, label: string, content: () => any}} Tab */

/** @param {KeyboardEvent} event @param {Tab[]} tabs @param {string} open @param {(id: string) => void} choose */
function turn(event, tabs, open, choose) {
  const at = tabs.findIndex((tab) => tab.id === open);
  const list = /** @type {HTMLElement} */ (event.currentTarget);
  const on = getComputedStyle(list).direction === 'rtl' ? -1 : 1;
  /** @type {Record<string, number>} */
  const to = { ArrowRight: at + on, ArrowLeft: at - on, Home: 0, End: tabs.length - 1 };
  if (event.key in to) {
    event.preventDefault();
    event.stopPropagation();
    const next = (to[event.key] + tabs.length) % tabs.length;
    choose(tabs[next].id);
    /** @type {HTMLElement|undefined} */ (list.querySelectorAll('[role=tab]')[next])?.focus();
  }
}

/** @param {{name: string, label: string, tabs: Tab[], open: string, choose: (id: string) => void}} p `name`: of these in the page */
export function tabs({ name, label, tabs: all, open, choose }) {
  const shown = all.find((tab) => tab.id === open) ?? all[0];
  return html`<div class="tabs">
    <div role="tablist" aria-label=${label} @keydown=${(/** @type {KeyboardEvent} */ e) => turn(e, all, shown.id, choose)}>${all.map((tab) => html`
      <button type="button" role="tab" id="${name}-${tab.id}" data-tab=${tab.id} aria-controls="${name}-shown"
        aria-selected=${String(tab === shown)} tabindex=${tab === shown ? 0 : -1} @click=${() => choose(tab.id)}>${tab.label}</button>`)}</div>
    <div role="tabpanel" id="${name}-shown" aria-labelledby="${name}-${shown.id}" tabindex="0">${shown.content()}</div>
  </div>`;
}
