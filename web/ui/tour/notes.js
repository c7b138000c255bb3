// What holds for a while and that a buyer should know, in banners above the stage: sound that waits for a tap, a
// recording that has begun in mid-tour, a camera or microphone that is gone, and a host who is away while others are seen.

import { html, nothing } from 'lit';
import { awayWords } from './away.js';
import { banner } from '../parts/banner.js';
import { t } from '../words/words.js';
import { deviceWords } from './problems.js';

/** @typedef {import('./live.js').Live} Live */
/** @typedef {import('./model.js').TourModel} TourModel */

/** What was unplugged or taken: it is tried again by itself, or by a touch, or one goes on without it. @param {TourModel} model */
const missing = ({ own }) => [...own.missing].map(([kind, code]) => banner({ kind: 'need', text: deviceWords({ code }, kind),
  action: { label: t('try_again'), id: `again-${kind}`, run: () => own.toggle(kind) },
  close: () => own.stop(kind), closeLabel: t('note.without') }));

/** @param {Live} live */
export function notes(live) {
  const model = /** @type {TourModel} */ (live.model);
  const silent = live.silent ? banner({ text: t('note.silent'), action: { label: t('note.silent_on'), id: 'sound', run: () => live.hear() } }) : nothing;
  const recorded = model.recordingNews ? banner({ kind: 'need', text: t('note.recorded'),
    action: { label: t('note.understood'), run: () => model.set({ recordingNews: false }) },
    other: model.client.observes || !model.recordsMe ? undefined : { label: t('more.not_me'), run: () => model.setConsent(false) } }) : nothing;
  const away = model.isHost ? '' : awayWords(model);
  return html`${silent}${missing(model)}${recorded}${away ? banner({ text: away }) : nothing}`;
}
