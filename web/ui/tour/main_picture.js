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
 * A host who films or shares sees that, as he has to aim it, and who shares his screen sees that where nobody shows
 * anything else. Everybody else sees what the server shows; a guest's own camera is no house, and has its tile.
 * @param {TourModel} model @returns {Picture}
 */
export function mainPicture(model) {
  const { stage, own } = model;
  const { screen, camera } = own.tracks;
  const shown = stage?.participant ? stage : null;
  if (model.isHost ? screen ?? camera : screen && !shown) {
    return ownPicture(model);
  }
  if (!shown) {
    return NOTHING;
  }
  const name = model.nameOf(shown.participant);
  return { track: shown.track, participant: shown.participant, source: shown.source, name,
    label: shown.source === 'screen' ? t('tour.shares_screen', { name }) : name, own: false, paused: shown.paused };
}
