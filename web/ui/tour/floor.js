// The floor of a tour: the stage and the gallery, each tile a slot of the server's.

import { el } from '../dom.js';

/** @typedef {import('../../lib/types.js').Slot} Slot */
/** @typedef {import('../../lib/types.js').Participant} Participant */

class Tile {
  /** @param {boolean} stage */
  constructor(stage) {
    this.video = el('video', { playsinline: true, autoplay: true, hidden: true });
    this.video.muted = true; // sound comes from the audio slots
    this.label = el('span', { class: 'who', hidden: true });
    this.initials = el('span', { class: 'initials', hidden: true, 'aria-hidden': 'true' });
    this.paused = el('span', { class: 'paused', hidden: true, role: 'status' });
    this.node = el('div', { class: stage ? 'tile stage' : 'tile' }, this.video, this.initials, this.paused, this.label);
  }

  /** @param {MediaStreamTrack|null} track @param {string} text @param {boolean} [mirrored] */
  show(track, text, mirrored = false) {
    const current = /** @type {MediaStream|null} */ (this.video.srcObject);
    if (track && current?.getTracks()[0] !== track) {
      this.video.srcObject = new MediaStream([track]);
    }
    this.video.hidden = !track;
    this.video.classList.toggle('mirrored', mirrored);
    this.label.hidden = !track;
    this.label.textContent = text;
  }

  /** @param {Slot} slot @param {string} name @param {boolean} speaking */
  fill(slot, name, speaking) {
    const filled = Boolean(slot.participant);
    this.show(filled ? slot.track : null, slot.source === 'screen' ? `${name} shares the screen` : name);
    this.node.classList.toggle('speaking', speaking && filled);
    this.pause(filled && slot.paused, name);
  }

  /** The last picture stays, or initials where there has been none. @param {boolean} paused @param {string} name */
  pause(paused, name) {
    this.paused.hidden = !paused;
    this.paused.textContent = paused ? 'Picture paused: slow connection' : '';
    this.initials.hidden = !paused || this.video.videoWidth > 0;
    this.initials.textContent = initialsOf(name);
  }
}

export class Floor {
  /** @param {() => Map<string, Participant>} people looks up who is in the tour */
  constructor(people) {
    this.people = people;
    /** @type {string|null} */
    this.speaker = null;
    /** @type {Map<string, Slot>} */
    this.slots = new Map();
    this.stage = new Tile(true);
    this.empty = el('div', { class: 'stage-empty' },
      el('h2', {}, 'Nobody is showing anything yet'),
      el('p', {}, 'The picture appears here as soon as a camera or screen is shared.'));
    this.stage.node.append(this.empty);
    this.self = new Tile(false);
    this.self.node.hidden = true;
    /** @type {{camera: MediaStreamTrack|null, screen: MediaStreamTrack|null}} what one sends oneself */
    this.own = { camera: null, screen: null };
    this.gallery = el('div', { class: 'gallery', 'aria-label': 'Participants with a camera' }, this.self.node);
    /** @type {Map<string, Tile>} by mid */
    this.tiles = new Map();
    this.audio = el('div', { hidden: true });
    /** @type {Map<string, HTMLAudioElement>} by mid */
    this.voices = new Map();
    this.node = el('section', { class: 'floor', 'aria-label': 'Tour' }, this.stage.node, this.gallery, this.audio);
  }

  /** @param {Slot} slot */
  nameOf(slot) {
    return this.people().get(slot.participant ?? '')?.name ?? '';
  }

  /** @param {Slot} slot */
  update(slot) {
    this.slots.set(slot.mid, slot);
    if (slot.kind === 'audio') {
      this.voice(slot);
    } else if (slot.kind === 'stage') {
      this.stage.fill(slot, this.nameOf(slot), slot.participant === this.speaker);
      this.drawOwn();
    } else {
      this.galleryTile(slot);
    }
  }

  /** @param {Slot} slot */
  galleryTile(slot) {
    let tile = this.tiles.get(slot.mid);
    if (!tile) {
      tile = new Tile(false);
      this.tiles.set(slot.mid, tile);
      this.gallery.append(tile.node);
    }
    tile.fill(slot, this.nameOf(slot), slot.participant === this.speaker);
    tile.node.hidden = !slot.participant;
  }

  /** @param {Slot} slot */
  voice(slot) {
    let audio = this.voices.get(slot.mid);
    if (!audio) {
      audio = el('audio', { autoplay: true });
      this.voices.set(slot.mid, audio);
      this.audio.append(audio);
    }
    const current = /** @type {MediaStream|null} */ (audio.srcObject);
    if (slot.track && current?.getTracks()[0] !== slot.track) {
      audio.srcObject = new MediaStream([slot.track]);
    }
  }

  /** Names or the speaker changed: draw what is known again. @param {string|null} [speaker] */
  refresh(speaker = this.speaker) {
    this.speaker = speaker;
    for (const slot of this.slots.values()) {
      this.update(slot);
    }
  }

  /** One's own picture. @param {'camera'|'screen'} kind @param {MediaStreamTrack|null} track */
  showOwn(kind, track) {
    this.own[kind] = track;
    this.drawOwn();
  }

  // Nobody is shown to himself by the server, so an empty stage means that the others see oneself:
  // then one's own picture is on the stage, as an agent who films a house needs it.
  drawOwn() {
    const { camera, screen } = this.own;
    const stageSlot = [...this.slots.values()].find((s) => s.kind === 'stage');
    const track = screen ?? camera;
    const onStage = Boolean(track) && !stageSlot?.participant;
    if (onStage) {
      this.stage.show(track, screen ? 'You share the screen' : 'You');
    } else if (!stageSlot?.participant) {
      this.stage.show(null, '');
    }
    this.empty.hidden = onStage || Boolean(stageSlot?.participant);
    const tile = onStage && track === camera ? null : camera;
    this.self.show(tile, 'You', facesUser(camera));
    this.self.node.hidden = !tile;
  }

  /** Resolves false when the browser wants a tap before it plays sound. */
  async startSound() {
    const results = await Promise.allSettled([...this.voices.values()].map((a) => a.play()));
    return results.every((r) => r.status === 'fulfilled'
      || r.reason?.name !== 'NotAllowedError');
  }
}

/** "AL" of "Ada Lovelace". @param {string} name */
function initialsOf(name) {
  const words = name.split(/\s+/).filter(Boolean);
  return [words[0], words.length > 1 ? words[words.length - 1] : ''].map((w) => [...(w ?? '')][0] ?? '').join('').toUpperCase();
}

/** A front camera is shown as in a mirror, one that films the house is not. @param {MediaStreamTrack|null} track */
function facesUser(track) {
  return track?.getSettings().facingMode !== 'environment';
}
