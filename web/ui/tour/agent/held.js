// The phone rings: the system takes microphone or camera away and gives them back when the call is over. As long as that
// lasts nobody hears or sees us, and it is we who do not notice.

import { nothing } from 'lit';
import { banner } from '../../parts/banner.js';
import { t } from '../../words/words.js';

/** @typedef {import('../model.js').TourModel} TourModel */

/** @param {MediaStreamTrack|null} track */
const isHeld = (track) => Boolean(track?.muted) && track?.readyState === 'live';

/** @param {TourModel} model */
export function heldNote({ own: { tracks } }) {
  const [heard, seen] = [isHeld(tracks.microphone), isHeld(tracks.camera)];
  return heard || seen ? banner({ kind: 'need', text: t(heard && seen ? 'agent.held.both' : heard ? 'agent.held.microphone' : 'agent.held.camera') })
    : nothing;
}
