// The front door: people arrive here without a link, so it takes one.
import { el, show } from '../dom.js';

const problem = el('p', { class: 'problem', role: 'alert', hidden: true });
const input = el('input', { type: 'url', name: 'link', autocomplete: 'off', required: true,
  placeholder: `${location.origin}/t/…` });

/** @param {SubmitEvent} event */
function open(event) {
  event.preventDefault();
  try {
    const url = new URL(input.value.trim());
    if (url.origin === location.origin && /^\/(t|agent)\/[\w-]+$/.test(url.pathname) && url.hash) {
      location.assign(url.href);
      return;
    }
    problem.textContent = 'This is not a tour link of this server. Copy the whole link from your invitation.';
  } catch {
    problem.textContent = 'This is not a link. It starts with https:// and ends with a long code.';
  }
  problem.hidden = false;
  input.focus();
}

show(el('section', { class: 'notice' },
  el('form', { class: 'form', onsubmit: open, novalidate: true },
    el('h1', {}, 'Join a property tour'),
    el('p', { class: 'soft' }, 'Open the link in your invitation, or paste it here.'),
    el('label', {}, el('span', {}, 'Invitation link'), input),
    problem,
    el('button', { class: 'primary' }, 'Continue'))));
