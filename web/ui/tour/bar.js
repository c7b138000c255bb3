// A buyer's buttons: me, the room, the way out. What there is no room for is in the sheet behind "More".

import { html, nothing } from 'lit';
import { controlButton } from '../parts/control_button.js';
import { t } from '../words/words.js';

/** @typedef {import('./live.js').Live} Live */
/** @typedef {import('./model.js').TourModel} TourModel */
/** @typedef {import('../../lib/types.js').SourceKind} SourceKind */

/** @param {TourModel} model @param {SourceKind} kind */
export function device(model, kind) {
  const on = Boolean(model.own.tracks[kind]);
  const may = on || model.client.maySend(kind);
  const name = t(`device.${kind}`);
  return controlButton({ id: kind, icon: on ? kind : `${kind}-off`, label: t(`bar.${/** @type {'camera'} */ (kind)}`), pressed: on, kind: 'device',
    disabled: !may, hint: may ? t(on ? 'bar.turn_off' : 'bar.turn_on', { device: name }) : t('refused.forbidden'),
    run: () => model.own.toggle(kind) });
}

/** @param {TourModel} model */
export function screen(model) {
  const on = Boolean(model.own.tracks.screen);
  const may = on || model.client.maySend('screen');
  return controlButton({ id: 'screen', icon: on ? 'screen-off' : 'screen', label: t(on ? 'bar.screen_stop' : 'bar.screen'),
    pressed: on, kind: 'live', disabled: !may, hint: may ? undefined : t('refused.forbidden'), run: () => model.own.toggle('screen') });
}

/** @param {TourModel} model */
export async function leave(model) {
  model.own.end();
  await model.client.leave();
}

/** @param {TourModel} model */
export const leaveButton = (model) => controlButton({ id: 'leave', label: t('bar.leave'), run: () => leave(model) });

/** How many hands are up stands on it. @param {TourModel} model */
function hand(model) {
  const up = model.handIsUp;
  return controlButton({ id: 'hand', label: t('bar.hand'), hint: t(up ? 'bar.hand_down' : 'bar.hand_up'), pressed: up, kind: 'live',
    badge: model.people.filter((p) => p.hand).length, run: () => model.attempt(() => model.client.hand(!up)) });
}

/** @param {Live} live @param {TourModel} model */
function room(live, model) {
  return html`${model.client.observes ? nothing : hand(model)}
    ${controlButton({ id: 'talk', icon: 'question', label: t('bar.ask'), expanded: live.shownTab === 'talk', badge: live.unread.count,
      run: () => live.toggle('talk') })}
    ${controlButton({ id: 'more', label: t('bar.more'), expanded: live.sheet === 'more', run: () => live.toggle('more') })}`;
}

/** @param {Live} live */
export function bar(live) {
  const model = /** @type {TourModel} */ (live.model);
  const sends = !model.client.observes;
  const wide = live.layout === 'desk' || live.layout === 'drawer';
  return html`<nav class="controls" aria-label=${t('tour.controls')}>
    <div class="me">${sends ? html`${device(model, 'microphone')}${device(model, 'camera')}` : nothing}
      ${wide && sends && model.own.canShareScreen ? screen(model) : nothing}</div>
    <div class="room">${room(live, model)}</div>
    ${live.layout === 'upright' ? nothing : html`<div class="out">${leaveButton(model)}</div>`}
  </nav>`;
}
