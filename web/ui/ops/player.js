// The player of a recording: the picture, one line of time, and what one does with them, by hand and by keyboard.

import { html } from 'lit';
import { define, Part } from '../parts/element.js';
import { lanes } from '../parts/lanes.js';
import '../parts/timeline.js';
import { toast } from '../parts/toast.js';
import { clock } from '../words/format.js';
import { t, told } from '../words/words.js';
import { nameOf } from './names.js';
import { buttons, cover, tracksChoice } from './player_controls.js';
import { keysOf } from './player_keys.js';
import { Playback } from './playback.js';
import { gapsOf, isGrowing, lengthOf, thin } from './programme.js';
import { fullscreen } from './screens.js';
import { Sound, soundOf } from './sound.js';
import { peaksOf } from './waveform.js';

/** @typedef {import('./recordings_api.js').Recording} Recording */
/** @typedef {import('./recordings_api.js').Track} Track */
/** @typedef {import('./programme.js').Said} Said */
/** @typedef {import('./programme.js').Person} Person */

const FRAME_S = 1 / 25;
const LANE_PIECES = 400; // in a lane, about a pixel each
const PEAKS = 400; // of loudness, the same
const WIDE = matchMedia('(min-width: 1100px)');

/** @param {Person[]} people @param {number} length */
const lanesOf = (people, length) => people.filter((person) => person.spoke.length > 0).map((person) => ({
  name: nameOf(person), seconds: person.spoke.reduce((n, s) => n + s.end - s.start, 0), spans: thin(person.spoke, length / LANE_PIECES), faint: thin(person.here, length / LANE_PIECES) }));

export class Player extends Part {
  static properties = { api: { attribute: false }, recording: { attribute: false }, people: { attribute: false },
    chapters: { attribute: false }, hits: { attribute: false }, pictures: { attribute: false }, at: { type: Number },
    problem: { state: true }, peaks: { state: true } };

  constructor() {
    super();
    /** @type {import('./recordings_api.js').RecordingsApi} */
    this.api = /** @type {any} */ (null);
    /** @type {Recording} */
    this.recording = /** @type {any} */ (null);
    /** @type {Person[]} */
    this.people = [];
    /** @type {Said[]} */
    this.chapters = [];
    /** @type {Said[]} */
    this.hits = [];
    /** @type {{number: number, t_ms: number}[]} */
    this.pictures = [];
    this.at = -1; // where to begin; before 0: where it begins to show something
    this.problem = '';
    /** @type {Playback|null} */
    this.playback = null;
    /** @type {Sound|null} what plays along with a picture that is silent */
    this.sound = null;
    /** @type {number[]} how loud it is, over all of it */
    this.peaks = [];
    this.drawn = ''; // the track that they are of
    /** @type {import('../parts/lanes.js').Lane[]} */
    this.lanes = [];
  }

  connectedCallback() {
    super.connectedCallback();
    this.listen(document, 'keydown', keysOf(this));
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.playback?.video.removeAttribute('src');
    this.playback?.video.load();
    this.sound?.show(null);
  }

  firstUpdated() {
    const video = /** @type {HTMLVideoElement} */ (this.querySelector('video'));
    const address = (/** @type {Track} */ track, /** @type {import('./programme.js').Part} */ part) =>
      this.api.mediaUrl(this.recording.id, track.id, part.number, isGrowing(this.recording) ? part.end : 0, track.redacted?.length);
    this.sound = new Sound(/** @type {HTMLAudioElement} */ (this.querySelector('audio')), address);
    const playback = new Playback(video, this.recording, address);
    this.playback = playback;
    playback.addEventListener('changed', () => this.changed());
    playback.addEventListener('skipped', (e) => this.skipped(/** @type {CustomEvent} */ (e).detail));
    this.begin();
    this.listen(video, 'volumechange', () => this.changed());
    this.requestUpdate();
  }

  /** With what there is: nothing may be stored yet, or what was shown is no more. */
  begin() {
    const [track] = this.tracks();
    if (track && this.playback) {
      this.playback.now = this.playback.now || Math.max(0, this.at);
      this.choose(track.id);
      this.playback.now === 0 && this.at < 0 && this.seek(this.playback.first());
    } else {
      this.playback?.seek(0);
    }
  }

  /** @param {Map<string, any>} changed */
  willUpdate(changed) {
    if (changed.has('recording') && this.playback && this.playback.recording !== this.recording) {
      this.playback.renew(this.recording);
      [this.drawn, this.peaks] = this.pictures.length > 0 ? [this.drawn, this.peaks] : ['', []];
      this.playback.track && this.tracks().includes(this.playback.track) ? this.hear() : this.begin();
    }
    if (changed.has('people')) {
      this.lanes = lanesOf(this.people, lengthOf(this.recording));
    }
    if (changed.has('pictures') && this.pictures.length > 0) {
      this.loadPeaks(); // which are made with them
    }
  }

