// The Oriel client: joins a tour, publishes, shows slots, survives a lost connection. No
// dependencies. See docs/protocol.md for the messages and docs/client.md for a walk-through.

import { OrielError, Signal } from './signal.js';
import { Ledger } from './ledger.js';
import { LinkWatch } from './link_watch.js';
import { Lobby } from './lobby.js';
import { elsewhere } from './network.js';
import { Renewal } from './renewal.js';
import { capabilities, maySend } from './rights.js';
import { Session } from './session.js';

export { OrielError };

/** @typedef {import('./types.js').Capabilities} Capabilities */
/** @typedef {import('./types.js').Participant} Participant */
/** @typedef {import('./types.js').Slot} Slot */
/** @typedef {import('./types.js').SourceKind} SourceKind */
/** @typedef {import('./types.js').Tour} Tour */
/** @typedef {import('./types.js').Welcome} Welcome */
/** @typedef {{name: string, codec: string, consent?: {recording: boolean, version: string},
 *   seat?: 'ask'|'take_over'|'beside'}} JoinOptions `seat`: what becomes of one's seats on other devices */

const RETRY_FIRST = 300; // [ms] then doubling
const RETRY_MOST = 4000; // [ms]
const OPEN_MOST = 10000; // [ms] for a WebSocket to open
const RETRY_FOR = 60000; // [ms] as long as the server keeps the seat
const ATTEMPT_MOST = 25000; // [ms] of RETRY_FOR, however long the page slept meanwhile
const RESTART_PATIENCE = 250; // [ms] and four round trips: who does not answer by then may not be there
// Codes after which trying again cannot help.
const FINAL = ['seat_taken_over', 'seat_taken', 'seats_full', 'removed', 'tour_ended', 'tour_locked', 'forbidden',
  'token_expired', 'token_revoked'];

// The server is fetching the key that would prove the token, or will in a moment.
const NO_KEY_YET = ['token_key_unknown', 'token_keys_unavailable'];
const SHOW_AGAIN = [1000, 2000, 4000]; // [ms]

// Codes of a WebSocket that went down, said so or not.
const LOST = ['timeout', 'connection_lost'];

/** @param {number} ms */
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Half as long again at most: when the server was away, not everybody comes at once. @param {number} ms */
const spread = (ms) => ms * (1 + Math.random() / 2);

/**
 * Events (all CustomEvents): `roster` (Participant[]), `slot` (Slot), `speaker` (id or null),
 * `recording` ('on'|'off'|'paused'|'failing'), `can` (Capabilities: one's own have changed), `withdrawn` (SourceKind:
 * it may not be sent any more, and is not), `muted` ({source, by}: a host has muted it, and it is not sent any more; by:
 * Participant or null), `link` ('connecting'|'live'|'reconnecting'), `ended`
 * ({code, message}), `tour` (Tour), `ending` ({at, reason}), `lobby`, `admitted` and `waiting` (lobby.js),
 * `entry` (Entry) and `entrieslost` (ledger.js), `back` (in again, after waiting anew in the lobby), `negotiationneeded` (never; a test listens for it).
 */
export class OrielClient extends EventTarget {
  /**
   * `tour` where the token is for any; getToken gives a fresh token of the same person, when one is needed in
   * mid-tour.
   * @param {{url: string, token: string, tour?: string, gallery?: number, audio?: number,
   *   getToken?: (() => Promise<string>)|null}} options
   */
  constructor({ url, token, tour, gallery = 8, audio = 3, getToken = null }) {
    super();
    this.url = url;
    this.token = token;
    this.tourName = tour;
    this.observes = false; // as ops: nothing is sent
    this.renewal = new Renewal(this, getToken);
    this.counts = { gallery, audio };
    /** @type {Signal|null} */
    this.signal = null;
    /** @type {Session|null} */
    this.session = null;
    /** @type {LinkWatch|null} of the session */
    this.link = null;
    this.lived = false; // the session was connected once
    /** @type {Map<string, Participant>} */
    this.participants = new Map();
    /** @type {Participant|null} */
    this.me = null;
    /** @type {Tour|null} */
    this.tour = null;
    /** @type {'on'|'off'|'paused'|'failing'} */
    this.recording = 'off';
    this.lobby = new Lobby(this);
    this.ledger = new Ledger(this);
    this.resumeToken = '';
    /** @type {JoinOptions|null} what to join with again after a restart of the server */
    this.joinOptions = null;
    /** @type {RTCIceServer[]} STUN and TURN servers, as the server told them last */
    this.iceServers = [];
    /** @type {Map<SourceKind, MediaStreamTrack|null>} */
    this.published = new Map();
    /** @type {Set<SourceKind>} by ourselves, not by a host */
    this.ownMutes = new Set();
    this.could = ''; // own capabilities as they were told last
    this.over = false;
    this.restarting = false;
    this.reconnecting = false;
    /** Ends the pause before the next attempt to reconnect. */
    this.hurry = () => {};
  }

