// Asks one thing, over everything else: `await choose({...})` gives the value of what was pressed, '' for Esc.

import { html, nothing, render } from 'lit';

/** @type {Set<HTMLDialogElement>} */
const open = new Set();

/** @typedef {{value: string, label: string, kind?: 'primary'|'danger'|'quiet', hint?: string}} Choice */

/**
 * @param {{title: string, text?: string, choices: Choice[], signal?: AbortSignal}} question the first choice has the
 *   focus; `signal`: nobody waits for the answer any more
 * @returns {Promise<string>}
 */
export function choose({ title, text, choices, signal }) {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve('');
      return;
    }
    const dialog = document.createElement('dialog');
    dialog.className = document.querySelector('.tour.charcoal') ? 'question charcoal' : 'question';
    dialog.setAttribute('aria-labelledby', 'question');
    open.add(dialog);
    dialog.addEventListener('close', () => {
      open.delete(dialog);
      dialog.remove();
      resolve(dialog.returnValue);
    });
    signal?.addEventListener('abort', () => dialog.close(''));
    document.body.append(dialog);
    render(html`<form method="dialog">
      <h2 id="question">${title}</h2>
      ${text ? html`<p class="soft">${text}</p>` : nothing}
      <div class="choices">${choices.map((c) => html`<button value=${c.value} data-choice=${c.value} class=${c.kind ?? ''}>
        <span>${c.label}</span>${c.hint ? html`<span class="hint">${c.hint}</span>` : nothing}</button>`)}</div>
    </form>`, dialog);
    dialog.showModal();
  });
}

/** What was asked about is over: nothing is chosen. */
export const askNoMore = () => open.forEach((dialog) => dialog.close(''));

/**
 * Before something that cannot be taken back.
 * @param {{title: string, text: string, confirm: string, cancel: string}} question @returns {Promise<boolean>}
 */
export async function ask({ title, text, confirm, cancel }) {
  return await choose({ title, text, choices: [{ value: 'no', label: cancel },
    { value: 'yes', label: confirm, kind: 'danger' }] }) === 'yes';
}
