// Asks for a few words before something is done; '' when it is not to be done.

import { html, render } from 'lit';

/**
 * @typedef {object} TextQuestion
 * @property {string} title
 * @property {string} text paragraphs are lines
 * @property {string} label of the field
 * @property {string} [must] it is done only when exactly this is typed: for what cannot be taken back
 * @property {boolean} [danger] it cannot be taken back, though nothing is to be typed
 * @property {string} confirm
 * @property {string} cancel
 */

/** A title as people type it: blanks count once, and those around it not. @param {string} text */
const typed = (text) => text.normalize('NFC').replace(/\s+/g, ' ').trim();

/** @param {TextQuestion} q @returns {Promise<string>} */
export function askText({ title, text, label, must, danger = must !== undefined, confirm, cancel }) {
  return new Promise((resolve) => {
    const dialog = document.createElement('dialog');
    dialog.className = 'question';
    dialog.setAttribute('aria-labelledby', 'question');
    dialog.setAttribute('aria-describedby', 'question-text');
    const good = () => {
      const value = typed(/** @type {HTMLInputElement} */ (dialog.querySelector('input')).value);
      return value !== '' && (must === undefined || value === typed(must)) ? value : '';
    };
    dialog.addEventListener('close', () => {
      const answer = dialog.returnValue === 'yes' ? good() : '';
      dialog.remove();
      resolve(answer);
    });
    const draw = () => render(html`<form method="dialog">
      <h2 id="question">${title}</h2><div class="text" id="question-text">
        ${text.split('\n').map((line) => html`<p class="soft">${line}</p>`)}</div>
      <label><span>${label}</span><input type="text" maxlength="128" autocomplete="off" dir="auto" @input=${draw}
        @keydown=${(/** @type {KeyboardEvent} */ e) => e.key === 'Enter' && !good() && e.preventDefault()} /></label>
      <div class="choices"><button type="button" data-choice="no" @click=${() => dialog.close('no')}>${cancel}</button>
        <button value="yes" data-choice="yes" class=${danger ? 'danger' : 'primary'}
          ?disabled=${!dialog.querySelector('input') || !good()}>${confirm}</button></div>
    </form>`, dialog);
    document.body.append(dialog);
    draw();
    dialog.showModal();
    /** @type {HTMLElement} */ (dialog.querySelector('input')).focus();
  });
}
