// Who agreed to being recorded, when, and whether it was taken back.

import { html, nothing } from 'lit';
import { avatar } from '../parts/avatar.js';
import { icon } from '../parts/icon.js';
import { clock, when } from '../words/format.js';
import { t } from '../words/words.js';
import { nameOf } from './names.js';

/** @typedef {import('./recordings_api.js').Recording} Recording */
/** @typedef {import('./programme.js').Person} Person */

/** @param {Recording} r @param {number} s */
const instant = (r, s) => (r.started ? when(new Date(Date.parse(r.started) + s * 1000).toISOString()) : clock(s));

/** What counts is the last word. @param {Person} person */
function verdictOf(person) {
  const last = person.consent[person.consent.length - 1];
  if (last) {
    return last.on ? { sign: 'check', text: t('consent.given') } : { sign: 'warning', text: t('consent.withdrawn') };
  }
  return person.role === 'ops' ? { sign: 'eye', text: t('consent.watched') } : { sign: 'info', text: t('consent.none') };
}

/** @param {Recording} r @param {Person} person @param {(s: number) => void} seek */
function row(r, person, seek) {
  const verdict = verdictOf(person);
  return html`<li class="consent-row">${avatar(person.hidden ? '' : person.name)}
    <div><span class="name"><bdi>${nameOf(person)}</bdi></span>
      <span class="state" data-state=${verdict.sign === 'check' ? 'complete' : 'other'}>${icon(verdict.sign)} ${verdict.text}</span>
      <ul>${person.consent.map((c) => html`<li class="second"><button type="button" class="quiet moment figures" @click=${() => seek(c.t)}
          aria-label=${t('consent.go_to', { time: clock(c.t) })}>${clock(c.t)}</button>
        ${t(!c.on ? 'consent.back_at' : c.version ? 'consent.at' : 'consent.at_plain', { when: instant(r, c.t), version: c.version })}</li>`)}</ul></div></li>`;
}

/** @param {Recording} r @param {Person[]} people @param {(s: number) => void} seek */
export function consentTab(r, people, seek) {
  const list = people.filter((person) => person.here.length > 0 || person.consent.length > 0);
  return html`<p class="soft">${t(list.length > 0 ? 'consent.text' : 'consent.nobody')}</p>
    ${list.length > 0 ? html`<ul class="consents">${list.map((person) => row(r, person, seek))}</ul>` : nothing}`;
}
