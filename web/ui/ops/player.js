// Plays one track of a recording. A track is an ordered list of epochs, each a file of its own; the
// player joins them: at the end of one the next begins.

import { el, toast } from './dom.js';
import { clock, size, when } from '../words/format.js';
import { told } from '../words/words.js';

/** @typedef {import('./recordings_api.js').Recording} Recording */
/** @typedef {import('./recordings_api.js').Track} Track */
/** @typedef {import('./recordings_api.js').RecordingsApi} RecordingsApi */

/** @type {Record<string, string>} */
const KINDS = { programme: 'Programme', microphone: 'microphone', camera: 'camera', screen: 'screen' };

export class Player {
  /** @param {RecordingsApi} api @param {Recording} recording */
  constructor(api, recording) {
    this.api = api;
    this.recording = recording;
    this.track = recording.tracks.find((t) => t.id === 'programme') ?? recording.tracks[0];
    this.epoch = 0;
    this.video = el('video', { controls: true, playsinline: true, preload: 'metadata',
      'aria-label': `Recording of ${recording.title || recording.tour}` });
    this.video.addEventListener('ended', () => this.playEpoch(this.epoch + 1, true));
    this.video.addEventListener('error', () => {
      this.status.textContent = 'This part of the recording cannot be played.';
      this.status.hidden = false;
    });
    this.status = el('p', { class: 'problem', role: 'alert', hidden: true });
    this.parts = el('div', { class: 'tabs', hidden: true, 'aria-label': 'Parts' });
    this.tabs = el('div', { class: 'tabs', 'aria-label': 'Tracks' });
    this.node = this.build();
    this.choose(this.track);
  }

  build() {
    const r = this.recording;
    const fact = (/** @type {string} */ name, /** @type {string} */ value) =>
      el('div', {}, el('dt', {}, name), el('dd', {}, value || '–'));
    return el('section', { class: 'player', 'aria-label': 'Player' },
      el('h2', {}, r.title || r.tour),
      this.video, this.status, this.parts, this.tabs,
      el('dl', { class: 'facts' },
        fact('Started', when(r.started)), fact('Length', clock(r.duration_ms / 1000)),
        fact('State', (told('state', r.state) ?? r.state)), fact('Size', size(r.bytes)),
        fact('Participants', r.participants.join(', ')), fact('Recording', r.id)));
  }

  /** @param {Track} track */
  nameOf(track) {
    const kind = KINDS[track.kind] ?? KINDS[track.id] ?? track.kind;
    const who = track.erased ? 'erased' : track.participant;
    return who ? `${who}, ${kind}` : kind;
  }

  /** @param {Track|undefined} track */
  choose(track) {
    if (!track || track.epochs.length === 0) {
      this.status.textContent = 'Nothing was recorded: no camera, screen or microphone was on.';
      this.status.hidden = false;
      return;
    }
    this.track = track;
    this.tabs.replaceChildren(...this.recording.tracks.filter((t) => t.epochs.length > 0).map((t) =>
      el('button', { type: 'button', 'data-track': t.id, 'aria-pressed': String(t === track),
        onclick: () => this.choose(t) }, this.nameOf(t))));
    this.playEpoch(0, false);
  }

  /** @param {number} index @param {boolean} play */
  playEpoch(index, play) {
    const epochs = this.track.epochs;
    if (index >= epochs.length) {
      return;
    }
    this.epoch = index;
    this.status.hidden = true;
    this.video.src = this.api.mediaUrl(this.recording.id, this.track.id, epochs[index].number);
    this.parts.hidden = epochs.length < 2;
    this.parts.replaceChildren(...epochs.map((e, i) =>
      el('button', { type: 'button', 'aria-pressed': String(i === index),
        onclick: () => this.playEpoch(i, true) }, `Part ${i + 1}, ${clock(e.duration_ms / 1000)}`)));
    if (play) {
      this.video.play().catch(() => toast('Press play to go on.'));
    }
  }
}
