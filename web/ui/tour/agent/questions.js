// What people ask and say: questions with what became of them, and below them the chat.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { emptyState } from '../../parts/empty_state.js';
import { icon } from '../../parts/icon.js';
import { message, questionCard } from '../../parts/question_card.js';
import { t } from '../../words/words.js';

/** @typedef {import('./desk.js').HostDesk} HostDesk */
/** @typedef {import('../model.js').TourModel} TourModel */
/** @typedef {import('../model.js').Question} Question */

const TEXT_MOST = 1900; // letters; the protocol has 2000 bytes, and says so when it is more

/** What is still to be answered comes first, the rest as it was asked. @param {TourModel} model */
const inOrder = ({ questions }) => [...questions.filter((q) => q.state === 'open'), ...questions.filter((q) => q.state !== 'open')];

/** What was not taken stays in the field. @param {SubmitEvent} event @param {(text: string) => Promise<any>} send */
async function submit(event, send) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.currentTarget);
  const text = String(new FormData(form).get('text') ?? '').trim();
  if (text && await send(text)) {
    form.reset();
  }
}

/** @param {HostDesk} desk @param {Question} q */
const answerForm = (desk, q) => html`<form class="answering" @submit=${(/** @type {SubmitEvent} */ e) => submit(e, async (text) => {
    const done = await desk.model.attempt(() => desk.model.client.answer(q.id, 'answered', text));
    if (done) {
      desk.write('');
    }
    return done;
  })}>
  <label><span>${t('agent.q.answer_to', { name: q.name })}</span>
    <textarea name="text" rows="2" maxlength=${TEXT_MOST} required></textarea></label>
  <div class="line"><button type="submit" class="primary">${t('agent.q.send')}</button>
    <button type="button" class="quiet" @click=${() => desk.write('')}>${t('cancel')}</button></div>
</form>`;

/** @param {HostDesk} desk @param {Question} q @param {any} [other] in place of putting it aside */
export function openActions(desk, q, other) {
  const { model } = desk;
  const answer = (/** @type {'answered'|'dismissed'} */ state) => () => model.attempt(() => model.client.answer(q.id, state));
  return html`<div class="line actions">
    <button type="button" data-question-do="answered" @click=${answer('answered')}>${icon('check')}${t('agent.q.by_voice')}</button>
    <button type="button" data-question-do="write" @click=${() => desk.write(q.id)}>${icon('send')}${t('agent.q.write')}</button>
    ${other ?? html`<button type="button" class="quiet" data-question-do="dismissed" @click=${answer('dismissed')}>${t('agent.q.dismiss')}</button>`}
  </div>`;
}

/** @param {TourModel} model @param {number} seq @param {string} label */
const retract = (model, seq, label) => html`<button type="button" class="quiet icon-only" data-retract=${seq} aria-label=${label}
  @click=${() => model.attempt(() => model.client.retract(seq))}>${icon('trash')}</button>`;

/** @param {HostDesk} desk @param {Question} q */
function card(desk, q) {
  const tools = desk.writing === q.id ? answerForm(desk, q) : q.state === 'open' ? openActions(desk, q) : nothing;
  return html`<li>${questionCard(q, tools)}${retract(desk.model, q.seq, t('agent.q.retract', { name: q.name }))}</li>`;
}

/** @param {TourModel} model @param {import('../../../lib/types.js').Entry} e */
const line = (model, e) => html`<li>${message({ name: e.name ?? model.nameOf(e.from), text: e.text ?? '', mine: e.from !== null && e.from === model.me?.id,
  toHosts: e.to === 'hosts' })}${retract(model, e.seq, t('agent.chat.retract', { name: e.name ?? '' }))}</li>`;

/** @param {HostDesk} desk */
export function questionsPanel(desk) {
  const { model } = desk;
  const questions = inOrder(model);
  return html`<div class="desk-talk">
    ${questions.length === 0 ? emptyState({ icon: 'question', title: t('agent.q.none.title'), text: t('agent.q.none.text') })
      : html`<ul class="with-tools">${repeat(questions, (q) => q.seq, (q) => card(desk, q))}</ul>`}
    <section aria-label=${t('agent.chat.title')}><h2>${t('agent.chat.title')}</h2>
      <ul class="with-tools">${repeat(model.chat, (e) => e.seq, (e) => line(model, e))}</ul>
      <form class="line chat-form" @submit=${(/** @type {SubmitEvent} */ e) => submit(e, (text) => model.attempt(() => model.client.chat(text)))}>
        <input name="text" maxlength=${TEXT_MOST} autocomplete="off" aria-label=${t('agent.chat.write')} placeholder=${t('agent.chat.write')} />
        <button type="submit" class="icon-only" aria-label=${t('agent.chat.send')}>${icon('send')}</button>
      </form></section></div>`;
}
