// A row of tabs without what they show, as the head of a sheet; as WAI-ARIA has them: arrows go along, what is chosen is shown at once.

import { html, nothing } from 'lit';

/** @typedef {{id: string, label: string, badge?: number}} TabHead */

const STEPS = /** @type {Record<string, number>} */ ({ ArrowRight: 1, ArrowLeft: -1 });

/** @param {TabHead[]} list @param {string} now @param {KeyboardEvent} event */
function wanted(list, now, event) {
  const rtl = getComputedStyle(/** @type {Element} */ (event.currentTarget)).direction === 'rtl';
  const step = STEPS[event.key];
  if (event.key === 'Home' || event.key === 'End') {
    return list[event.key === 'Home' ? 0 : list.length - 1];
  }
  const at = list.findIndex((tab) => tab.id === now);
  return step ? list[(at + (rtl ? -step : step) + list.length) % list.length] : undefined;
}

/** @param {{tabs: TabHead[], now: string, label: string, choose: (id: string) => void}} o `now`: which one is shown */
export function tabRow({ tabs: list, now, label, choose }) {
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const tab = wanted(list, now, event);
    if (tab) {
      event.preventDefault();
      choose(tab.id);
      /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.currentTarget).querySelector(`[data-tab="${tab.id}"]`))?.focus();
    }
  };
  return html`<div class="tab-row" role="tablist" aria-label=${label} @keydown=${onKey}>${list.map((tab) => html`<button type="button"
    role="tab" data-tab=${tab.id} aria-selected=${String(tab.id === now)} tabindex=${tab.id === now ? 0 : -1}
    @click=${() => choose(tab.id)}><span>${tab.label}</span>${tab.badge ? html`<span class="badge figures">${tab.badge}</span>` : nothing}</button>`)}</div>`;
}
