// What a participant may ask of the server, one method for each request that is no more than that.

import { Emitter } from './emitter.js';
import { OrielError } from './errors.js';

/** @typedef {import('./signal.js').Signal} Signal */
/** @typedef {import('./types.js').Capabilities} Capabilities */
/** @typedef {import('./types.js').SourceKind} SourceKind */

/** Each method resolves when the server has done it, and rejects with an OrielError when it has not. */
export class Requests extends Emitter {
  /** @internal */
  constructor() {
    super();
    /** @type {Signal|null} the WebSocket */
    this.signal = null;
  }

  /**
   * Any request of the protocol, by its type and fields, also one that this library does not know yet.
   * @param {string} type @param {object} [fields]
   * @returns {Promise<any>} the reply
   */
  async request(type, fields = {}) {
    if (!this.signal) {
      throw new OrielError('not_joined', 'There is no connection to the server yet.');
    }
    return this.signal.request(type, fields);
  }

  /** Hosts: mutes somebody else, who alone can unmute it. @param {string} participant @param {SourceKind} kind */
  muteOther(participant, kind) {
    return this.request('mute', { participant, kind, muted: true });
  }

  /** Hosts: mutes all guests but these. @param {SourceKind} kind @param {string[]} [except] */
  muteAll(kind, except = []) {
    return this.request('mute_all', { kind, except });
  }

  /**
   * Hosts: what guests may from now on, of what is named; without `participants` all guests, those to come too.
   * @param {Partial<Capabilities>} can @param {{participants?: string[], except?: string[]}} [whom]
   */
  allow(can, { participants, except } = {}) {
    return this.request('allow', { participants, except, can });
  }

  /** Whose camera to show on one's own stage; null: nobody's in particular. @param {string|null} participant */
  pin(participant) {
    return this.request('pin', { participant });
  }

  /** Hosts: whom all see on the stage; null: nobody in particular. @param {string|null} participant */
  spotlight(participant) {
    return this.request('spotlight', { participant });
  }

  /** Hosts: recording on or off, or on but paused. @param {boolean} on @param {boolean} [paused] */
  record(on, paused = false) {
    return this.request('record', { on, paused });
  }

  /** Hosts: removes somebody, who cannot come back with the same link. @param {string} participant */
  remove(participant) {
    return this.request('remove', { participant });
  }

  /** Hosts: lets in who waits, all or these. @param {string[]} [participants] */
  admit(participants) {
    return this.request('admit', { participants });
  }

  /** Hosts: makes somebody a host, or no more. @param {string} participant @param {boolean} [host] */
  makeHost(participant, host = true) {
    return this.request('host', { participant, host });
  }

  /** Hosts: that one leads from now on, and is a host. @param {string} participant */
  handOver(participant) {
    return this.request('hand_over', { participant });
  }

  /**
   * Hosts: a link by which one more buyer joins this tour; without a name he says it himself.
   * @param {string} [name] @returns {Promise<{url: string, expires_at: string, sub: string}>}
   */
  invite(name) {
    return this.request('invite', { name });
  }

  /** Hosts: nobody new is let in, or again. @param {boolean} on */
  lock(on) {
    return this.request('lock', { on });
  }

  /** Hosts: guests must be let in from now on, or need not. @param {boolean} on */
  requireAdmission(on) {
    return this.request('lobby', { on });
  }

  /** Says something to all, or to hosts alone. @param {string} text @param {'hosts'} [to] */
  chat(text, to) {
    return this.request('chat', { text, to });
  }

  /** Asks a question that hosts may answer. @param {string} text */
  askQuestion(text) {
    return this.request('ask', { text });
  }

  /**
   * Hosts: the question was answered, or put aside.
   * @param {string} question "q3" @param {'answered'|'dismissed'} [state] @param {string} [text]
   */
  answer(question, state = 'answered', text = undefined) {
    return this.request('answer', { question, state, text });
  }

  /** Raises or lowers the hand; hosts lower those of others. @param {boolean} up @param {string} [participant] */
  hand(up, participant) {
    return this.request('hand', { up, participant });
  }

  /** Shows all what one feels. @param {'thumbs_up'|'heart'|'clap'|'laugh'|'wow'|'question'} reaction */
  react(reaction) {
    return this.request('react', { reaction });
  }

  /** Points to a place in a picture, or, without one, no more. @param {{x: number, y: number, source?: string}} [place] */
  point(place) {
    return this.request('point', place ?? {});
  }

  /** Hosts: what is seen from now on. @param {string} title */
  chapter(title) {
    return this.request('chapter', { title });
  }

  /** Hosts: what all are to see, as the pages agree; null: as they like. @param {object|null} view */
  follow(view) {
    return this.request('follow', { view });
  }

  /** Takes back what one has said; hosts what anybody has. @param {number} seq */
  retract(seq) {
    return this.request('retract', { seq });
  }

  /** Hosts: ends the tour for everyone. */
  end() {
    return this.request('end');
  }

  /** The round trip to the server over the WebSocket [ms]. @returns {Promise<number>} */
  async ping() {
    const begun = performance.now();
    await this.request('ping');
    return performance.now() - begun;
  }
}
