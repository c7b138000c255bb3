// Waiting to be let in, and, for hosts, who waits.

import { isLost } from './errors.js';

/** @typedef {import('./oriel.js').OrielClient} OrielClient */
/** @typedef {import('./types.js').Participant} Participant */

/**
 * Tells of it by events of the client: `lobby` ({tour}) while we wait, also when it is asked again;
 * `admitted`, and the join goes on by itself; `waiting` (Participant[]) to hosts.
 */
export class Lobby {
  /** @param {OrielClient} client */
  constructor(client) {
    this.client = client;
    /** @type {Map<string, Participant>} of hosts: who waits, in the order of coming */
    this.people = new Map();
    /** @type {{resolve: (joined: any) => void, reject: (error: Error) => void}|null} we wait */
    this.waiting = null;
    this.entering = false;
  }

  /** The answer to our join. @param {any} reply @returns {Promise<any>} `joined`, once we are in */
  wait(reply) {
    const admitted = new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
    this.told(reply);
    return admitted;
  }

  /** @param {any} reply a `lobby` message */
  told(reply) {
    this.client.outside(reply);
    this.client.emit('lobby', { tour: reply.tour });
    if (reply.admitted) {
      this.admitted();
    }
  }

  /** We were let in: the join that was answered `lobby` is said again. */
  async admitted() {
    const { signal, joinOptions } = this.client;
    if (!signal || !joinOptions || this.entering) {
      return;
    }
    this.entering = true;
    this.client.emit('admitted', undefined);
    try {
      const joined = await this.client.offerJoin(signal, joinOptions, true);
      this.over((waiting) => waiting.resolve(joined));
    } catch (error) {
      if (!isLost(error)) { // one that is lost is resumed, and then it is known whether we were let in
        this.over((waiting) => waiting.reject(/** @type {Error} */ (error)));
      }
    } finally {
      this.entering = false;
    }
  }

  /** @param {(waiting: {resolve: (joined: any) => void, reject: (error: Error) => void}) => void} end */
  over(end) {
    const waiting = this.waiting;
    this.waiting = null;
    if (waiting) {
      end(waiting);
    }
  }

  /** What a host was told when joining. @param {Participant[]} people */
  list(people) {
    this.people = new Map(people.map((p) => [p.id, p]));
    this.tell();
  }

  /** @param {any} message */
  receive(message) {
    if (message.type === 'lobby_joined') {
      this.people.set(message.participant.id, message.participant);
    } else {
      this.people.delete(message.id);
    }
    this.tell();
  }

  tell() {
    this.client.emit('waiting', [...this.people.values()]);
  }
}
