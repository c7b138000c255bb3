// The Oriel client: joins a tour, publishes, shows slots, survives a lost connection. No
// dependencies. See docs/protocol.md for the messages and docs/client.md for a walk-through.

import { DeviceWatch } from './device_watch.js';
import { OrielError, codeOf, isLost } from './errors.js';
import { Ledger } from './ledger.js';
import { Lobby } from './lobby.js';
import { Reconnection } from './reconnection.js';
import { Renewal } from './renewal.js';
import { Requests } from './requests.js';
import { capabilities, maySend } from './rights.js';
import { showToken } from './show.js';
import { Signal } from './signal.js';
import { Sources } from './sources.js';
import { StatsReader } from './stats.js';
import { onRecording, onWholeRoster, told } from './told.js';
import { Transport } from './transport.js';

export { OrielError };
export { checkConnection } from './check.js';
export { DeviceError, canShareScreen, explainDevice, listDevices, openDevice, openScreen } from './devices.js';

/** @typedef {import('./types.js').Capabilities} Capabilities */
/** @typedef {import('./types.js').Cause} Cause */
/** @typedef {import('./types.js').CheckOptions} CheckOptions */
/** @typedef {import('./types.js').ClientEvents} ClientEvents */
/** @typedef {import('./types.js').ClientOptions} ClientOptions */
/** @typedef {import('./types.js').DeviceNews} DeviceNews */
/** @typedef {import('./types.js').Entry} Entry */
/** @typedef {import('./types.js').JoinOptions} JoinOptions */
/** @typedef {import('./types.js').Participant} Participant */
/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('./types.js').Slot} Slot */
/** @typedef {import('./types.js').SourceKind} SourceKind */
/** @typedef {import('./types.js').Tour} Tour */
/** @typedef {import('./types.js').TourStats} TourStats */
/** @typedef {import('./types.js').Verdict} Verdict */
/** @typedef {import('./types.js').Welcome} Welcome */

/**
 * A participant of one tour. Its events are those of ClientEvents: `client.on('slot', (slot) => ...)`, or as
 * CustomEvents by addEventListener.
 */
export class OrielClient extends Requests {
  /** Connects to nothing yet. @param {ClientOptions} options */
  constructor({ url, token, tour, gallery = 8, audio = 3, getToken = null, recoverDevices = true }) {
    super();
    this.url = url;
    this.token = token;
    this.tourName = tour;
    /** as ops: nothing is sent */
    this.observes = false;
    /** @internal */
    this.renewal = new Renewal(this, getToken);
    /** @internal */
    this.counts = { gallery, audio };
    /** @type {Session|null} the peer connection, `session.pc`, and its slots */
    this.session = null;
    /** @type {Map<string, Participant>} */
    this.participants = new Map();
    /** @type {Map<string, import('./types.js').Quality>} for hosts: who does not receive well */
    this.reception = new Map();
    /** @type {Participant|null} */
    this.me = null;
    /** @type {Tour|null} */
    this.tour = null;
    /** @type {import('./types.js').RecordingState} */
    this.recording = 'off';
    this.lobby = new Lobby(this);
    this.ledger = new Ledger(this);
    /** @internal @type {Session|null} for the join to come */
    this.ready = null;
    /** @internal */
    this.resumeToken = '';
    /** @internal @type {JoinOptions|null} what to join with again after a restart of the server */
    this.joinOptions = null;
    /** @internal the consent of joinOptions was taken back since */
    this.withdrew = false;
    /** @type {RTCIceServer[]} STUN and TURN servers, as the server told them last */
    this.iceServers = [];
    /** it has ended, and does not come back by itself */
    this.over = false;
    /** @internal `ended` was told */
    this.finished = false;
    /** @internal */
    this.sources = new Sources(this);
    /** @internal */
    this.transport = new Transport(this);
    /** @internal */
    this.devices = new DeviceWatch(this, recoverDevices);
    /** @internal */
    this.reader = new StatsReader(null);
    /** @internal */
    this.reconnection = new Reconnection(this);
  }

  /** What is sent now, by kind. @returns {Map<SourceKind, MediaStreamTrack|null>} */
  get published() {
    return this.sources.published;
  }

  /** The WebSocket is lost and another one is tried for. */
  get reconnecting() {
    return this.reconnection.running;
  }