  /** @param {string} type @param {any} [detail] */
  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  async openSignal() {
    const signal = new Signal(this.url);
    await signal.open();
    return this.use(signal);
  }

  /** From now on it is the one. @param {Signal} signal open */
  use(signal) {
    signal.addEventListener('message', (e) => {
      if (this.signal === signal) { // an old one may still say that it was taken over
        this.receive(/** @type {CustomEvent} */ (e).detail);
      }
    });
    signal.addEventListener('close', () => {
      if (this.signal === signal && this.joinOptions && !this.over && !this.reconnecting) {
        this.reconnect();
      }
    });
    this.signal = signal;
    return signal;
  }

  /** The tour as seen before joining. @returns {Promise<Welcome>} */
  async look() {
    const open = this.signal?.socket?.readyState === WebSocket.OPEN;
    const signal = open ? /** @type {Signal} */ (this.signal) : await this.openSignal();
    const welcome = await this.show(signal, 'hello', { tour: this.tourName });
    this.observes = welcome.you?.role === 'ops';
    this.keepIceServers(welcome);
    return welcome;
  }

  /**
   * A request that shows the token. Who signs tokens changes keys, and the server may see the first token
   * by a new key before it has the key.
   * @param {Signal} signal @param {string} type @param {object} fields
   */
  async show(signal, type, fields) {
    for (const ms of SHOW_AGAIN) {
      try {
        return await signal.request(type, { token: this.token, ...fields });
      } catch (error) {
        const code = error instanceof OrielError ? error.code : '';
        const fresh = code === 'token_expired' && await this.renewal.freshToken();
        if (!fresh && !NO_KEY_YET.includes(code)) {
          throw error;
        }
      }
      await wait(spread(ms));
    }
    return signal.request(type, { token: this.token, ...fields });
  }

  /** Passwords for TURN end; each answer brings new ones. @param {any} message */
  keepIceServers(message) {
    this.iceServers = message.ice_servers ?? this.iceServers;
    if (this.session) {
      this.session.iceServers = this.iceServers;
    }
  }

  /** Joins: one round trip, unless a host has to let us in. @param {JoinOptions} options */
  async join(options) {
    const open = this.signal?.socket?.readyState === WebSocket.OPEN;
    const signal = open ? /** @type {Signal} */ (this.signal) : await this.openSignal();
    const reply = await this.offerJoin(signal, options);
    return reply.type === 'lobby' ? this.lobby.wait(reply) : reply;
  }

