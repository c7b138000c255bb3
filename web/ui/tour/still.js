// Notices that a picture stands still: no frame was drawn for longer than a frame takes. Sees what the person sees, so
// it is quicker than what the network tells, and knows at once when the picture is back.

const LOOK = 200; // [ms]
const KNOWN = 400; // [ms] so much counts of a longer time in which the page was not run: a page that hardly is says it, too

export class StillWatch {
  constructor() {
    this.frames = 0;
    this.moved = 0; // when a frame was drawn last [ms, performance.now]
    this.looked = 0;
    /** @type {HTMLVideoElement|null} */
    this.video = null;
  }

  /** From now on it is another picture, of which nothing was seen yet. */
  reset() {
    this.frames = 0;
    this.moved = performance.now();
  }

  /** Told of each frame, for Firefox counts none of a stream. @param {HTMLVideoElement|null} video */
  follow(video) {
    this.video = video;
    const drawn = () => {
      if (this.video === video) {
        this.frames++;
        this.moved = performance.now();
        video?.requestVideoFrameCallback(drawn);
      }
    };
    video?.requestVideoFrameCallback?.(drawn);
  }

  /** @param {HTMLVideoElement|null} video @returns {number} so long nothing has come [ms] */
  look(video) {
    const now = performance.now();
    if (video !== this.video) {
      this.follow(video);
    }
    const slept = now - this.looked;
    // A page that is not seen draws nothing, and an old browser tells nothing.
    if (document.visibilityState !== 'visible' || video && !video.requestVideoFrameCallback) {
      this.moved = now;
    } else if (slept > 5 * LOOK) { // of that time it knows next to nothing, and what it knew before still stands
      this.moved = Math.min(now, this.moved + slept - KNOWN);
    }
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
