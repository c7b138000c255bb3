// The front door, and what is at an address where there is nothing: people arrive without a link, so it takes one.

import { html, nothing, render } from 'lit';
import { notice } from '../parts/notice.js';
import words from '../words/en_landing.js';
import { say, t } from '../words/words.js';

const missing = document.body.dataset.page === 'missing';
const app = /** @type {HTMLElement} */ (document.getElementById('app'));

/** @param {string} text @returns {string} what is wrong with it, '' when we go there */
function open(text) {
  try {
    const url = new URL(/https?:\/\/\S+/.exec(text)?.[0] ?? text); // invitations are pasted with what stands around it
    if (url.origin === location.origin && /^\/(t|agent)\/[\w-]+$/.test(url.pathname) && url.hash) {
      location.assign(url.href);
      return '';
    }
    return t('landing.other');
  } catch {
    return t('landing.no_link');
  }
}

/** @param {string} [problem] */
function draw(problem = '') {
  const form = html`<form novalidate @submit=${(/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const input = /** @type {HTMLInputElement} */ (app.querySelector('input'));
    draw(open(input.value));
    input.focus();
  }}>
    <label><span>${t('landing.link')}</span>
      <input type="url" name="link" autocomplete="off" required placeholder="${location.origin}/t/…" /></label>
    ${problem ? html`<p class="problem" role="alert">${problem}</p>` : nothing}
    <button class="primary wide">${t('go_on')}</button></form>`;
  render(notice({ title: t(missing ? 'missing.title' : 'landing.title'),
    text: t(missing ? 'missing.text' : 'landing.text'), more: form }), app);
}

say(words);
app.replaceChildren();
draw();
