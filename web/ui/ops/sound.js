// The sound of a picture that has none: what a camera recorded has no voices, so the microphone of that person plays
// along, in a file and at a moment of its own, as the picture goes.

import { partsOf, placeOf } from './programme.js';

/** @typedef {import('./recordings_api.js').Track} Track */
/** @typedef {import('./programme.js').Part} Part */
/** @typedef {import('./programme.js').Person} Person */

const APART_S = 0.15; // what lips and voice may be apart before it is put right, which one hears

/** A picture that was recorded without sound. @param {Track|null} track */
export const isSilent = (track) => track !== null && ['camera', 'screen'].includes(track.kind);

/**
 * The microphone that belongs to a picture. Tracks know the names of people and no more: of two with one name it cannot
 * be told whose it is, and nobody is given the voice of another.
 * @param {Track[]} tracks @param {Track|null} picture @param {Person[]} people @returns {Track|null}
 */
export function soundOf(tracks, picture, people) {
  const name = isSilent(picture) && picture?.participant;
  const theirs = name ? tracks.filter((track) => track.kind === 'microphone' && track.participant === name && track.epochs.length > 0) : [];
  return theirs.length === 1 && people.filter((person) => person.name === name).length === 1 ? theirs[0] : null;
}

export class Sound {
  /** @param {HTMLAudioElement} audio @param {(track: Track, part: Part) => string} address */
  constructor(audio, address) {
    this.audio = audio;
    this.address = address;
    /** @type {Track|null} */
    this.track = null;
    /** @type {Part[]} */
    this.parts = [];
    /** @type {Part|null} */
    this.part = null;
  }

  /** @param {Track|null} track null: the picture has its own, or there is none */
  show(track) {
    const removed = track?.redacted?.length ?? 0;
    const other = removed !== (this.track?.redacted?.length ?? 0); // another file, in which something is missing
    this.track = track;
    this.parts = track ? partsOf(track) : [];
    if (other || !this.parts.some((part) => part.number === this.part?.number)) {
      this.drop();
    }
  }

  drop() {
    this.part = null;
    if (this.audio.hasAttribute('src')) {
      this.audio.removeAttribute('src');
      this.audio.load();
    }
  }

  /** @param {Part} part */
  open(part) {
    if (this.part?.number !== part.number || this.audio.error) {
      this.audio.src = this.address(/** @type {Track} */ (this.track), part);
    }
    this.part = part;
  }

  /** As the picture stands, which calls it often. @param {HTMLVideoElement} video @param {number} now [s] */
  follow(video, now) {
    const { part } = placeOf(this.parts, now);
    const { audio } = this;
    Object.assign(audio, { muted: video.muted, volume: video.volume });
    if (!part) {
      audio.pause();
      return;
    }
    this.open(part);
    audio.playbackRate = video.playbackRate;
    if (audio.readyState > 0 && !audio.seeking && Math.abs(part.base + audio.currentTime - now) > APART_S * video.playbackRate) {
      audio.currentTime = now - part.base;
    }
    const moving = !video.paused && !video.seeking && video.readyState > 2;
    if (moving && audio.paused) {
      audio.play().catch(() => {}); // the picture goes on without it
    } else if (!moving && !audio.paused) {
      audio.pause();
    }
  }
}