  /** @internal */
  async openSignal() {
    const signal = new Signal(this.url);
    await signal.open();
    return this.use(signal);
  }

  /** From now on it is the one. @internal @param {Signal} signal open */
  use(signal) {
    signal.addEventListener('message', (e) => {
      if (this.signal === signal) { // an old one may still say that it was taken over
        this.receive(/** @type {CustomEvent} */ (e).detail);
      }
    });
    signal.addEventListener('close', () => {
      if (this.signal === signal && this.joinOptions && !this.over && !this.reconnecting) {
        this.reconnection.begin();
      }
    });
    this.signal = signal;
    return signal;
  }

  /** The tour as seen before joining. @returns {Promise<Welcome>} */
  async look() {
    const signal = this.signal?.isOpen() ? /** @type {Signal} */ (this.signal) : await this.openSignal();
    const welcome = await this.show(signal, 'hello', { tour: this.tourName });
    this.observes = welcome.you?.role === 'ops';
    this.keepIceServers(welcome);
    return welcome;
  }

  /** A request that shows the token. @internal @param {Signal} signal @param {string} type @param {object} fields */
  show(signal, type, fields) {
    return showToken(() => signal.request(type, { token: this.token, ...fields }),
      async (error) => codeOf(error) === 'token_expired' && this.renewal.freshToken());
  }

  /** Passwords for TURN end; each answer brings new ones. @internal @param {any} message */
  keepIceServers(message) {
    this.iceServers = message.ice_servers ?? this.iceServers;
    if (this.session) {
      this.session.iceServers = this.iceServers;
    }
  }

  /**
   * Makes ready what a join needs and the network has no part in, so that it takes less time: for pages on which
   * somebody is about to join. @param {{codec: string}} options as of the join
   */
  prepare({ codec }) {
    this.unprepare();
    this.ready = this.transport.makeSession(codec);
    this.ready.prepare();
  }

  /** Nobody joins after all. */
  unprepare() {
    this.ready?.close();
    this.ready = null;
  }

  /** The peer connection of a join. @internal @param {string} codec */
  firstSession(codec) {
    const { ready } = this;
    if (!ready || ready.codec !== codec || ready.sends === this.observes || ready.isGone()) {
      this.prepare({ codec });
    } else if (ready.iceServers !== this.iceServers) { // those of then may have ended
      ready.iceServers = this.iceServers;
      ready.takeIceServers();
    }
    const session = /** @type {Session} */ (this.ready);
    this.ready = null;
    return session;
  }

  /** Joins: one round trip, unless a host has to let us in. @param {JoinOptions} options */
  async join(options) {
    this.withdrew = false;
    this.sources.withheld = false;
    const signal = this.signal?.isOpen() ? /** @type {Signal} */ (this.signal) : await this.openSignal();
    const reply = await this.offerJoin(signal, options);
    return reply.type === 'lobby' ? this.lobby.wait(reply) : reply;
  }

  /**
   * @internal
   * @param {Signal} signal @param {JoinOptions} options
   * @param {boolean} [admitted] from the lobby, where the token was shown
   * @returns {Promise<any>} `joined`, and we are in, or `lobby`
   */
  async offerJoin(signal, options, admitted = false) {
    const { name, codec, consent, seat } = options;
    const session = this.firstSession(codec);
    try {
      const offer = await session.offer();
      const fields = { name, consent, seat, tour: this.tourName, ...offer };
      const joined = admitted ? await signal.request('join', fields) : await this.show(signal, 'join', fields);
      this.joinOptions = options;
      if (joined.type === 'lobby') { // a peer connection must not wait as long
        session.close();
        return joined;
      }
      this.session = session;
      this.transport.watch(session);
      this.transport.lived = false;
      this.enter(joined, true);
      await session.accept(joined.answer, joined.slots);
      return joined;
    } catch (error) {
      this.session = this.session === session ? null : this.session; // who joins twice is in all the same
      session.close();
      throw error;
    }
  }

  /** What is told of us, in the tour or before it. @internal @param {any} message `joined`, `resumed` or `lobby` */
  outside(message) {
    this.me = message.participant;
    this.tour = message.tour;
    this.keepSecret(message);
    this.keepIceServers(message);
  }

