// A WebSocket that was lost: opened again, and the same seat resumed, or, where the server does not know
// of it any more, a new one joined.

import { OrielError, codeOf, isFinal } from './errors.js';
import { spread, wait } from './pause.js';
import { Signal } from './signal.js';

/** @typedef {import('./oriel.js').OrielClient} OrielClient */
/** @typedef {import('./types.js').JoinOptions} JoinOptions */

const RETRY_FIRST = 300; // [ms] then doubling
const RETRY_MOST = 4000; // [ms]
const OPEN_MOST = 10000; // [ms] for a WebSocket to open
const RETRY_FOR = 60000; // [ms] as long as the server keeps the seat
const ATTEMPT_MOST = 25000; // [ms] of RETRY_FOR, however long the page slept meanwhile

/** Tells by the events `link`, `back` and `ended` of the client. */
export class Reconnection {
  /** @param {OrielClient} client */
  constructor(client) {
    this.client = client;
    this.running = false;
    /** Ends the pause before the next attempt. */
    this.hurry = () => {};
  }

  /** @param {Promise<unknown>} [answered] the WebSocket in use may still answer, which ends this */
  async begin(answered) {
    const { client } = this;
    client.emit('link', 'reconnecting');
    this.running = true;
    /** @type {Promise<any>} */
    const never = new Promise(() => {});
    let heard = answered ? answered.then(() => true, () => never) : never;
    let tried = 0; // [ms] awake
    if (!answered) {
      await this.pause(Math.random() * RETRY_FIRST, heard); // it closed, and at the same moment for all
    }
    for (let pause = RETRY_FIRST; tried < RETRY_FOR && !client.over; pause *= 2) {
      const begun = performance.now();
      try {
        // Short at first: a browser may have lost what was under way as the network changed.
        await this.restore(Math.min(2 * pause + 8 * (client.transport.link?.rtt ?? 0), OPEN_MOST), heard);
        if (!client.over && !client.signal?.isOpen()) { // it closed again, and of that nobody else takes care
          heard = never;
          throw new OrielError('connection_lost', 'The connection was lost.');
        }
        this.running = false;
        if (!client.over && !client.transport.isDown()) {
          client.emit('link', 'live');
        }
        return;
      } catch (error) {
        if (isFinal(codeOf(error))) {
          client.finish(codeOf(error), /** @type {Error} */ (error).message);
          return;
        }
        await this.pause(spread(Math.min(pause, RETRY_MOST)) - (performance.now() - begun), heard);
      }
      // A page that slept has not tried: of an attempt that took longer than one can, this much counts.
      tried += Math.min(performance.now() - begun, ATTEMPT_MOST);
    }
    client.finish('connection_lost', 'The connection was lost and could not be restored.');
  }

  /**
   * Until the next attempt, or the browser has a network, or something was heard.
   * @param {number} ms @param {Promise<any>} heard
   */
  async pause(ms, heard) {
    const over = new AbortController();
    await Promise.race([wait(ms), heard, new Promise((resolve) => {
      this.hurry = () => resolve(undefined);
      addEventListener('online', this.hurry, { signal: over.signal });
    })]);
    over.abort();
  }

  /**
   * The same seat if the server still knows it, else (it was restarted) a new one.
   * @param {number} patience [ms] with the connection
   * @param {Promise<any>} heard the old one answered after all
   */
  async restore(patience, heard) {
    const { client } = this;
    const old = client.signal;
    const signal = new Signal(client.url);
    const opened = signal.open(patience).then(() => false);
    if (await Promise.race([heard, opened]) || client.over) {
      opened.then(() => signal.close(), () => undefined);
      return;
    }
    client.use(signal);
    try {
      await this.enterAgain(signal);
    } catch (error) {
      signal.close(); // else each attempt leaves one
      throw error;
    } finally {
      old?.close();
    }
  }

  /** @param {Signal} signal */
  async enterAgain(signal) {
    const { client } = this;
    if (client.session || client.lobby.waiting) {
      try {
        await this.resume(signal);
        return;
      } catch (error) {
        if (codeOf(error) !== 'resume_unknown') {
          throw error;
        }
      }
      client.session?.close();
      client.session = null;
    }
    // Anew beside one's other devices, if there were any, and never in their place: that is for people to say.
    client.sources.withheld = client.withdrew; // to join is to give it
    const options = /** @type {JoinOptions} */ (client.joinOptions);
    const reply = await client.offerJoin(signal, { ...options, seat: client.me?.device ? 'beside' : 'ask' });
    if (reply.type === 'joined') {
      client.lobby.over((waiting) => waiting.resolve(reply));
      await client.sources.publishAgain();
    } else if (client.lobby.waiting) {
      client.lobby.told(reply);
    } else { // we were in, and the server does not know of it any more
      client.lobby.wait(reply).then(() => client.sources.publishAgain())
        .then(() => client.emit('back', undefined), () => undefined);
    }
  }

  /** @param {Signal} signal */
  async resume(signal) {
    const { client } = this;
    const fields = { resume: client.resumeToken, seen: client.ledger.seq };
    if (client.lobby.waiting) {
      await this.resumeWaiting(signal, fields);
      return;
    }
    const dead = client.transport.isDown();
    const { session, reply } = dead ? await client.transport.ask(signal, 'resume', fields)
      : { session: client.session, reply: await signal.request('resume', fields) };
    client.enter(reply);
    // The secret before this one is refused once the server sees that the new one has arrived.
    signal.request('ping').catch(() => undefined);
    if (session?.joined || session && reply.answer) {
      await client.transport.settle(session, reply);
    }
    if (client.sources.owed) { // the connection was lost in the middle of that
      await client.sources.publishAgain();
    }
  }

  /** @param {Signal} signal @param {object} fields */
  async resumeWaiting(signal, fields) {
    const { client } = this;
    const reply = await signal.request('resume', fields);
    if (reply.type === 'lobby') {
      client.lobby.told(reply);
      return;
    }
    client.enter(reply); // we are in: it was the answer to that join that got lost
    const { slots, answer } = await client.transport.askAnew(signal, 'restart', {});
    await client.transport.settle(/** @type {import('./session.js').Session} */ (client.session), { slots, answer });
    client.lobby.over((waiting) => waiting.resolve(reply));
  }
}
