// A question and what became of it, and a line of the chat.

import { html, nothing } from 'lit';
import { icon } from './icon.js';
import { t } from '../words/words.js';

/** @typedef {{id: string, name: string, mine: boolean, text: string, state: 'open'|'answered'|'dismissed', answer: string}} Asked */

/** @param {Asked} q */
function outcome(q) {
  if (q.state === 'open') {
    return q.mine ? html`<p class="state second soft">${icon('clock')}${t('question.open')}</p>` : nothing;
  }
  return html`<p class="state second">${icon(q.state === 'answered' ? 'check' : 'close')}${t(`question.${q.state}`)}</p>
    ${q.answer ? html`<p class="answer">${q.answer}</p>` : nothing}`;
}

/** @param {Asked} q @param {any} [tools] what a host may do with it */
export const questionCard = (q, tools) => html`<article class="question-card ${q.state} ${q.mine ? 'mine' : ''}" data-question=${q.id}>
  <p class="meta soft">${icon('question')}<span class="one-line">${q.mine ? t('question.mine') : t('question.by', { name: q.name })}</span></p>
  <p class="text">${q.text}</p>${outcome(q)}${tools ?? nothing}</article>`;

/** @param {{name: string, text: string, mine: boolean, toHosts?: boolean}} m */
export const message = ({ name, text, mine, toHosts = false }) => html`<div class="message ${mine ? 'mine' : ''}">
  <p class="meta soft one-line">${mine ? t('you') : name}${toHosts ? t('question.to_hosts') : ''}</p><p class="text">${text}</p></div>`;
