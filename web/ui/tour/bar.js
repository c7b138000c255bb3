// The buttons below the stage, in three groups: me, the room, the way out.

import { html, nothing } from 'lit';
import { controlButton } from '../parts/control_button.js';
import { ask } from '../parts/dialog.js';
import { t } from '../words/words.js';

/** @typedef {import('./model.js').TourModel} TourModel */
/** @typedef {import('../../lib/types.js').SourceKind} SourceKind */

/** @param {TourModel} model @param {SourceKind} kind */
function device(model, kind) {
  const on = Boolean(model.own.tracks[kind]);
  const may = on || model.client.maySend(kind);
  const name = t(`device.${kind}`);
  return controlButton({ id: kind, icon: on ? kind : `${kind}-off`, label: t(`bar.${/** @type {'camera'} */ (kind)}`), pressed: on, kind: 'device',
    disabled: !may, hint: may ? t(on ? 'bar.turn_off' : 'bar.turn_on', { device: name }) : t('refused.forbidden'),
    run: () => model.own.toggle(kind) });
}

/** @param {TourModel} model */
function screen(model) {
  const on = Boolean(model.own.tracks.screen);
  return controlButton({ id: 'screen', icon: on ? 'screen-off' : 'screen', label: t(on ? 'bar.screen_stop' : 'bar.screen'),
    pressed: on, kind: 'live', disabled: !on && !model.client.maySend('screen'),
    hint: on || model.client.maySend('screen') ? undefined : t('refused.forbidden'), run: () => model.own.toggle('screen') });
}

/** @param {TourModel} model */
function record(model) {
  const on = model.recording !== 'off';
  return controlButton({ id: 'record', icon: on ? 'stop' : 'record', label: t(on ? 'bar.record_stop' : 'bar.record'),
    pressed: on, run: () => model.attempt(() => model.client.record(!on)) });
}

/** @param {TourModel} model */
async function end(model) {
  if (await ask({ title: t('end_ask.title'), text: t('end_ask.text'), confirm: t('bar.end'), cancel: t('cancel') })) {
    await model.attempt(() => model.client.end());
  }
}

/** @param {TourModel} model */
async function leave(model) {
  model.own.end();
  await model.client.leave();
}

/**
 * @param {TourModel} model
 * @param {{silent: boolean, hear: () => void, panel: string, toggle: (panel: 'people') => void}} o
 */
export function bar(model, { silent, hear, panel, toggle }) {
  const sends = !model.client.observes;
  return html`<nav class="controls" aria-label=${t('tour.controls')}>
    <div class="me">
      ${silent ? controlButton({ id: 'sound', label: t('bar.sound'), pressed: true, kind: 'live', run: hear }) : nothing}
      ${sends ? html`${device(model, 'microphone')}${device(model, 'camera')}` : nothing}
      ${model.own.canFlip ? controlButton({ id: 'flip', label: t('bar.flip'), run: () => model.own.flip() }) : nothing}
      ${sends && model.own.canShareScreen ? screen(model) : nothing}
    </div>
    <div class="room">
      ${model.isAgent && model.tour?.record !== 'off' ? record(model) : nothing}
      ${controlButton({ id: 'people', label: t('bar.people'), expanded: panel === 'people', badge: model.waiting.length, run: () => toggle('people') })}
    </div>
    <div class="out">
      ${controlButton({ id: 'leave', label: t('bar.leave'), run: () => leave(model) })}
      ${model.isAgent ? controlButton({ id: 'end', icon: 'stop', label: t('bar.end'), kind: 'end', run: () => end(model) }) : nothing}
    </div>
  </nav>`;
}
