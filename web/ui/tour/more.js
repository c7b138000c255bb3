// What a buyer wants rarely, behind "More".

import { html, nothing } from 'lit';
import { icon } from '../parts/icon.js';
import { reactionRow } from './reactions.js';
import { t } from '../words/words.js';

/** @typedef {import('./live.js').Live} Live */
/** @typedef {import('./model.js').TourModel} TourModel */

/**
 * @typedef {object} MoreRow
 * @property {string} id
 * @property {string} [icon]
 * @property {string} label
 * @property {string} [hint]
 * @property {boolean} [pressed]
 * @property {boolean} [disabled]
 * @property {() => void} run
 */

/** @param {MoreRow} row */
export const moreRow = ({ id, icon: sign, label, hint, pressed, disabled, run }) => html`<li><button type="button" class="more-row"
  data-control=${id} aria-pressed=${pressed === undefined ? nothing : String(pressed)} aria-disabled=${disabled ? 'true' : nothing}
  @click=${() => !disabled && run()}>${icon(sign ?? id)}<span class="text"><span>${label}</span>${
  hint ? html`<span class="second soft">${hint}</span>` : nothing}</span></button></li>`;

/** Does it, and the sheet is gone. @param {Live} live @param {() => void} run */
const once = (live, run) => () => {
  live.sheet = '';
  run();
};

/** @param {Live} live @param {TourModel} model @returns {MoreRow[]} */
function ownRows(live, model) {
  const { own, client } = model;
  const sharing = Boolean(own.tracks.screen);
  const may = sharing || client.maySend('screen');
  const narrow = live.layout === 'upright' || live.layout === 'side';
  return [
    ...(own.canFlip ? [{ id: 'flip', label: t('more.flip'), run: once(live, () => own.flip()) }] : []),
    ...(narrow && own.canShareScreen ? [{ id: 'screen', icon: sharing ? 'screen-off' : 'screen', label: t(sharing ? 'bar.screen_stop' : 'more.screen'),
      hint: may ? undefined : t('refused.forbidden'), disabled: !may, pressed: sharing, run: once(live, () => own.toggle('screen')) }] : []),
  ];
}

/** Where there is a picture, and the browser can. @param {Live} live @returns {MoreRow[]} */
function pictureRow(live) {
  const apart = Boolean(document.pictureInPictureElement);
  return document.pictureInPictureEnabled && (apart || live.video?.videoWidth)
    ? [{ id: 'pip', label: t(apart ? 'more.pip_back' : 'more.pip'), hint: apart ? undefined : t('more.pip_hint'), run: once(live, () => live.apart()) }] : [];
}

/** @param {TourModel} model @returns {MoreRow[]} */
function consentRow(model) {
  if (model.recording === 'off' && model.tour?.record === 'off') {
    return [];
  }
  const given = model.recordsMe;
  return [{ id: 'consent', icon: given ? 'stop' : 'record', label: t(given ? 'more.not_me' : 'more.me'),
    hint: t(given ? 'more.not_me_hint' : 'more.me_hint'), run: () => model.setConsent(!given) }];
}

/** @param {Live} live */
export function moreSheet(live) {
  const model = /** @type {TourModel} */ (live.model);
  const sends = !model.client.observes;
  /** @type {MoreRow[]} */
  const rows = [
    { id: 'hear', icon: 'ear', label: t('hear.title'), run: () => live.toggle('hear') },
    ...(sends ? ownRows(live, model) : []),
    { id: 'fullscreen', icon: live.full ? 'smaller' : 'fullscreen', label: t(live.full ? 'more.smaller' : 'more.fullscreen'), run: once(live, () => live.fill(!live.full)) },
    ...pictureRow(live),
    ...(sends ? consentRow(model) : []),
  ];
  return html`${sends ? reactionRow((reaction) => once(live, () => model.attempt(() => model.client.react(reaction)))()) : nothing}<ul class="more">${rows.map(moreRow)}</ul>`;
}