  /** What there is to look at, the programme first. @returns {Track[]} */
  tracks() {
    const full = this.recording.tracks.filter((track) => track.epochs.length > 0 && !track.erased);
    return [...full.filter((track) => track.id === 'programme'), ...full.filter((track) => track.id !== 'programme')];
  }

  async changed() {
    this.requestUpdate();
    this.tell('moment', this.playback?.now ?? 0);
    this.playback && this.sound?.follow(this.playback.video, this.playback.state === 'ready' ? this.playback.now : -1);
    const part = this.playback?.part;
    if (this.playback?.state === 'broken' && part && this.playback.track) {
      const code = await this.api.mediaProblem(this.api.mediaUrl(this.recording.id, this.playback.track.id, part.number));
      this.problem = told('ops_broken', code) ?? told('ops_refused', code) ?? t('ops_broken.other');
    } else {
      this.problem = '';
    }
  }

  /** @param {{from: number, to: number}} gap */
  skipped({ from, to }) {
    if (to - from >= 0.5) {
      const removed = this.gaps().some((gap) => gap.cause === 'redacted' && gap.start < to && from < gap.end);
      toast(t(removed ? 'player.skipped_removed' : 'player.skipped', { time: clock(to - from) }));
    }
  }

  /** @param {number} s */
  seek(s) {
    this.playback?.seek(s);
  }

  /** @param {number} by [s] */
  jump(by) {
    this.seek((this.playback?.now ?? 0) + by);
  }

  /** @param {number} frames */
  frame(frames) {
    this.playback?.video.pause();
    this.jump(frames * FRAME_S);
  }

  /** @param {number} by */
  louder(by) {
    this.volume((this.playback?.video.volume ?? 1) + by);
  }

  /** @param {number} to 0 to 1 */
  volume(to) {
    const video = this.playback?.video;
    if (video) {
      video.muted = false;
      video.volume = Math.min(1, Math.max(0, to));
    }
  }

  mute() {
    const video = this.playback?.video;
    if (video) {
      video.muted = !video.muted;
    }
  }

  /** To the next chapter, or the one before. @param {number} by 1 or -1 */
  chapter(by) {
    const now = this.playback?.now ?? 0;
    const there = by > 0 ? this.chapters.find((c) => c.t > now + 0.5) : this.chapters.filter((c) => c.t < now - 2).pop();
    there && this.seek(there.t);
  }

  fullscreen() {
    fullscreen(this.querySelector('.player'));
  }

  /** @param {number} s */
  pictureAt(s) {
    const shown = this.pictures.filter((p) => p.t_ms / 1000 <= s + 0.5).pop() ?? this.pictures[0];
    return shown ? `/v1/recordings/${this.recording.id}/thumbnails/${shown.number}` : '';
  }

  gaps() {
    const track = this.playback?.track;
    return (track ? gapsOf(this.recording, track) : []).map((g) => ({ ...g, label: told('ops_gap', g.cause) ?? t('ops_gap.loss') }));
  }

  /** @param {string} id */
  choose(id) {
    const track = this.tracks().find((one) => one.id === id);
    if (track && this.playback) {
      this.playback.show(track);
      this.hear();
      this.loadPeaks();
    }
  }

  /** The sound of what is shown, where it has none of its own. */
  hear() {
    this.sound?.show(soundOf(this.recording.tracks, this.playback?.track ?? null, this.people));
  }

  async loadPeaks() {
    const track = this.sound?.track ?? this.playback?.track;
    if (!track || this.pictures.length === 0 || this.drawn === track.id) {
      return;
    }
    this.drawn = track.id;
    const wave = await this.api.waveform(this.recording.id, track.id).catch(() => null);
    if (this.drawn === track.id) {
      this.peaks = wave ? peaksOf(wave, lengthOf(this.recording), PEAKS) : [];
    }
  }

  render() {
    const r = this.recording;
    return html`<section class="player" aria-label=${t('player.label')}>
      <div class="screen charcoal">
        <video playsinline preload="metadata" tabindex="-1" aria-label=${t('player.video', { title: r.title || r.tour })}
          @click=${() => this.playback?.toggle()}></video><audio preload="metadata"></audio>${cover(this)}</div>
      <oriel-timeline .length=${lengthOf(r)} .now=${this.playback?.now ?? 0} .label=${t('player.timeline')} .gaps=${this.gaps()} .peaks=${this.peaks}
        .chapters=${this.chapters.map((c) => ({ t: c.t, label: c.text }))} .hits=${this.hits.map((h) => ({ t: h.t, label: h.text }))}
        .pictureAt=${(/** @type {number} */ s) => this.pictureAt(s)}
        @seek=${(/** @type {CustomEvent} */ e) => this.seek(e.detail)}></oriel-timeline>
      ${buttons(this)}
      ${tracksChoice(this)}
      ${lanes({ length: lengthOf(r), now: this.playback?.now ?? 0, open: WIDE.matches, lanes: this.lanes })}
    </section>`;
  }
}

define('oriel-player', Player);
