// A tour as one page sees it: what the client has told, kept so that views can draw it at any moment. Views listen to
// `changed`, which comes once for all that happens together, and to `say`, a sentence for the person.

import { OwnSources } from './own_sources.js';
import { errorWords } from './problems.js';
import { timeOfDay } from '../words/format.js';
import { t } from '../words/words.js';

/** @typedef {import('../../lib/oriel.js').OrielClient} OrielClient */
/** @typedef {import('../../lib/types.js').Entry} Entry */
/** @typedef {import('../../lib/types.js').Participant} Participant */
/** @typedef {import('../../lib/types.js').Slot} Slot */
/** @typedef {import('../../lib/types.js').SourceKind} SourceKind */

/**
 * A question with what became of it.
 * @typedef {{id: string, seq: number, name: string, mine: boolean, text: string,
 *   state: 'open'|'answered'|'dismissed', answer: string}} Question
 */

export class TourModel extends EventTarget {
  /** @param {OrielClient} client @param {Partial<import('./own_sources.js').Tracks>} tracks */
  constructor(client, tracks = {}) {
    super();
    this.client = client;
    this.own = new OwnSources(client, tracks);
    /** @type {'connecting'|'live'|'reconnecting'} */
    this.link = 'connecting';
    /** @type {Participant[]} */
    this.people = [];
    /** @type {Participant[]} who waits to be let in, for hosts */
    this.waiting = [];
    /** @type {string|null} */
    this.speaker = null;
    /** @type {Map<string, Slot>} by mid */
    this.slots = new Map();
    /** @type {import('../../lib/types.js').RecordingState} */
    this.recording = 'off';
    /** @type {number|null} when this page saw the recording begin, for the time it shows [ms, as Date.now] */
    this.recordingSince = null;
    /** it has begun while we were here, and we have not said that we know */
    this.recordingNews = false;
    /** what is being written, and to whom: a tab that is left keeps it @type {{text: string, to: 'host'|'all'}} */
    this.draft = { text: '', to: 'host' };
    this.told = false;
    this.ledBy = ''; // the name, for who comes back from a server that was down has another id
    this.listen();
  }

  get tour() {
    return this.client.tour;
  }

  get me() {
    return this.client.me;
  }

  /** We lead, or help to. */
  get isHost() {
    return Boolean(this.me?.host);
  }

  get isAgent() {
    return this.me?.role === 'agent';
  }

  /** Who leads the tour, if he is in. @returns {Participant|null} */
  get lead() {
    return this.person(this.tour?.lead) ?? this.people.find((p) => p.host) ?? null;
  }

  /** What is said by us may be kept. */
  get recordsMe() {
    return Boolean(this.client.joinOptions?.consent?.recording) && !this.client.withdrew;
  }

  /** Since when the recording runs: by our own clock where we saw it begin, else as it is told [ms, as Date.now]. */
  get recordedSince() {
    return this.recordingSince ?? (Date.parse(this.tour?.recording_since ?? '') || null);
  }

  /** So long the recording runs [s]. */
  get recordedFor() {
    return this.recordedSince === null ? null : Math.max(0, Date.now() - this.recordedSince) / 1000;
  }

  /** @param {string|null|undefined} id */
  person(id) {
    return this.client.participants.get(id ?? '') ?? null;
  }

  /** @param {string|null|undefined} id */
  nameOf(id) {
    return this.person(id)?.name ?? '';
  }

  /** The slot of the main picture. */
  get stage() {
    return [...this.slots.values()].find((slot) => slot.kind === 'stage') ?? null;
  }

  get gallery() {
    return [...this.slots.values()].filter((slot) => slot.kind === 'gallery' && slot.participant)
      .sort((a, b) => a.index - b.index);
  }

  get voices() {
    return [...this.slots.values()].filter((slot) => slot.kind === 'audio');
  }

  /** What was said to all, oldest first, without what was taken back. @returns {Entry[]} */
  get chat() {
    return this.client.ledger.entries.filter((entry) => entry.kind === 'chat' && entry.text !== undefined);
  }

