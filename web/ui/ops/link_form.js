// Who follows a colleague's link to a recording has a link of their own to open it with: it goes in here.

import { html } from 'lit';
import { toast } from '../parts/toast.js';
import { t } from '../words/words.js';

/** @param {string} text */
function take(text) {
  let url;
  try {
    url = new URL(text.trim());
  } catch {
    return false;
  }
  if (url.origin !== location.origin || url.pathname !== location.pathname || url.hash.length < 2) {
    return false;
  }
  location.hash = url.hash; // the page loads again, at the recording that was asked for
  return true;
}

/** @param {() => void} [before] it is taken */
export const linkForm = (before = () => {}) => html`<form class="link-form" novalidate @submit=${(/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  before();
  const input = /** @type {HTMLInputElement} */ (/** @type {HTMLElement} */ (event.target).querySelector('input'));
  if (!take(input.value)) {
    toast(t('ops.no_link.wrong'));
    input.focus();
  }
}}><label><span>${t('ops.no_link.field')}</span><input type="url" autocomplete="off" required placeholder="${location.origin}/ops#…" /></label>
  <button class="primary wide">${t('go_on')}</button></form>`;
