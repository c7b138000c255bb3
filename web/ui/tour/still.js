// Notices that a picture stands still: no frame has come for longer than a frame takes. Sees what the person sees, so
// it is quicker than what the network tells, and knows at once when the picture is back.

const LOOK = 200; // [ms]

export class StillWatch {
  constructor() {
    this.frames = 0;
    this.moved = 0; // when a frame was seen last [ms, performance.now]
    this.looked = 0;
  }

  /** From now on it is another picture, of which nothing was seen yet. */
  reset() {
    this.frames = 0;
    this.moved = performance.now();
  }

  /** @param {HTMLVideoElement|null} video @returns {number} so long nothing has come [ms] */
  look(video) {
    const now = performance.now();
    const { totalVideoFrames = 0 } = video?.getVideoPlaybackQuality?.() ?? {};
    // A page that is not seen draws nothing, and one that slept knows nothing.
    if (totalVideoFrames !== this.frames || document.visibilityState !== 'visible' || now - this.looked > 5 * LOOK) {
      this.moved = now;
    }
    this.frames = totalVideoFrames;
    this.looked = now;
    return now - this.moved;
  }

  /** Of what one films oneself nothing ever stands still: what counts is that it goes out. @param {boolean} down */
  wait(down) {
    this.moved = down ? this.moved : performance.now();
    return performance.now() - this.moved;
  }
}

export { LOOK };