  /** @internal @param {any} message `joined`, `resumed`, `renewed` or `lobby` */
  keepSecret(message) {
    this.resumeToken = message.resume ?? this.resumeToken;
    this.renewal.told(message.seat_ends_at);
  }

  /** @internal @param {any} joined a `joined` or `resumed` message @param {boolean} [anew] by a join */
  enter(joined, anew = false) {
    this.outside(joined);
    this.lobby.list(joined.lobby ?? []);
    this.participants = new Map(joined.roster.map((/** @type {Participant} */ p) => [p.id, p]));
    this.reception = new Map(); // told anew, where it is not so
    this.emit('roster', this.roster());
    this.sources.heed();
    this.sources.heedMutes();
    const recorded = joined.tour.recording_paused ? 'paused' : 'on';
    onRecording(this, joined.tour.recording ? recorded : 'off');
    this.ledger.enter(joined, anew);
  }

  /** What the server says by itself. @internal @param {any} message */
  receive(message) {
    told(this, message);
  }

  /** Everyone in the tour, hosts first, then by name. @returns {Participant[]} */
  roster() {
    return [...this.participants.values()].sort(
      (a, b) => Number(b.host) - Number(a.host) || a.name.localeCompare(b.name));
  }

  /** Asks the server who is here, for a page that is not sure; once a second. @returns {Promise<Participant[]>} */
  async refreshRoster() {
    onWholeRoster(this, await this.request('roster'));
    return this.roster();
  }

  /** What somebody may do, oneself if nobody is named. @param {Participant|null} [person] @returns {Capabilities} */
  can(person = this.me) {
    return capabilities(this.tour, person);
  }

  /** Whether we may send it now. @param {SourceKind} kind */
  maySend(kind) {
    return maySend(this.can(), kind);
  }

  /**
   * Starts, replaces or (null) stops what one sends: no renegotiation, no word to the server. Rejects with
   * `forbidden` when we may not send it.
   * @param {SourceKind} kind @param {MediaStreamTrack|null} track
   */
  publish(kind, track) {
    return this.sources.publish(kind, track);
  }

  /** Tells everyone, and has the server stop routing. @param {SourceKind} kind @param {boolean} muted */
  mute(kind, muted) {
    return this.sources.mute(kind, muted);
  }

  /** Takes the consent to be recorded back, or gives it again. @param {boolean} recording */
  async consent(recording) {
    const before = this.withdrew;
    this.withdrew ||= !recording; // also when the answer gets lost
    try {
      await this.request('consent', { recording });
      this.withdrew = !recording;
    } catch (error) {
      this.withdrew = isLost(error) ? this.withdrew : before;
      throw error;
    }
  }

  /** @internal */
  async withdrawAgain() {
    if (this.withdrew) {
      await this.consent(false);
    }
  }

  /** The seat lives longer, by a fresh token of the same person; with `getToken` it is done by itself. @param {string} token */
  renew(token) {
    return this.renewal.renewWith(token);
  }

  /**
   * How well it goes: the link, each source that is sent and each slot. Rates, losses and freezes are those since
   * the last call, so call it every few seconds.
   * @returns {Promise<TourStats>}
   */
  async stats() {
    const { session } = this;
    if (this.reader.of !== session) { // another one counts anew
      this.reader = new StatsReader(session);
    }
    const { reader } = this;
    const report = session ? await session.pc.getStats() : new Map();
    return reader.read(/** @type {Map<string, any>} */ (report), { senders: session?.senders ?? new Map(),
      slots: session?.slots.values() ?? [], down: session !== null && this.transport.isDown() });
  }

  /** Gives the seat up. Nothing is sent from now on, however long the server takes to answer. */
  async leave() {
    this.over = true;
    this.devices.stop();
    for (const kind of this.published.keys()) {
      this.sources.drop(kind);
    }
    await this.signal?.request('leave').catch(() => undefined);
    this.finish('left', 'You left the tour.');
  }

  /** @internal @param {string} code @param {string} message */
  finish(code, message) {
    const first = !this.finished && (!this.over || code === 'left');
    this.over = true;
    this.finished ||= first;
    this.session?.close();
    this.unprepare();
    this.signal?.close();
    this.renewal.stop();
    this.devices.stop();
    this.reconnection.hurry();
    if (first) {
      this.emit('ended', { code, message });
    }
    this.lobby.over((waiting) => waiting.reject(new OrielError(code, message)));
  }
}
