// What is on the stage of this page. The server says what all are to see; who shows something himself sees that.

import { t } from '../words/words.js';

/** @typedef {import('./model.js').TourModel} TourModel */

/**
 * @typedef {object} Picture
 * @property {MediaStreamTrack|null} track
 * @property {string|null} participant whose it is; null for nobody's
 * @property {import('../../lib/types.js').SourceKind|null} source
 * @property {string} name
 * @property {string} label
 * @property {boolean} own it is what we send: as it goes out, never mirrored
 * @property {boolean} paused
 */

/** @type {Picture} */
const NOTHING = { track: null, participant: null, source: null, name: '', label: '', own: false, paused: false };

/** @param {TourModel} model @returns {Picture} */
function ownPicture(model) {
  const { screen, camera } = model.own.tracks;
  const name = model.me?.name ?? '';
  return { ...NOTHING, track: screen ?? camera, participant: model.me?.id ?? null, source: screen ? 'screen' : 'camera', name,
    label: screen ? t('tour.you_share') : t('you'), own: true };
}

/**
 * A host who films or shares sees that, as he has to aim it. Everybody else sees what the server shows; it shows nobody
 * to himself, so an empty stage means that the others see us.
 * @param {TourModel} model @returns {Picture}
 */
export function mainPicture(model) {
  const { stage, own } = model;
  const sends = Boolean(own.tracks.screen ?? own.tracks.camera);
  const empty = !stage?.participant;
  if (sends && (empty || model.isHost)) {
    return ownPicture(model);
  }
  if (!stage || empty) {
    return NOTHING;
  }
  const name = model.nameOf(stage.participant);
  return { track: stage.track, participant: stage.participant, source: stage.source, name,
    label: stage.source === 'screen' ? t('tour.shares_screen', { name }) : name, own: false, paused: stage.paused };
}
