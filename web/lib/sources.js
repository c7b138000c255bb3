// What one sends: published as long as one may, and again by each new peer connection.

import { OrielError } from './errors.js';
import { maySend } from './rights.js';

/** @typedef {import('./oriel.js').OrielClient} OrielClient */
/** @typedef {import('./types.js').SourceKind} SourceKind */

/** Tells by events of the client: `withdrawn`, `muted`, `refused` and `can`. */
export class Sources {
  /** @param {OrielClient} client */
  constructor(client) {
    this.client = client;
    /** @type {Map<SourceKind, MediaStreamTrack|null>} */
    this.published = new Map();
    /** @type {Set<SourceKind>} by ourselves, not by a host */
    this.ownMutes = new Set();
    /** @type {Set<SourceKind>} by the server: as many are on as may be, or it was too much */
    this.refused = new Set();
    this.could = ''; // own capabilities as they were told last
    /** @type {Map<SourceKind, number>} how often was said what to send */
    this.turns = new Map();
    /** A new peer connection has not got yet all that the one before it had. */
    this.owed = false;
    /** In a new seat, where the consent that was taken back has not been taken back yet: nothing is sent. */
    this.withheld = false;
  }

  /** @param {SourceKind} kind @param {MediaStreamTrack|null} track */
  async publish(kind, track) {
    if (track && !this.client.maySend(kind)) {
      throw new OrielError('forbidden', `You may not send your ${kind} in this tour.`);
    }
    const turn = this.turn(kind);
    if (track && this.refused.has(kind)) {
      await this.client.request('mute', { kind, muted: false }); // asks again: `sources_full` when it is in vain
      this.refused.delete(kind);
      if (this.turns.get(kind) !== turn) { // it was turned off meanwhile
        return;
      }
    }
    this.published.set(kind, track);
    this.client.devices.watch(kind, track);
    await this.send(kind, track);
  }

  /** @param {SourceKind} kind */
  turn(kind) {
    const turn = (this.turns.get(kind) ?? 0) + 1;
    this.turns.set(kind, turn);
    return turn;
  }

  /** @param {SourceKind} kind @param {MediaStreamTrack|null} track */
  async send(kind, track) {
    const { session } = this.client;
    if (this.withheld) { // publishAgain will
      return;
    }
    try {
      await session?.publish(kind, track);
    } catch (error) {
      if (this.client.session === session) {
        throw error;
      } // else it was closed for another one, which is given all
    }
  }

  /** By a peer connection that is new; in a new seat who has taken his consent back takes it back first. */
  async publishAgain() {
    this.owed = true;
    if (this.withheld) {
      await this.client.withdrawAgain();
      this.withheld = false;
    }
    for (const [kind, track] of this.published) {
      await this.client.session?.publish(kind, track);
    }
    this.owed = false;
  }

  /** @param {SourceKind} kind @param {boolean} muted */
  mute(kind, muted) {
    this.ownMutes[muted ? 'add' : 'delete'](kind);
    return this.client.request('mute', { kind, muted });
  }

  /** What may not be sent any more is stopped: the server passes it on to nobody. */
  heed() {
    const { client } = this;
    const can = client.can();
    for (const [kind, track] of this.published) {
      if (track && !maySend(can, kind)) {
        this.drop(kind);
        client.emit('withdrawn', kind);
      }
    }
    const text = JSON.stringify(can);
    if (text !== this.could) {
      this.could = text;
      client.emit('can', can);
    }
  }

  /** A host may have muted us while we were away. */
  heedMutes() {
    for (const [kind, track] of this.published) {
      if (track && this.client.me?.sources?.[kind] === 'muted' && !this.ownMutes.has(kind)) {
        this.onMuted(kind, null);
      }
    }
  }

  /** @param {SourceKind} source @param {string|null} by */
  onMuted(source, by) {
    this.drop(source);
    this.client.emit('muted', { source, by: (by && this.client.participants.get(by)) || null });
  }

  /** @param {SourceKind} source @param {string} code @param {string} message */
  onRefused(source, code, message) {
    this.drop(source);
    this.refused.add(source);
    this.client.emit('refused', { source, code, message });
  }

  /** @param {SourceKind} kind */
  drop(kind) {
    this.turn(kind);
    this.published.set(kind, null);
    this.client.devices.watch(kind, null);
    this.client.session?.publish(kind, null).catch(() => undefined); // a session that is closed sends nothing
  }
}
