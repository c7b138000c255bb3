// Who is here and who waits, and what a host does with them.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { icon } from '../../parts/icon.js';
import { ask } from '../../parts/dialog.js';
import { personMenu } from '../../parts/person_menu.js';
import { personRow } from '../../parts/person_row.js';
import { t } from '../../words/words.js';
import { isOwnDevice } from './own_device.js';

/** @typedef {import('./desk.js').HostDesk} HostDesk */
/** @typedef {import('../model.js').TourModel} TourModel */
/** @typedef {import('../../../lib/types.js').Participant} Participant */
/** @typedef {import('../../parts/person_menu.js').Act} Act */

/** @param {Participant} person @param {(id: string) => void} choose */
const more = (person, choose) => html`<button type="button" class="quiet more" data-person=${person.id}
  aria-label=${t('person.menu', { name: person.name })} aria-haspopup="dialog" @click=${() => choose(person.id)}>${icon('more')}</button>`;

/** @param {TourModel} model @param {Participant} person */
const waitingRow = (model, person) => html`<li class="person" data-waiting=${person.id}>
  <span class="name">${person.name}</span>
  ${person.link === 'lost' ? html`<span class="meta soft">${t('people.lost')}</span>` : nothing}
  <button type="button" data-admit=${person.id} @click=${() => model.attempt(() => model.client.admit([person.id]))}>${t('people.admit')}</button>
  <button type="button" class="quiet" data-remove=${person.id} aria-label=${t('people.refuse', { name: person.name })}
    @click=${() => model.attempt(() => model.client.remove(person.id))}>${icon('close')}</button>
</li>`;

/** Who waits to be let in. @param {TourModel} model */
const waitingList = (model) => (model.waiting.length === 0 ? nothing : html`<section class="waiting">
  <h2>${t('people.waiting', { n: model.waiting.length })}</h2>
  <ul>${repeat(model.waiting, (p) => p.id, (p) => waitingRow(model, p))}</ul>
  ${model.waiting.length > 1 ? html`<button type="button" class="wide" data-admit="all"
    @click=${() => model.attempt(() => model.client.admit())}>${t('people.admit_all')}</button>` : nothing}
</section>`);

/** @param {HostDesk} desk */
export function hostPeople(desk) {
  const { model, qualities } = desk;
  const { people, me } = model;
  const choose = (/** @type {string} */ id) => desk.ask({ at: 'person', id });
  return html`${waitingList(model)}
    <ul class="people">${repeat(people, (p) => p.id, (p) => personRow({ person: p, me: p.id === me?.id,
      speaking: p.id === model.speaker, quality: qualities.get(p.id), menu: more(p, choose) }))}</ul>
    ${people.length === 1 ? html`<p class="soft alone">${t('agent.alone')}</p>` : nothing}`;
}

/** @type {Record<Act, (model: TourModel, id: string) => Promise<any>>} */
const DO = {
  spotlight: ({ client }, id) => client.spotlight(id),
  no_spotlight: ({ client }) => client.spotlight(null),
  mute: ({ client }, id) => client.muteOther(id, 'microphone'),
  stop_camera: ({ client }, id) => client.muteOther(id, 'camera'),
  stop_screen: ({ client }, id) => client.muteOther(id, 'screen'),
  lower_hand: ({ client }, id) => client.hand(false, id),
  co_host: ({ client }, id) => client.makeHost(id),
  no_host: ({ client }, id) => client.makeHost(id, false),
  hand_over: ({ client }, id) => client.handOver(id),
  remove: ({ client }, id) => client.remove(id),
};

/** What can hardly be taken back. @param {Act} act @param {string} name @returns {Promise<boolean>} */
async function isSure(act, name) {
  if (act === 'remove') {
    return ask({ title: t('person.remove_ask.title', { name }), text: t('person.remove_ask.text'),
      confirm: t('person.remove'), cancel: t('cancel') });
  }
  return true;
}

/** @param {HostDesk} desk @param {Participant} person */
export function menuOf(desk, person) {
  const { model } = desk;
  const { client, tour, me } = model;
  return personMenu({
    person, can: client.can(person), me: person.id === me?.id, own: isOwnDevice(model, person), spotlit: tour?.spotlight === person.id, leads: tour?.lead === person.id,
    run: async (act) => {
      await desk.shut();
      if (await isSure(act, person.name)) {
        await model.attempt(() => DO[act](model, person.id));
      }
    },
    allow: (can) => model.attempt(() => client.allow(can, { participants: [person.id] })),
  });
}
