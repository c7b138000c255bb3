// Other places for the picture than the page: the whole screen, and a small window over all others.

import { toast } from '../parts/toast.js';
import { t } from '../words/words.js';

/** @param {Element|null} player */
export function fullscreen(player) {
  (document.fullscreenElement ? document.exitFullscreen() : player?.requestFullscreen?.())?.catch(() => {});
}

/** @param {HTMLVideoElement|undefined} video */
export function smallWindow(video) {
  (document.pictureInPictureElement ? document.exitPictureInPicture() : video?.requestPictureInPicture())?.catch(() => toast(t('failed')));
}
