// The check of all of a recording: ordered here, made by the server, looked at while it runs.

import { define, Part } from '../parts/element.js';
import { labelsOf } from './tracks.js';
import { problemWords } from './problems.js';
import { isChecking, proofCheck } from './proof_check.js';

/** @typedef {import('./recordings_api.js').Verification} Verification */
/** @typedef {import('./recordings_api.js').Finding} Finding */

const LOOK_MS = 1000;
const PIECES = 500; // of one page, from the first that was found on: what is further away is said by its number
const PLACES = 10; // parts of tracks that are asked for

/** @param {Finding} f */
const partOf = (f) => `${f.track}/${f.epoch}`;

export class VerificationPart extends Part {
  static properties = { api: { attribute: false }, recording: { attribute: false }, check: { state: true }, problem: { state: true },
    ordering: { state: true }, moments: { state: true } };

  constructor() {
    super();
    /** @type {import('./recordings_api.js').RecordingsApi} */
    this.api = /** @type {any} */ (null);
    /** @type {import('./recordings_api.js').Recording} */
    this.recording = /** @type {any} */ (null);
    /** @type {Verification|null} */
    this.check = null;
    this.problem = '';
    this.ordering = false;
    /** @type {Map<string, number>} when a piece is in the recording [s] */
    this.moments = new Map();
    this.looks = 0; // number of the last question: what an earlier one is answered does not count
  }

  connectedCallback() {
    super.connectedCallback();
    this.take(() => this.api.verification(this.recording.id));
    this.every(LOOK_MS, () => isChecking(this.check) && !this.ordering && this.take(() => this.api.verification(this.recording.id)));
  }

  /** @param {() => Promise<Verification>} ask */
  async take(ask) {
    const look = ++this.looks;
    try {
      const check = await ask();
      if (look === this.looks && this.isConnected) {
        this.check = check;
        this.problem = '';
        await this.findPlaces(check);
      }
    } catch (error) {
      this.problem = look === this.looks ? problemWords(error) : this.problem;
    }
  }

  async order() {
    this.ordering = true;
    await this.take(() => this.api.verify(this.recording.id));
    this.ordering = false;
  }

  /** When in the recording the pieces are that are not as they were: the catalogue knows. @param {Verification} check */
  async findPlaces(check) {
    const media = check.findings.filter((f) => f.kind === 'media' && !this.moments.has(`${partOf(f)}/${f.segment}`));
    const parts = new Map(media.map((f) => [partOf(f), f]));
    for (const f of [...parts.values()].slice(0, PLACES)) {
      const first = Math.min(...media.filter((m) => partOf(m) === partOf(f)).map((m) => m.segment ?? 0));
      const page = await this.api.segments(this.recording.id, f, first, PIECES).catch(() => null);
      page?.segments.forEach(({ number, start_ms }) => this.moments.set(`${partOf(f)}/${number}`, (page.epoch_start_ms + start_ms) / 1000));
    }
    this.moments = new Map(this.moments);
  }

  /** @param {Finding} f */
  placeOf(f) {
    const track = labelsOf(this.recording.tracks).get(f.track ?? '') ?? '';
    return { track, at: this.moments.get(`${partOf(f)}/${f.segment}`) ?? -1 };
  }

  render() {
    return proofCheck({ recording: this.recording, check: this.check, problem: this.problem, ordering: this.ordering,
      placeOf: (f) => this.placeOf(f), order: () => this.order() });
  }
}

define('oriel-verification', VerificationPart);
