// Plays one track of a recording as one line of time: the files of its epochs one after the other, over what is missing
// between them. A moment is a second of the recording, never of a file.

import { lengthOf, partsOf, placeOf } from './programme.js';

/** @typedef {import('./recordings_api.js').Recording} Recording */
/** @typedef {import('./recordings_api.js').Track} Track */
/** @typedef {import('./programme.js').Part} Part */
/** @typedef {'loading'|'ready'|'gap'|'ended'|'broken'|'empty'} State */

const NEAR_END_S = 0.05;
const GROWN_S = 2; // less is only how exact lengths are

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
    this.now = 0;
    this.wanted = false; // playing, or would be
    this.rate = 1;
    /** @type {State} */
    this.state = 'empty';
    const on = (/** @type {string} */ type, /** @type {() => void} */ run) => video.addEventListener(type, run);
    on('loadedmetadata', () => this.land());
    on('timeupdate', () => this.advance());
    on('seeked', () => this.advance());
    on('ended', () => this.goOn());
    on('playing', () => this.change('ready'));
    on('canplay', () => this.change('ready'));
    on('waiting', () => this.change('loading'));
    on('error', () => this.part && this.change('broken'));
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

  paused() {
    this.wanted = false;
    this.tell();
  }

  /** @param {Track} track */
  show(track) {
    this.track = track;
    this.parts = partsOf(track);
    this.part = null;
    this.seek(this.now);
  }

  /** It has grown, while it is being made. @param {Recording} recording */
  renew(recording) {
    this.recording = recording;
    this.length = lengthOf(recording);
    this.track = recording.tracks.find((track) => track.id === this.track?.id) ?? this.track;
    this.parts = this.track ? partsOf(this.track) : [];
    this.part = this.parts.find((part) => part.number === this.part?.number) ?? null;
    this.tell();
  }

  /** Where the recording begins to show something. */
  first() {
    return this.parts[0]?.start ?? 0;
  }

  /** @param {number} s */
  seek(s) {
    this.now = Math.min(this.length, Math.max(0, s));
    const { part, next } = placeOf(this.parts, this.now);
    if (part) {
      this.open(part);
    } else if (next && this.wanted) {
      this.skip(next);
    } else {
      this.video.pause();
      this.change(this.parts.length === 0 ? 'empty' : next ? 'gap' : 'ended');
    }
  }

  /** @param {Part} part */
  open(part) {
    if (this.part === part && !this.video.error) {
      this.land();
      return;
    }
    this.part = part;
    this.change('loading');
    this.video.src = this.address(/** @type {Track} */ (this.track), part);
  }

  /** To the moment in the file that is loaded. */
  land() {
    if (!this.part || this.video.readyState < 1) {
      return;
    }
    const at = this.now - this.part.start;
    if (Math.abs(this.video.currentTime - at) > 0.01) {
      const end = Number.isFinite(this.video.duration) ? Math.max(0, this.video.duration - NEAR_END_S) : at;
      this.video.currentTime = Math.min(at, end);
    }
    this.video.playbackRate = this.rate;
    if (this.wanted) {
      this.video.play().catch(() => this.paused());
    }
    this.change(this.video.readyState > 1 ? 'ready' : 'loading');
  }

  advance() {
    if (this.part && !this.video.seeking && this.state !== 'gap') {
      this.now = this.part.start + this.video.currentTime;
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
    const at = this.part ? this.parts.indexOf(this.part) : -1;
    const next = this.parts[at + 1];
    if (this.part && this.part.end - this.now > GROWN_S) {
      const { part } = this;
      this.part = null;
      this.open(part); // the file has grown since it was asked for
    } else if (next) {
      this.now = this.part?.end ?? this.now;
      this.wanted = true;
      this.skip(next);
    } else {
      this.wanted = false;
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
    } else {
      this.video.play().catch(() => this.paused());
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