  /**
   * @param {Signal} signal @param {JoinOptions} options
   * @param {boolean} [admitted] from the lobby, where the token was shown
   * @returns {Promise<any>} `joined`, and we are in, or `lobby`
   */
  async offerJoin(signal, options, admitted = false) {
    const { name, codec, consent, seat } = options;
    const session = new Session({ codec, iceServers: this.iceServers, sends: !this.observes, ...this.counts });
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
      this.watch(session);
      this.lived = false;
      this.enter(joined, true);
      await session.accept(joined.answer, joined.slots);
      return joined;
    } catch (error) {
      this.session = null;
      session.close();
      throw error;
    }
  }

  /** What is told of us, in the tour or before it. @param {any} message `joined`, `resumed` or `lobby` */
  outside(message) {
    this.me = message.participant;
    this.tour = message.tour;
    this.keepSecret(message);
    this.keepIceServers(message);
  }

  /** @param {any} message `joined`, `resumed`, `renewed` or `lobby` */
  keepSecret(message) {
    this.resumeToken = message.resume ?? this.resumeToken;
    this.renewal.told(message.seat_ends_at);
  }

  /** @param {any} joined a `joined` or `resumed` message @param {boolean} [anew] by a join */
  enter(joined, anew = false) {
    this.outside(joined);
    this.lobby.list(joined.lobby ?? []);
    this.participants = new Map(joined.roster.map((/** @type {Participant} */ p) => [p.id, p]));
    this.emit('roster', this.roster());
    this.heed();
    this.heedMutes();
    const recorded = joined.tour.recording_paused ? 'paused' : 'on';
    this.onRecording(joined.tour.recording ? recorded : 'off');
    this.ledger.enter(joined, anew);
  }

  /** @param {Session} session */
  watch(session) {
    session.addEventListener('track', (e) =>
      this.emit('slot', /** @type {CustomEvent} */ (e).detail));
    session.addEventListener('negotiationneeded', () => this.emit('negotiationneeded'));
    session.addEventListener('state', (e) => this.session === session
      && this.onTransport(/** @type {CustomEvent} */ (e).detail));
    const link = new LinkWatch(session.pc, () => session.isGone());
    link.addEventListener('silent', () => this.link === link && this.onSilent());
    link.addEventListener('heard', () => this.link === link && this.onHeard());
    link.rtt = this.link?.rtt ?? 0; // until it knows better
    this.link = link;
  }

  onSilent() {
    if (!this.over) {
      this.emit('link', 'reconnecting');
      this.restart();
    }
  }

  onHeard() {
    this.hurry();
    if (!this.over && !this.reconnecting && this.session?.pc.connectionState === 'connected') {
      this.emit('link', 'live');
    }
  }

  /** Nothing comes in, whatever the browser still thinks of its connection. */
  isDown() {
    return this.link?.silent || this.session?.pc.connectionState !== 'connected';
  }

  /** @param {RTCPeerConnectionState} state */
  async onTransport(state) {
    if (this.over) {
      return;
    }
    if (state === 'connected') {
      this.lived = true;
      if (!this.link?.silent) {
        this.emit('link', 'live');
      }
    } else if (state === 'connecting') {
      this.emit('link', this.lived ? 'reconnecting' : 'connecting');
    } else if (state === 'failed' || state === 'disconnected') {
      this.emit('link', 'reconnecting');
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
    const signal = this.signal;
    if (!this.session || !signal || this.over || this.restarting || this.reconnecting || !this.isDown()) {
      return;
    }
    this.restarting = true;
    const answered = this.restartOver(signal);
    try {
      const late = wait(spread(RESTART_PATIENCE) + 4 * (this.link?.rtt ?? 0)).then(() => true);
      if (await Promise.race([answered, late]) && !this.over && !this.reconnecting) {
        this.reconnect(answered);
      }
    } catch (error) {
      const lost = error instanceof OrielError && LOST.includes(error.code) && this.signal === signal;
      if (lost && !this.over && !this.reconnecting) {
        signal.close();
        this.reconnect();
      }
    } finally {
      this.restarting = false;
      answered.catch(() => undefined); // said already, or no news to who reconnects
    }
  }

  /** @param {Signal} signal */
  async restartOver(signal) {
    const { session, reply } = await this.ask(signal, 'restart');
    this.keepIceServers(reply);
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
    const { pc } = /** @type {Session} */ (this.session);
    const gone = this.session?.isGone();
    const realm = gone ? null : await elsewhere(pc);
    if (this.over || this.signal !== signal) {
      realm?.close();
    }
    this.unlessOvertaken(signal);
    let reply;
    try {
      reply = realm || gone ? await this.askAnew(signal, type, fields, realm)
        : await signal.request(type, { ...fields, offer: await /** @type {Session} */ (this.session).restartOffer() });
    } catch (error) {
      if (!(error instanceof OrielError) || error.code !== 'transport_gone' || this.signal !== signal || this.over) {
        throw error;
      }
      reply = await this.askAnew(signal, type, fields);
    }
    this.unlessOvertaken(signal);
    return { session: /** @type {Session} */ (this.session), reply };
  }

  /** @param {Signal} signal */
  unlessOvertaken(signal) {
    if (this.over || this.signal !== signal) {
      throw new OrielError('connection_lost', 'Another connection was faster.');
    }
  }

  /**
   * The session is another one at once: should the answer be lost, it is this one that the server knows.
   * @param {Signal} signal @param {string} type @param {object} fields
   * @param {import('./network.js').Realm|null} [realm]
   */
  async askAnew(signal, type, fields, realm = null) {
    const { codec } = /** @type {JoinOptions} */ (this.joinOptions);
    let session;
    try {
      session = new Session({ codec, iceServers: this.iceServers, realm, sends: !this.observes, ...this.counts });
    } catch (error) { // the one in use stays, and will be found silent again
      realm?.close();
      throw error;
    }
    this.session?.close();
    this.session = session;
    this.watch(session);
    return signal.request(type, { ...fields, ...await session.offer() });
  }

  /** @param {Session} session @param {any} reply */
  async settle(session, reply) {
    if (session.joined) {
      await session.acceptRestart(reply.answer);
      return;
    }
    await session.accept(reply.answer, reply.slots);
    await this.publishAgain();
  }

  async publishAgain() {
    for (const [kind, track] of this.published) {
      await this.session?.publish(kind, track);
    }
  }

  /** @param {Promise<unknown>} [answered] the WebSocket in use may still answer, which ends this */
  async reconnect(answered) {
    this.emit('link', 'reconnecting');
    this.reconnecting = true;
    /** @type {Promise<any>} */
    const never = new Promise(() => {});
    const heard = answered ? answered.then(() => true, () => never) : never;
    let tried = 0; // [ms] awake
    if (!answered) {
      await this.pause(Math.random() * RETRY_FIRST, heard); // it closed, and at the same moment for all
    }
    for (let pause = RETRY_FIRST; tried < RETRY_FOR && !this.over; pause *= 2) {
      const begun = performance.now();
      try {
        // Short at first: a browser may have lost what was under way as the network changed.
        await this.restore(Math.min(2 * pause + 8 * (this.link?.rtt ?? 0), OPEN_MOST), heard);
        this.reconnecting = false;
        if (!this.over && !this.isDown()) {
          this.emit('link', 'live');
        }
        return;
      } catch (error) {
        if (error instanceof OrielError && FINAL.includes(error.code)) {
          this.finish(error.code, error.message);
          return;
        }
        await this.pause(spread(Math.min(pause, RETRY_MOST)) - (performance.now() - begun), heard);
      }
      // A page that slept has not tried: of an attempt that took longer than one can, this much counts.
      tried += Math.min(performance.now() - begun, ATTEMPT_MOST);
    }
    this.finish('connection_lost', 'The connection was lost and could not be restored.');
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
    const old = this.signal;
    const signal = new Signal(this.url);
    const opened = signal.open(patience).then(() => false);
    if (await Promise.race([heard, opened]) || this.over) {
      opened.then(() => signal.close(), () => undefined);
      return;
    }
    this.use(signal);
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
    if (this.session || this.lobby.waiting) {
      try {
        await this.resume(signal);
        return;
      } catch (error) {
        if (!(error instanceof OrielError) || error.code !== 'resume_unknown') {
          throw error;
        }
      }
      this.session?.close();
      this.session = null;
    }
    // Anew beside one's other devices, if there were any, and never in their place: that is for people to say.
    const options = /** @type {JoinOptions} */ (this.joinOptions);
    const reply = await this.offerJoin(signal, { ...options, seat: this.me?.device ? 'beside' : 'ask' });
    if (reply.type === 'joined') {
      this.lobby.over((waiting) => waiting.resolve(reply));
      await this.publishAgain();
    } else if (this.lobby.waiting) {
      this.lobby.told(reply);
    } else { // we were in, and the server does not know of it any more
      this.lobby.wait(reply).then(() => this.publishAgain()).then(() => this.emit('back'), () => undefined);
    }
  }

  /** @param {Signal} signal */
  async resume(signal) {
    const fields = { resume: this.resumeToken, seen: this.ledger.seq };
    if (this.lobby.waiting) {
      await this.resumeWaiting(signal, fields);
      return;
    }
    const dead = this.isDown();
    const { session, reply } = dead ? await this.ask(signal, 'resume', fields)
      : { session: this.session, reply: await signal.request('resume', fields) };
    this.enter(reply);
    // The secret before this one is refused once the server sees that the new one has arrived.
    signal.request('ping').catch(() => undefined);
    if (session?.joined) { // now: a slot that is told while something is awaited is newer
      for (const slot of reply.slots ?? []) {
        this.onSlot(slot);
      }
    }
    if (session && reply.answer) {
      await this.settle(session, reply);
    }
  }

  /** @param {Signal} signal @param {object} fields */
  async resumeWaiting(signal, fields) {
    const reply = await signal.request('resume', fields);
    if (reply.type === 'lobby') {
      this.lobby.told(reply);
      return;
    }
    this.enter(reply); // we are in: it was the answer to that join that got lost
    const { slots, answer } = await this.askAnew(signal, 'restart', {});
    await this.settle(/** @type {Session} */ (this.session), { slots, answer });
    this.lobby.over((waiting) => waiting.resolve(reply));
  }

  /** @param {any} message */
  receive(message) {
    switch (message.type) {
      case 'participant_joined':
      case 'participant_changed':
        this.participants.set(message.participant.id, message.participant);
        if (message.participant.id === this.me?.id) {
          this.me = message.participant;
          this.heed();
        }
        this.emit('roster', this.roster());
        break;
      case 'tour_changed':
        this.tour = { property: this.tour?.property, ...message.tour }; // told only when it is another
        this.heed();
        this.emit('tour', this.tour);
        break;
      case 'muted':
        this.onMuted(message.source, message.by);
        break;
      case 'participant_left':
        this.participants.delete(message.id);
        this.emit('roster', this.roster());
        break;
      case 'slot':
        this.onSlot(message);
        break;
      case 'layers':
        this.session?.setLayers(message.source, message.active);
        break;
      case 'speaker':
        this.emit('speaker', message.participant);
        break;
      case 'recording':
        this.onRecording(message.state);
        break;
      case 'entry':
        this.ledger.receive(message);
        break;
      case 'tour_ending':
        this.emit('ending', { at: message.at, reason: message.reason });
        break;
      case 'tour_ended':
        this.finish('tour_ended', 'The tour has ended.');
        break;
      case 'admitted':
        this.lobby.admitted();
        break;
      case 'lobby_joined':
      case 'lobby_left':
        this.lobby.receive(message);
        break;
      case 'error':
        if (FINAL.includes(message.code)) {
          this.finish(message.code, message.message);
        }
        break;
      default: // A newer server may say more than this client knows.
    }
  }

  /** @param {'on'|'off'|'paused'|'failing'} state */
  onRecording(state) {
    this.recording = state;
    this.emit('recording', state);
  }

  /** @param {{mid: string, participant: string|null, source: SourceKind|null, paused?: boolean}} message */
  onSlot({ mid, participant, source, paused = false }) {
    const slot = this.session?.slots.get(mid);
    if (slot) {
      slot.participant = participant;
      slot.source = source;
      slot.paused = paused;
      this.emit('slot', slot);
    }
  }

  /** Everyone in the tour, hosts first, then by name. @returns {Participant[]} */
  roster() {
    return [...this.participants.values()].sort(
      (a, b) => Number(b.host) - Number(a.host) || a.name.localeCompare(b.name));
  }

  /** What somebody may do, oneself if nobody is named. @param {Participant|null} [person] @returns {Capabilities} */
  can(person = this.me) {
    return capabilities(this.tour, person);
  }

  /** Whether we may send it now. @param {SourceKind} kind */
  maySend(kind) {
    return maySend(this.can(), kind);
  }

  /** What may not be sent any more is stopped: the server passes it on to nobody. */
  heed() {
    const can = this.can();
    for (const [kind, track] of this.published) {
      if (track && !maySend(can, kind)) {
        this.drop(kind);
        this.emit('withdrawn', kind);
      }
    }
    const text = JSON.stringify(can);
    if (text !== this.could) {
      this.could = text;
      this.emit('can', can);
    }
  }

  /** A host may have muted us while we were away. */
  heedMutes() {
    for (const [kind, track] of this.published) {
      if (track && this.me?.sources?.[kind] === 'muted' && !this.ownMutes.has(kind)) {
        this.onMuted(kind, null);
      }
    }
  }

  /** @param {SourceKind} source @param {string|null} by */
  onMuted(source, by) {
    this.drop(source);
    this.emit('muted', { source, by: (by && this.participants.get(by)) || null });
  }

  /** @param {SourceKind} kind */
  drop(kind) {
    this.published.set(kind, null);
    this.session?.publish(kind, null).catch(() => undefined); // a session that is closed sends nothing
  }

  /** Rejects with `forbidden` when we may not send it. @param {SourceKind} kind @param {MediaStreamTrack|null} track */
  async publish(kind, track) {
    if (track && !this.maySend(kind)) {
      throw new OrielError('forbidden', `You may not send your ${kind} in this tour.`);
    }
    this.published.set(kind, track);
    await this.session?.publish(kind, track);
  }

  /** Tells everyone, and has the server stop routing. @param {SourceKind} kind @param {boolean} muted */
  mute(kind, muted) {
    this.ownMutes[muted ? 'add' : 'delete'](kind);
    return this.signal?.request('mute', { kind, muted });
  }

  /** Hosts: mutes somebody else, who alone can unmute it. @param {string} participant @param {SourceKind} kind */
  muteOther(participant, kind) {
    return this.signal?.request('mute', { participant, kind, muted: true });
  }

  /** Hosts: mutes all guests but these. @param {SourceKind} kind @param {string[]} [except] */
  muteAll(kind, except = []) {
    return this.signal?.request('mute_all', { kind, except });
  }

  /**
   * Hosts: what guests may from now on, of what is named; without `participants` all guests, those to come too.
   * @param {Partial<Capabilities>} can @param {{participants?: string[], except?: string[]}} [whom]
   */
  allow(can, { participants, except } = {}) {
    return this.signal?.request('allow', { participants, except, can });
  }

  /** @param {string|null} participant */
  pin(participant) {
    return this.signal?.request('pin', { participant });
  }

  /** Hosts: whom all see on the stage; null: nobody in particular. @param {string|null} participant */
  spotlight(participant) {
    return this.signal?.request('spotlight', { participant });
  }

  /** Agents: recording on or off, or on but paused. @param {boolean} on @param {boolean} [paused] */
  record(on, paused = false) {
    return this.signal?.request('record', { on, paused });
  }

  /** Agents: removes somebody, who cannot come back with the same link. @param {string} participant */
  remove(participant) {
    return this.signal?.request('remove', { participant });
  }

  /** Hosts: lets in who waits, all or these. @param {string[]} [participants] */
  admit(participants) {
    return this.signal?.request('admit', { participants });
  }

  /** Says something to all, or to hosts alone. @param {string} text @param {'hosts'} [to] */
  chat(text, to) {
    return this.signal?.request('chat', { text, to });
  }

  /** @param {string} text */
  askQuestion(text) {
    return this.signal?.request('ask', { text });
  }

  /**
   * Hosts: the question was answered, or put aside.
   * @param {string} question "q3" @param {'answered'|'dismissed'} [state] @param {string} [text]
   */
  answer(question, state = 'answered', text = undefined) {
    return this.signal?.request('answer', { question, state, text });
  }

  /** Raises or lowers the hand; hosts lower those of others. @param {boolean} up @param {string} [participant] */
  hand(up, participant) {
    return this.signal?.request('hand', { up, participant });
  }

  /** @param {'thumbs_up'|'heart'|'clap'|'laugh'|'wow'|'question'} reaction */
  react(reaction) {
    return this.signal?.request('react', { reaction });
  }

  /** Points to a place in a picture, or, without one, no more. @param {{x: number, y: number, source?: string}} [place] */
  point(place) {
    return this.signal?.request('point', place ?? {});
  }

  /** Hosts: what is seen from now on. @param {string} title */
  chapter(title) {
    return this.signal?.request('chapter', { title });
  }

  /** Hosts: what all are to see, as the pages agree; null: as they like. @param {object|null} view */
  follow(view) {
    return this.signal?.request('follow', { view });
  }

  /** Takes back what one has said; hosts what anybody has. @param {number} seq */
  retract(seq) {
    return this.signal?.request('retract', { seq });
  }

  /** Agents: ends the tour for everyone. */
  end() {
    return this.signal?.request('end');
  }

  async leave() {
    this.over = true;
    await this.signal?.request('leave').catch(() => undefined);
    this.finish('left', 'You left the tour.');
  }

  /** @param {string} code @param {string} message */
  finish(code, message) {
    const first = !this.over || code === 'left';
    this.over = true;
    this.session?.close();
    this.signal?.close();
    this.renewal.stop();
    this.hurry();
    if (first) {
      this.emit('ended', { code, message });
    }
    this.lobby.over((waiting) => waiting.reject(new OrielError(code, message)));
  }
}