  /** @returns {Question[]} */
  get questions() {
    const { entries } = this.client.ledger;
    const answers = new Map(entries.filter((e) => e.kind === 'answer').map((e) => [e.question, e])); // the last one counts
    return entries.filter((e) => e.kind === 'question' && e.text !== undefined).map((e) => {
      const answer = answers.get(e.question);
      return { id: e.question ?? '', seq: e.seq, name: e.name ?? this.nameOf(e.from), mine: e.from === this.me?.id,
        text: e.text ?? '', state: answer?.state ?? 'open', answer: answer?.text ?? '' };
    });
  }

  /** The rooms that were shown, in their order; the last one is where we are. */
  get chapters() {
    return this.client.ledger.entries.filter((entry) => entry.kind === 'chapter');
  }

  get handIsUp() {
    return Boolean(this.me?.hand);
  }

  /** Draw again. Many calls at a time are one. */
  changed() {
    if (!this.told) {
      this.told = true;
      queueMicrotask(() => {
        this.told = false;
        this.dispatchEvent(new Event('changed'));
      });
    }
  }

  /** @param {string} text */
  say(text) {
    this.dispatchEvent(new CustomEvent('say', { detail: text }));
  }

  /** Does what may be refused, and says so then. @template T @param {() => Promise<T>|undefined} run @returns {Promise<T|undefined>} */
  async attempt(run) {
    try {
      return await run();
    } catch (error) {
      this.say(errorWords(error));
      return undefined;
    }
  }

  listen() {
    const { client } = this;
    this.own.addEventListener('changed', () => this.changed());
    this.own.addEventListener('say', (e) => this.say(/** @type {CustomEvent} */ (e).detail));
    client.on('slot', (slot) => {
      this.slots.set(slot.mid, slot);
      this.changed();
    });
    client.on('speaker', (id) => this.set({ speaker: id }));
    client.on('link', (link) => this.set({ link }));
    client.on('recording', (state) => this.onRecording(state));
    client.on('waiting', (people) => this.onWaiting(people));
    client.on('roster', (people) => {
      this.onLead();
      this.set({ people });
    });
    client.on('ending', ({ at, reason }) => this.say(t(reason === 'maintenance' ? 'tour.ends_at.maintenance' : 'tour.ends_at', { time: timeOfDay(at) })));
    client.on('muted', ({ source, by }) => this.say(t(`tour.muted.${source}`, { name: by?.name ?? t('a_host') })));
    client.on('withdrawn', (source) => this.say(t(`tour.withdrawn.${source}`)));
    client.on('tour', () => this.onLead());
    for (const event of /** @type {const} */ (['tour', 'can', 'entry', 'entrieslost'])) {
      client.on(event, () => this.changed());
    }
  }

  /** @param {Partial<TourModel>} fields */
  set(fields) {
    Object.assign(this, fields);
    this.changed();
  }

  /** Another one leads from now on: what is on the stage is that one's. Of who is not known yet it is said once he is. */
  onLead() {
    const name = this.nameOf(this.tour?.lead);
    if (name && this.ledBy && name !== this.ledBy && this.tour?.lead !== this.me?.id) {
      this.say(t('tour.leads', { name }));
    }
    this.ledBy = name || this.ledBy;
  }

  /** @param {import('../../lib/types.js').RecordingState} state */
  onRecording(state) {
    const begins = state !== 'off' && this.recording === 'off' && this.link !== 'connecting'; // else it ran before we came
    if (state === 'off') {
      this.recordingSince = null;
      this.recordingNews = false;
    } else if (begins) {
      this.recordingSince = this.link === 'live' ? Date.now() : null; // or it began while we were away
      this.recordingNews = !this.isHost;
    }
    this.set({ recording: state });
  }

  /** Whether we may be recorded, from now on. @param {boolean} given */
  async setConsent(given) {
    await this.attempt(async () => {
      await this.client.consent(given);
      this.dispatchEvent(new CustomEvent('consent', { detail: given }));
      this.say(t(given ? 'more.me_done' : 'more.not_me_done'));
    });
    this.set({ recordingNews: false });
  }

  /** @param {Participant[]} people */
  onWaiting(people) {
    const known = new Set(this.waiting.map((p) => p.id));
    for (const person of people.filter((p) => !known.has(p.id))) {
      this.say(t('people.waits', { name: person.name }));
    }
    this.set({ waiting: people });
  }
}
