// The player of a recording: the picture, one line of time, and what one does with them, by hand and by keyboard.

import { html, nothing } from 'lit';
import { define, Part } from '../parts/element.js';
import { icon } from '../parts/icon.js';
import { lanes } from '../parts/lanes.js';
import '../parts/timeline.js';
import { toast } from '../parts/toast.js';
import { clock } from '../words/format.js';
import { spoken, t, told } from '../words/words.js';
import { keysOf } from './player_keys.js';
import { Playback } from './playback.js';
import { gapsOf, lengthOf, thin } from './programme.js';
import { labelsOf } from './tracks.js';

/** @typedef {import('./recordings_api.js').Recording} Recording */
/** @typedef {import('./recordings_api.js').Track} Track */
/** @typedef {import('./programme.js').Said} Said */
/** @typedef {import('./programme.js').Person} Person */

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3];
const FRAME_S = 1 / 25;
const LANE_PIECES = 400; // in a lane, about a pixel each
const WIDE = matchMedia('(min-width: 1100px)');

/** @param {Person[]} people @param {number} length */
const lanesOf = (people, length) => people.filter((person) => person.spoke.length > 0).map((person) => ({
  name: person.name || t('ops.somebody'), spans: thin(person.spoke, length / LANE_PIECES), faint: thin(person.here, length / LANE_PIECES) }));

