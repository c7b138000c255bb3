// What floats over a host's own picture: who is here, what they ask and who waits, and what the camera can.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { avatar } from '../../parts/avatar.js';
import { icon } from '../../parts/icon.js';
import { t } from '../../words/words.js';
import { hasTorch, setTorch, torchIsOn, zoomOf } from './camera.js';
import '../../parts/tile.js';

/** @typedef {import('./desk.js').HostDesk} HostDesk */
/** @typedef {import('../../../lib/types.js').Participant} Participant */

const CHIPS_MOST = 2; // more would hide the house

/** What a bubble says besides the name, for who does not see it. @param {HostDesk} desk @param {Participant} p */
function stateOf({ model, qualities }, p) {
  const quality = qualities.get(p.id);
  return [p.id === model.speaker ? t('tile.speaking') : '', p.hand ? t('tile.hand') : '', p.link === 'lost' ? t('people.lost') : '',
    quality === 'fair' || quality === 'poor' ? t(`quality.${quality}`) : ''].filter(Boolean).join(', ');
}

/** @param {HostDesk} desk @param {Participant} p */
function bubble(desk, p) {
  const { model } = desk;
  const slot = [model.stage, ...model.gallery].find((s) => s?.participant === p.id && s.source === 'camera' && s.track && !s.paused);
  const quality = desk.qualities.get(p.id);
  const state = stateOf(desk, p);
  return html`<li><button type="button" class="bubble ${p.id === model.speaker ? 'speaking' : ''} ${p.link}" data-bubble=${p.id}
    aria-haspopup="dialog" @click=${() => desk.ask({ at: 'person', id: p.id })}>
    <span class="face">${slot ? html`<oriel-tile .track=${slot.track} .name=${p.name} .label=${p.name}></oriel-tile>` : avatar(p.name)}</span>
    ${p.hand ? html`<span class="mark need">${icon('hand')}</span>` : p.id === model.speaker ? html`<span class="mark">${icon('sound')}</span>`
      : quality === 'fair' || quality === 'poor' ? html`<span class="mark">${icon(quality)}</span>` : nothing}
    <span class="one-line">${p.name}</span>${state ? html`<span class="visually-hidden">${state}</span>` : nothing}</button></li>`;
}

/** @param {HostDesk} desk */
export function bubbles(desk) {
  const { model } = desk;
  const others = model.people.filter((p) => p.id !== model.me?.id);
  return others.length === 0 ? nothing : html`<ul class="bubbles" aria-label=${t('tour.others')}>
    ${repeat(others, (p) => p.id, (p) => bubble(desk, p))}</ul>`;
}

/** @param {HostDesk} desk */
function waitingChip({ model }) {
  const [first] = model.waiting;
  if (!first) {
    return nothing;
  }
  const n = model.waiting.length;
  return html`<li class="chip need"><span class="grow">${n === 1 ? t('people.waits', { name: first.name }) : t('people.waiting', { n })}</span>
    <button type="button" data-chip-admit @click=${() => model.attempt(() => model.client.admit(n === 1 ? [first.id] : undefined))}>${
      t(n === 1 ? 'people.admit' : 'people.admit_all')}</button></li>`;
}

/** @param {HostDesk} desk */
export function chips(desk) {
  const { model, live } = desk;
  const open = live.shownTab === 'talk' ? [] : desk.openQuestions.filter((q) => !desk.later.has(q.id));
  return html`<ul class="chips" aria-label=${t('agent.needs_you')}>
    ${live.shownTab === 'people' ? nothing : waitingChip(desk)}
    ${repeat(open.slice(0, CHIPS_MOST), (q) => q.id, (q) => html`<li><button type="button" class="chip" data-chip=${q.id} aria-haspopup="dialog"
      @click=${() => desk.ask({ at: 'question', id: q.id })}>${icon('question')}<span><strong>${q.name}</strong> ${q.text}</span></button></li>`)}
    ${model.tour?.view ? html`<li class="chip"><span class="grow">${t('agent.shows', { title: /** @type {any} */ (model.tour.view).title || t('rooms.plan') })}</span>
      <button type="button" data-do="unfollow" @click=${() => model.attempt(() => model.client.follow(null))}>${t('agent.stop_showing')}</button></li>` : nothing}
  </ul>`;
}

/** @param {HostDesk} desk */
export function tools(desk) {
  const { model } = desk;
  const { camera } = model.own.tracks;
  const zoom = zoomOf(camera);
  const lit = torchIsOn(camera);
  const change = (/** @type {Promise<void>} */ done) => done.then(() => desk.live.requestUpdate(), () => model.say(t('failed')));
  return html`<div class="tools" role="group" aria-label=${t('agent.camera')}>
    ${camera && hasTorch(camera) ? html`<button type="button" class="tool" data-control="torch" aria-pressed=${String(lit)}
      @click=${() => change(setTorch(camera, !lit))}>${icon('torch')}<span>${t('agent.torch')}</span></button>` : nothing}
    ${desk.wide ? nothing : html`<button type="button" class="tool" data-control="point" aria-pressed=${String(desk.pointing)}
      @click=${() => desk.point(!desk.pointing)}>${icon('pointer')}<span>${t('agent.point')}</span></button>`}
    ${camera && zoom ? html`<input type="range" class="zoom" aria-label=${t('agent.zoom')} min=${zoom.min} max=${zoom.max} step=${zoom.step}
      .value=${String(desk.zooming.wanted ?? zoom.now)} @input=${(/** @type {Event} */ e) => desk.zooming.to(camera, Number(/** @type {HTMLInputElement} */ (e.target).value))} />` : nothing}
  </div>`;
}
