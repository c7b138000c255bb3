// The house one is about to see, and who shows it. Without a word of it in the tour's data it is a calm band with the
// tour's name.

import { html, nothing } from 'lit';
import { avatar } from './avatar.js';
import { icon } from './icon.js';
import { readProperty, textOf } from '../property.js';
import { t } from '../words/words.js';

/** @typedef {import('../property.js').Property} Property */
/** @typedef {import('../../lib/types.js').Tour} Tour */

/** A picture that does not come leaves what is below it. @param {Event} event */
function without(event) {
  const img = /** @type {HTMLElement} */ (event.target);
  if (img.className === 'photo') {
    img.closest('.pictured')?.classList.remove('pictured');
  }
  img.remove();
}

/** @param {string} url @param {string} kind @param {string} [alt] */
const picture = (url, kind, alt = '') => html`<img class=${kind} src=${url} alt=${alt} decoding="async"
  referrerpolicy="no-referrer" @error=${without} />`;

/** Who hosts, as he calls himself; before somebody does it is whom the property announces. @param {Tour|null} tour */
export const hostOf = (tour) => textOf(tour?.led_by) || (tour?.state === 'live' ? '' : readProperty(tour?.property).agent.name);

/** @param {Tour|null} tour */
export const isHosted = (tour) => tour?.state === 'live' || Boolean(tour?.led_by);

/** Who shows it, and for whom. @param {Property} property @param {{name: string, words: string, here: boolean}} host */
function shownBy({ agent, agency }, { name, words, here }) {
  if (!name && !agency.name && !agency.logo) {
    return nothing;
  }
  const logo = agency.logo ? picture(agency.logo, 'logo', agency.name ? '' : t('property.agency')) : nothing;
  const photo = agent.photo && name === agent.name ? picture(agent.photo, 'face-photo') : nothing;
  return html`<div class="shown-by">
    ${name ? html`<span class="face">${avatar(name)}${photo}${here ? html`<span class="presence"></span>` : nothing}</span>` : logo}
    <span class="shown-by-words">${name ? html`<span class="shown-by-name">${words}</span>` : nothing}
      ${agency.name ? html`<span class="second soft">${agency.name}</span>` : nothing}</span>
    ${name ? logo : nothing}
  </div>`;
}

/** For guests: who is here, or will be. @param {Tour|null} tour */
function awaited(tour) {
  const here = isHosted(tour);
  const name = hostOf(tour) || (here ? t('a_host') : '');
  return { name, here, words: t(here ? 'property.here' : 'property.coming', { name }) };
}

/** @param {Property} property */
function facts({ price, facts: list }) {
  return price || list.length > 0 ? html`<ul class="facts">
    ${price ? html`<li class="price"><bdi>${price}</bdi></li>` : nothing}${list.map((fact) => html`<li><bdi>${fact}</bdi></li>`)}</ul>` : nothing;
}

/**
 * @param {object} c
 * @param {Tour|null} c.tour null where nothing of it is known
 * @param {boolean} [c.waits] for a guest, who is told whether somebody hosts
 * @param {boolean} [c.main] its name is the heading of the page
 */
export function propertyCard({ tour, waits = false, main = false }) {
  const property = readProperty(tour?.property);
  const title = property.title || tour?.title || tour?.name || t('property.tour');
  const [head, below] = property.address ? [property.address, title] : [title, ''];
  const { name } = property.agent;
  const lines = [facts(property), shownBy(property, waits ? awaited(tour) : { name, words: name, here: false })];
  return html`<div class="property ${property.photo ? 'pictured' : ''}" role="group" aria-label=${head}>
    <div class="band">
      <span class="mark">${icon('house')}</span>
      ${property.photo ? picture(property.photo, 'photo') : nothing}
      <div class="band-words">
        ${main ? html`<h1 class="address" tabindex="-1"><bdi>${head}</bdi></h1>` : html`<p class="address"><bdi>${head}</bdi></p>`}
        ${below ? html`<p class="second"><bdi>${below}</bdi></p>` : nothing}
      </div>
    </div>
    ${lines.some((line) => line !== nothing) ? html`<div class="about">${lines}</div>` : nothing}
  </div>`;
}

/** How to reach who shows it: "Call Maya", and the agency's own page. @param {Tour|null} tour */
export function contact(tour) {
  const { agent, agency } = readProperty(tour?.property);
  const [name, tel] = agent.tel ? [agent.name || agency.name, agent.tel] : [agency.name || agent.name, agency.tel];
  return !tel && !agency.url ? nothing : html`<p class="contact">
    ${tel ? html`<a class="button" href=${tel}>${icon('phone')}${name ? t('property.call', { name }) : t('property.call_us')}</a>` : nothing}
    ${agency.url ? html`<a class="button quiet" href=${agency.url} target="_blank" rel="noopener noreferrer">${
      agency.name || new URL(agency.url).hostname}</a>` : nothing}</p>`;
}
