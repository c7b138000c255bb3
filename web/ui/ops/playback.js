// Plays one track of a recording as one line of time: the files of its epochs one after the other, over what is missing
// between them. A moment is a second of the recording, never of a file. A recording that is being made grows: at the end
// of what there is one waits for more.

import { isGrowing, lengthOf, partsOf, placeOf } from './programme.js';

/** @typedef {import('./recordings_api.js').Recording} Recording */
/** @typedef {import('./recordings_api.js').Track} Track */
/** @typedef {import('./programme.js').Part} Part */
/** `behind`: all that there is has been played, and more will come
 *  @typedef {'loading'|'ready'|'gap'|'behind'|'ended'|'broken'|'empty'} State */

const NEAR_END_S = 0.05;
const GROWN_S = 2; // less is only how exact lengths are
const PICTURE_S = 1; // from one picture to the next, at most
const EDGE_S = 1; // from the end of what is being made
/** Where the moment is not in the file that is loaded, so that what the file says is not about it. @type {State[]} */
const AWAY = ['gap', 'ended', 'behind', 'empty'];

export class Playback extends EventTarget {
  /** @param {HTMLVideoElement} video @param {Recording} recording @param {(track: Track, part: Part) => string} address */
  constructor(video, recording, address) {
    super();
    this.video = video;
    this.recording = recording;
    this.address = address;
    this.length = lengthOf(recording);
    /** @type {Track|null} */
    this.track = null;
    /** @type {Part[]} */
    this.parts = [];
    /** @type {Part|null} */
    this.part = null;
    this.landed = false; // the file is at the moment: until then its time is none of ours
    this.asked = -1; // the end of a part whose file, which may have grown, was asked for anew
    this.now = 0;
    this.wanted = false; // playing, or would be
    this.rate = 1;
    /** @type {State} */
    this.state = 'empty';
    this.listen();
  }

  listen() {
    const { video } = this;
    const on = (/** @type {string} */ type, /** @type {() => void} */ run) => video.addEventListener(type, run);
    on('loadedmetadata', () => this.land());
    on('timeupdate', () => this.advance());
    on('seeked', () => this.advance());
    on('ended', () => !AWAY.includes(this.state) && this.goOn());
    on('playing', () => this.come('ready'));
    on('canplay', () => this.come('ready'));
    on('waiting', () => this.come('loading'));
    on('error', () => this.part && this.come('broken'));
    on('pause', () => !video.ended && !video.error && video.readyState > 0 && this.paused());
    on('play', () => { this.wanted = true; this.tell(); });
  }

  tell() {
    this.dispatchEvent(new Event('changed'));
  }

  /** @param {State} state */
  change(state) {
    this.state = state;
    this.tell();
  }

  /** What the file tells of itself. @param {State} state */
  come(state) {
    if (!AWAY.includes(this.state)) {
      this.change(state);
    }
  }

  paused() {
    this.wanted = false;
    this.tell();
  }

  play() {
    // Where another file or moment has overtaken it, it plays as soon as that is there.
    this.video.play().catch((error) => error?.name !== 'AbortError' && this.paused());
  }

  /** @param {Track} track */
  show(track) {
    this.track = track;
    this.parts = partsOf(track);
    this.part = null;
    this.seek(this.now);
  }

  /** It has grown, or somebody in it was deleted. @param {Recording} recording */
  renew(recording) {
    const removed = this.track?.redacted?.length ?? 0;
    this.recording = recording;
    this.length = lengthOf(recording);
    this.track = recording.tracks.find((track) => track.id === this.track?.id) ?? null;
    this.parts = this.track ? partsOf(this.track) : [];
    this.part = this.parts.find((part) => part.number === this.part?.number && part.start <= this.now && this.now < part.end)
      ?? this.parts.find((part) => part.number === this.part?.number) ?? null;
    if (this.state === 'behind') {
      this.goOn();
    } else if (this.track && removed !== (this.track.redacted?.length ?? 0)) {
      this.part = null; // the file is another one, in which it is missing
      this.seek(this.now);
    }
    this.tell();
  }

  /** Where the recording begins to show something. */
  first() {
    return this.parts[0]?.start ?? 0;
  }

  /** @param {number} s */
  seek(s) {
    const last = this.parts[this.parts.length - 1];
    const most = last && isGrowing(this.recording) ? Math.max(last.start, last.end - EDGE_S) : this.length;
    this.now = Math.min(most, Math.max(0, s));
    this.asked = -1;
    const { part, next } = placeOf(this.parts, this.now);
    if (part) {
      this.open(part);
    } else if (next && this.wanted) {
      this.skip(next);
    } else {
      this.wanted = false;
      this.change(this.parts.length === 0 ? 'empty' : next ? 'gap' : 'ended');
      this.video.pause();
    }
  }

  /** @param {Part} part */
  open(part) {
    this.state = 'loading';
    const same = this.part?.number === part.number && !this.video.error;
    this.part = part;
    if (same) {
      this.land();
      return;
    }
    this.landed = false;
    this.tell();
    this.video.src = this.address(/** @type {Track} */ (this.track), part);
  }

  /** To the moment in the file that is loaded. */
  land() {
    if (!this.part || AWAY.includes(this.state) || this.video.readyState < 1) {
      return;
    }
    const at = this.now - this.part.base;
    if (Math.abs(this.video.currentTime - at) > 0.01) {
      const end = Number.isFinite(this.video.duration) ? Math.max(0, this.video.duration - NEAR_END_S) : at;
      this.video.currentTime = Math.min(at, end);
    }
    this.landed = true;
    this.video.playbackRate = this.rate;
    if (this.wanted) {
      this.play();
    }
    this.change(this.video.readyState > 1 ? 'ready' : 'loading');
  }

  advance() {
    if (this.part && this.landed && !this.video.seeking && !AWAY.includes(this.state)) {
      const at = this.part.base + this.video.currentTime;
      if (this.part.cut && !this.video.paused && at >= this.part.end) {
        this.goOn(); // what was removed is behind it
        return;
      }
      // Browsers go on to the next picture that there is: while it stands one stays where one wanted to be.
      this.now = this.video.paused && Math.abs(at - this.now) < PICTURE_S ? this.now : at;
      this.tell();
    }
  }

  /** Over what is missing, and says so. @param {Part} next */
  skip(next) {
    this.dispatchEvent(new CustomEvent('skipped', { detail: { from: this.now, to: next.start } }));
    this.now = next.start;
    this.open(next);
  }

  /** A part has ended. */
  goOn() {
    const { part } = this;
    const next = part && this.parts[this.parts.indexOf(part) + 1];
    if (part && !part.cut && part.end - this.now > GROWN_S && part.end !== this.asked) {
      this.asked = part.end; // once: a file that is shorter than it should be stays so
      this.part = null;
      this.open(part); // it has grown since it was asked for
    } else if (part && next) {
      this.now = part.end;
      this.wanted = true;
      this.skip(next);
    } else if (isGrowing(this.recording)) {
      this.change('behind');
    } else {
      this.wanted = false;
      this.video.pause(); // a file goes on where its end was removed
      this.change('ended');
    }
  }

  toggle() {
    this.wanted = !this.wanted;
    if (!this.wanted) {
      this.video.pause();
    } else if (this.state === 'ended') {
      this.seek(this.first());
    } else if (this.state === 'gap' || !this.part) {
      this.seek(this.now);
    } else if (this.state !== 'behind') {
      this.play();
    }
    this.tell();
  }

  /** @param {number} rate */
  speed(rate) {
    this.rate = rate;
    this.video.playbackRate = rate;
    this.tell();
  }
}
