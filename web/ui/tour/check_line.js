// A button before joining: whether the network carries the tour, in one line, and what to do if it does not.

import { checkConnection } from '../../lib/check.js';
import { el } from '../dom.js';

/** @param {{url: string, token: string, tour: string}} options */
export function checkLine(options) {
  const result = el('p', { class: 'soft', role: 'status', hidden: true });
  const button = el('button', { type: 'button', 'data-control': 'check', onclick: run }, 'Check my connection');

  async function run() {
    button.disabled = true;
    result.hidden = false;
    result.textContent = 'Checking the connection…';
    const { text, advice, ok } = await checkConnection(options);
    result.className = ok ? 'soft' : 'problem';
    result.textContent = advice === text ? advice : [`${text}.`, advice].filter(Boolean).join(' ');
    button.disabled = false;
  }
  return el('div', { class: 'check-line' }, button, result);
}