export class Player extends Part {
  static properties = { api: { attribute: false }, recording: { attribute: false }, people: { attribute: false },
    chapters: { attribute: false }, hits: { attribute: false }, pictures: { attribute: false }, at: { type: Number },
    problem: { state: true } };

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
  }

  firstUpdated() {
    const video = /** @type {HTMLVideoElement} */ (this.querySelector('video'));
    const playback = new Playback(video, this.recording, (track, part) => this.api.mediaUrl(this.recording.id, track.id, part.number));
    this.playback = playback;
    playback.addEventListener('changed', () => this.changed());
    playback.addEventListener('skipped', (e) => this.skipped(/** @type {CustomEvent} */ (e).detail));
    const track = this.tracks()[0];
    if (track) {
      playback.show(track);
      playback.seek(this.at >= 0 ? this.at : playback.first());
    }
    video.addEventListener('volumechange', () => this.requestUpdate());
    this.requestUpdate();
  }

  /** @param {Map<string, any>} changed */
  willUpdate(changed) {
    if (changed.has('recording') && this.playback && this.playback.recording !== this.recording) {
      this.playback.renew(this.recording);
    }
    if (changed.has('people')) {
      this.lanes = lanesOf(this.people, lengthOf(this.recording));
    }
  }

  /** What there is to look at, the programme first. @returns {Track[]} */
  tracks() {
    const full = this.recording.tracks.filter((track) => track.epochs.length > 0);
    return [...full.filter((track) => track.id === 'programme'), ...full.filter((track) => track.id !== 'programme')];
  }

  async changed() {
    this.requestUpdate();
    this.tell('moment', this.playback?.now ?? 0);
    const part = this.playback?.part;
    if (this.playback?.state === 'broken' && part && this.playback.track) {
      const code = await this.api.mediaProblem(this.api.mediaUrl(this.recording.id, this.playback.track.id, part.number));
      this.problem = told('ops_broken', code) ?? t('ops_broken.other');
    } else {
      this.problem = '';
    }
  }

  /** @param {{from: number, to: number}} gap */
  skipped({ from, to }) {
    if (to - from >= 0.5) {
      toast(t('player.skipped', { time: clock(to - from) }));
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
    const video = this.playback?.video;
    if (video) {
      video.muted = false;
      video.volume = Math.min(1, Math.max(0, video.volume + by));
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
    const screen = /** @type {HTMLElement} */ (this.querySelector('.player'));
    document.fullscreenElement ? document.exitFullscreen() : screen.requestFullscreen?.().catch(() => {});
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

  /** What lies over the picture. */
  cover() {
    const p = this.playback;
    if (!p || p.state === 'ready' || p.state === 'ended') {
      return p && !p.wanted ? html`<button type="button" class="start" data-control="start" aria-label=${t('player.play')}
        @click=${() => p.toggle()}>${icon('play')}</button>` : nothing;
    }
    if (p.state === 'loading') {
      return html`<div class="cover"><div class="spinner" role="img" aria-label=${t('player.loading')}></div></div>`;
    }
    if (p.state === 'broken') {
      return html`<div class="cover" role="alert">${icon('warning')}<p>${this.problem || t('player.loading')}</p>
        <button type="button" @click=${() => p.seek(p.now)}>${t('try_again')}</button></div>`;
    }
    const gap = this.gaps().find((g) => g.start <= p.now && p.now < g.end);
    return html`<div class="cover">${icon('info')}<p>${p.state === 'empty' ? t('player.empty') : gap?.label ?? t('ops_gap.nothing')}</p>
      ${gap ? html`<button type="button" @click=${() => { p.wanted = true; p.seek(gap.end); }}>${t('player.go_on', { time: clock(gap.end) })}</button>` : nothing}</div>`;
  }

  /** Which picture, where there are several. */
  tracksChoice() {
    const all = this.tracks();
    const labels = labelsOf(all);
    return all.length < 2 ? nothing : html`<label class="which"><span>${t('player.track')}</span>
      <select data-control="track" @change=${(/** @type {Event} */ e) => this.choose(/** @type {HTMLSelectElement} */ (e.target).value)}>
        ${all.map((track) => html`<option value=${track.id} ?selected=${track.id === this.playback?.track?.id}>${labels.get(track.id)}</option>`)}</select></label>`;
  }

  speeds() {
    const p = this.playback;
    return html`<label class="choice"><span class="visually-hidden">${t('player.speed')}</span>
        <select data-control="speed" @change=${(/** @type {Event} */ e) => p?.speed(Number(/** @type {HTMLSelectElement} */ (e.target).value))}>
          ${SPEEDS.map((s) => html`<option value=${s} ?selected=${s === (p?.rate ?? 1)}>${s.toLocaleString(spoken())} ×</option>`)}</select></label>`;
  }

  /** @param {string} id */
  choose(id) {
    const track = this.tracks().find((one) => one.id === id);
    if (track) {
      this.playback?.show(track);
    }
  }

  buttons() {
    const p = this.playback;
    const muted = Boolean(p?.video.muted) || p?.video.volume === 0;
    const button = (/** @type {string} */ id, /** @type {string} */ sign, /** @type {string} */ label, /** @type {() => void} */ run) =>
      html`<button type="button" class="quiet" data-control=${id} aria-label=${label} title=${label} @click=${run}>${icon(sign)}</button>`;
    return html`<div class="buttons" role="group" aria-label=${t('player.controls')}>
      ${button('play', p?.wanted ? 'pause' : 'play', t(p?.wanted ? 'player.pause' : 'player.play'), () => p?.toggle())}
      ${button('earlier', 'earlier', t('player.earlier'), () => this.jump(-10))}
      ${button('later', 'later', t('player.later'), () => this.jump(10))}
      <span class="time figures">${clock(p?.now ?? 0)} <span class="soft">/ ${clock(lengthOf(this.recording))}</span></span>
      <span class="space"></span>
      ${button('mute', muted ? 'sound-off' : 'sound', t(muted ? 'player.unmute' : 'player.mute'), () => this.mute())}
      ${this.speeds()}
      ${button('fullscreen', 'fullscreen', t('player.fullscreen'), () => this.fullscreen())}</div>`;
  }

  render() {
    const r = this.recording;
    return html`<section class="player" aria-label=${t('player.label')}>
      <div class="screen charcoal">
        <video playsinline preload="metadata" tabindex="-1" aria-label=${t('player.video', { title: r.title || r.tour })}
          @click=${() => this.playback?.toggle()}></video>${this.cover()}</div>
      <oriel-timeline .length=${lengthOf(r)} .now=${this.playback?.now ?? 0} .label=${t('player.timeline')} .gaps=${this.gaps()}
        .chapters=${this.chapters.map((c) => ({ t: c.t, label: c.text }))} .hits=${this.hits.map((h) => ({ t: h.t, label: h.text }))}
        .pictureAt=${(/** @type {number} */ s) => this.pictureAt(s)}
        @seek=${(/** @type {CustomEvent} */ e) => this.seek(e.detail)}></oriel-timeline>
      ${this.buttons()}
      ${this.tracksChoice()}
      ${lanes({ length: lengthOf(r), now: this.playback?.now ?? 0, open: WIDE.matches, lanes: this.lanes })}
    </section>`;
  }
}

define('oriel-player', Player);
