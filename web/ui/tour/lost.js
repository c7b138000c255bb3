// That the picture stands still, and whose connection it is: said within two seconds, and no longer than it lasts.

import { t } from '../words/words.js';

/** @typedef {import('./model.js').TourModel} TourModel */
/** @typedef {import('./main_picture.js').Picture} Picture */

const STILL = 1400; // [ms] a camera in the dark sends ten frames a second
const STILL_AWAY = 600; // [ms] where the link is known to be down
const OWN_AWAY = 200; // [ms] the same, for who films: that is counted from when it was known
const NO_LINK = 1000; // [ms] without any picture

/**
 * @param {TourModel} model @param {Picture|null} picture @param {number} still so long no frame has come, or of one's own none has gone out [ms]
 * @param {boolean} begun a frame of it was seen
 * @returns {string} '' when all is well
 */
export function lostWords(model, picture, still, begun) {
  const down = model.link === 'reconnecting';
  if (!picture?.participant) {
    return down && still > NO_LINK ? t('tour.reconnecting') : '';
  }
  if (down && (picture.own || !picture.paused)) { // also before there is a track of the connection that is made anew
    return still > (picture.own ? OWN_AWAY : STILL_AWAY) ? t('tour.reconnecting') : '';
  }
  if (picture.own || picture.paused || !picture.track) {
    return '';
  }
  const { name } = picture;
  if (picture.source !== 'camera' || still <= STILL) { // a screen on which nothing moves is no news
    return '';
  }
  if (model.person(picture.participant)?.link === 'lost') {
    return t('away.lost', { name });
  }
  return begun ? t('stage.frozen', { name }) : t('stage.coming', { name });
}
