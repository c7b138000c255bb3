// Everybody's microphone off, but for those who go on speaking.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { t } from '../../words/words.js';

/** @typedef {import('./desk.js').HostDesk} HostDesk */

/** @param {HostDesk} desk */
export function muteAll(desk) {
  const { model } = desk;
  const speak = model.people.filter((p) => !p.host && p.sources?.microphone === 'on');
  const send = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const except = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget)).getAll('except').map(String);
    if (await model.attempt(() => model.client.muteAll('microphone', except))) {
      model.say(t(except.length > 0 ? 'mute.done_but' : 'mute.done'));
      desk.shut();
    }
  };
  return html`<form class="mute-all" @submit=${send}>
    <p class="soft">${t(speak.length > 0 ? 'mute.text' : 'mute.nobody')}</p>
    ${speak.length === 0 ? nothing : html`<fieldset><legend class="second">${t('mute.except')}</legend>
      ${repeat(speak, (p) => p.id, (p) => html`<label class="tick"><input type="checkbox" name="except" value=${p.id} /><span>${p.name}</span></label>`)}</fieldset>`}
    ${speak.length === 0 ? nothing : html`<button type="submit" class="primary wide" data-do="mute">${t('agent.mute_all')}</button>`}
  </form>`;
}
