// Rooms as chapters in one touch, and what there is to show besides the camera.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { icon } from '../../parts/icon.js';
import { t } from '../../words/words.js';
import { lineOf, sightsOf } from '../sights.js';
import { roomsOf } from './property.js';

/** @typedef {import('./desk.js').HostDesk} HostDesk */
/** @typedef {import('../model.js').TourModel} TourModel */
/** @typedef {import('../sights.js').Sight} Picture */

/** @param {TourModel} model */
const whereNow = (model) => model.chapters.at(-1)?.title ?? '';

/** @param {TourModel} model @param {string} title @param {() => void} done */
async function begin(model, title, done) {
  const begun = title === whereNow(model) || await model.attempt(() => model.client.chapter(title)); // a second touch is none
  if (begun) {
    done();
  }
  return begun;
}

/** Those of the house, and those that were made up on the way. @param {TourModel} model */
function rooms(model) {
  const known = roomsOf(model.tour?.property);
  const others = model.chapters.map((c) => c.title ?? '').filter((title) => title && !known.includes(title));
  return [...known, ...new Set(others)];
}

/** @param {TourModel} model @param {() => void} done */
function list(model, done) {
  const now = whereNow(model);
  const seen = new Set(model.chapters.map((c) => c.title));
  return html`<ul class="rooms">${rooms(model).map((name) => html`<li><button type="button" class="room ${seen.has(name) ? 'seen' : ''}"
    data-room=${name} aria-current=${name === now ? 'location' : nothing} @click=${() => begin(model, name, done)}>
    <span>${name}</span>${name === now ? html`<span class="second">${t('rooms.now')}</span>`
      : seen.has(name) ? icon('check', t('rooms.seen')) : nothing}</button></li>`)}</ul>`;
}

/** @param {TourModel} model @param {() => void} done */
const another = (model, done) => html`<form class="line another" @submit=${async (/** @type {SubmitEvent} */ e) => {
    e.preventDefault();
    const form = /** @type {HTMLFormElement} */ (e.currentTarget);
    const title = lineOf(new FormData(form).get('room'));
    if (title && await begin(model, title, done)) {
      form.reset();
    }
  }}>
  <input name="room" maxlength="60" autocomplete="off" aria-label=${t('rooms.other')} placeholder=${t('rooms.other')} />
  <button type="submit">${t('rooms.begin')}</button>
</form>`;

/** @param {TourModel} model @param {Picture} picture */
const isShown = (model, picture) => /** @type {any} */ (model.tour?.view)?.url === picture.url;

/** @param {TourModel} model @param {Picture} picture @param {() => void} done */
function thumbnail(model, picture, done) {
  const shown = isShown(model, picture);
  const name = picture.title || t(`rooms.${picture.kind}`);
  return html`<li><button type="button" class="thumbnail" data-show=${picture.kind} aria-pressed=${String(shown)}
    @click=${async () => {
      if (await model.attempt(() => model.client.follow(shown ? null : picture))) {
        done();
      }
    }}>
    <span class="frame">${icon(picture.kind)}<img src=${picture.url} alt="" loading="lazy"
      @error=${(/** @type {Event} */ e) => { /** @type {HTMLElement} */ (e.target).hidden = true; }} /></span>
    <span class="second">${shown ? t('rooms.shown', { name }) : name}</span></button></li>`;
}

/** @param {HostDesk} desk */
export function roomsPanel(desk) {
  const { model } = desk;
  const done = () => desk.done();
  const pictures = sightsOf(model.tour?.property);
  return html`<div class="walk">
    ${rooms(model).length === 0 ? html`<p class="soft">${t('rooms.none')}</p>` : list(model, done)}
    ${another(model, done)}
    ${pictures.length === 0 ? nothing : html`<section aria-label=${t('rooms.pictures')}><h2>${t('rooms.pictures')}</h2>
      <ul class="thumbnails">${repeat(pictures, (p, i) => `${i} ${p.url}`, (p) => thumbnail(model, p, done))}</ul></section>`}
  </div>`;
}
