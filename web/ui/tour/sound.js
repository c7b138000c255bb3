// The voices of a tour: one <audio> for each slot of the server's, which nobody sees.

import { speaker, toSpeaker } from './speaker.js';

/** @typedef {import('../../lib/types.js').Slot} Slot */

export class Sound {
  constructor() {
    /** @type {Map<string, HTMLAudioElement>} by mid */
    this.voices = new Map();
    this.node = document.createElement('div');
    this.node.hidden = true;
  }

  /** @param {Slot[]} slots */
  show(slots) {
    for (const { mid, track } of slots) {
      let audio = this.voices.get(mid);
      if (!audio) {
        audio = document.createElement('audio');
        audio.autoplay = true;
        toSpeaker(audio);
        this.voices.set(mid, audio);
        this.node.append(audio);
      }
      const current = /** @type {MediaStream|null} */ (audio.srcObject)?.getTracks()[0];
      if (track && current !== track) {
        audio.srcObject = new MediaStream([track]);
      }
    }
  }

  /** @param {string} id of a loudspeaker or headset */
  use(id) {
    speaker.id = id;
    this.voices.forEach((audio) => toSpeaker(audio));
  }

  /** Resolves false when the browser wants a tap before it plays sound. */
  async start() {
    const results = await Promise.allSettled([...this.voices.values()].map((audio) => audio.play()));
    return results.every((r) => r.status === 'fulfilled' || r.reason?.name !== 'NotAllowedError');
  }
}
