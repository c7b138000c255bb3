// The way that media takes: watched, restarted while it is down, and replaced where that cannot help.

import { OrielError, codeOf, isLost } from './errors.js';
import { LinkWatch } from './link_watch.js';
import { elsewhere } from './network.js';
import { spread, wait } from './pause.js';
import { Session } from './session.js';
import { onSlot } from './told.js';

/** @typedef {import('./oriel.js').OrielClient} OrielClient */
/** @typedef {import('./signal.js').Signal} Signal */

const RESTART_PATIENCE = 250; // [ms] and four round trips: who does not answer by then may not be there

/** Tells by the event `link` of the client. The peer connection in use is `client.session`. */
export class Transport {
  /** @param {OrielClient} client */
  constructor(client) {
    this.client = client;
    /** @type {LinkWatch|null} of the session */
    this.link = null;
    this.lived = false; // the session was connected once
    this.restarting = false;
  }

  /** A peer connection for this tour. @param {string} codec @param {import('./network.js').Realm|null} [realm] */
  makeSession(codec, realm = null) {
    const { client } = this;
    return new Session({ codec, iceServers: client.iceServers, realm, sends: !client.observes, ...client.counts });
  }

  /** @param {Session} session */
  watch(session) {
    const { client } = this;
    session.addEventListener('track', (e) => client.emit('slot', /** @type {CustomEvent} */ (e).detail));
    session.addEventListener('negotiationneeded', () => client.emit('negotiationneeded', undefined));
    session.addEventListener('state', (e) => client.session === session
      && this.onState(/** @type {CustomEvent} */ (e).detail));
    const link = new LinkWatch(session.pc, () => session.isGone());
    link.addEventListener('silent', () => this.link === link && this.onSilent());
    link.addEventListener('heard', () => this.link === link && this.onHeard());
    link.rtt = this.link?.rtt ?? 0; // until it knows better
    this.link = link;
  }

  onSilent() {
    if (!this.client.over) {
      this.client.emit('link', 'reconnecting');
      this.restart();
    }
  }

  onHeard() {
    const { client } = this;
    client.reconnection.hurry();
    if (!client.over && !client.reconnecting && client.session?.pc.connectionState === 'connected') {
      client.emit('link', 'live');
    }
  }

  /** Nothing comes in, whatever the browser still thinks of its connection. */
  isDown() {
    return this.link?.silent || this.client.session?.pc.connectionState !== 'connected';
  }

  /** @param {RTCPeerConnectionState} state */
  async onState(state) {
    const { client } = this;
    if (client.over) {
      return;
    }
    if (state === 'connected') {
      this.lived = true;
      if (!this.link?.silent) {
        client.emit('link', 'live');
      }
    } else if (state === 'connecting') {
      client.emit('link', this.lived ? 'reconnecting' : 'connecting');
    } else if (state === 'failed' || state === 'disconnected') {
      client.emit('link', 'reconnecting');
      await this.restart();
    }
  }

  /**
   * Restarts ICE while the transport is down; the pair in use stays until there is a better one. A
   * new network has taken the WebSocket along without a word, and a slow one looks the same: when it
   * does not answer soon, another one is opened beside it, and the first that the server is heard
   * over wins.
   */
  async restart() {
    const { client } = this;
    const { signal } = client;
    const busy = () => client.over || client.reconnecting;
    if (!client.session || !signal || this.restarting || busy() || !this.isDown()) {
      return;
    }
    this.restarting = true;
    const answered = this.restartOver(signal);
    try {
      const late = wait(spread(RESTART_PATIENCE) + 4 * (this.link?.rtt ?? 0)).then(() => true);
      if (await Promise.race([answered, late]) && !busy()) {
        client.reconnection.begin(answered);
      }
    } catch (error) {
      if (isLost(error) && client.signal === signal && !busy()) {
        signal.close();
        client.reconnection.begin();
      }
    } finally {
      this.restarting = false;
      answered.catch(() => undefined); // said already, or no news to who reconnects
    }
  }

  /** @param {Signal} signal */
  async restartOver(signal) {
    const { session, reply } = await this.ask(signal, 'restart');
    this.client.keepIceServers(reply);
    await this.settle(session, reply);
  }

  /**
   * A request with an offer that restarts ICE, or, where that cannot help, one of another peer
   * connection, with all that was published: the machine is elsewhere and the browser has not told the
   * one in use, or the page has lost that one, or the server has given the transport up meanwhile, which
   * nothing revives.
   * @param {Signal} signal @param {string} type @param {object} [fields]
   */
  async ask(signal, type, fields = {}) {
    const { client } = this;
    const { pc } = /** @type {Session} */ (client.session);
    const gone = client.session?.isGone();
    const realm = gone ? null : await elsewhere(pc);
    if (client.over || client.signal !== signal) {
      realm?.close();
    }
    this.unlessOvertaken(signal);
    let reply;
    try {
      reply = realm || gone ? await this.askAnew(signal, type, fields, realm)
        : await signal.request(type, { ...fields, offer: await /** @type {Session} */ (client.session).restartOffer() });
    } catch (error) {
      if (codeOf(error) !== 'transport_gone' || client.signal !== signal || client.over) {
        throw error;
      }
      reply = await this.askAnew(signal, type, fields);
    }
    this.unlessOvertaken(signal);
    return { session: /** @type {Session} */ (client.session), reply };
  }

  /** @param {Signal} signal */
  unlessOvertaken(signal) {
    if (this.client.over || this.client.signal !== signal) {
      throw new OrielError('connection_lost', 'Another connection was faster.');
    }
  }

  /**
   * The session is another one at once: should the answer be lost, it is this one that the server knows.
   * @param {Signal} signal @param {string} type @param {object} fields
   * @param {import('./network.js').Realm|null} [realm]
   */
  async askAnew(signal, type, fields, realm = null) {
    const { client } = this;
    let session;
    try {
      session = this.makeSession(/** @type {import('./types.js').JoinOptions} */ (client.joinOptions).codec, realm);
    } catch (error) { // the one in use stays, and will be found silent again
      realm?.close();
      throw error;
    }
    client.session?.close();
    client.session = session;
    this.watch(session);
    return signal.request(type, { ...fields, ...await session.offer() });
  }

  /**
   * What a slot shows is in the answer, and not told once more. It is taken up now: what is told of a slot while something
   * is awaited is newer.
   * @param {Session} session @param {any} reply
   */
  async settle(session, { answer, slots = [] }) {
    if (!session.joined) {
      await session.accept(answer, slots);
      await this.client.sources.publishAgain();
      return;
    }
    for (const slot of slots) {
      onSlot(this.client, slot);
    }
    if (answer) {
      await session.acceptRestart(answer);
    }
  }
}
