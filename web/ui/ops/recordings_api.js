// The part of the HTTP API (docs/api.md) that operations staff need: recordings, and the tours that run.

/**
 * @typedef {object} RecordingSummary
 * @property {string} id
 * @property {string} tour
 * @property {string} title
 * @property {string|null} started RFC 3339
 * @property {string|null} ended
 * @property {number} duration_ms
 * @property {string} state recording, complete, interrupted ...
 * @property {boolean} [failing] it is being made, and cannot be written now
 * @property {string} [damage] the object that cannot be read, or "keys"
 * @property {number} bytes
 * @property {string[]} participants
 */
/** @typedef {{recordings: RecordingSummary[], next: string|null, previous: string|null}} Page */
/** @typedef {{number: number, start_ms: number, duration_ms: number, bytes: number, width: number, height: number}} Epoch */
/** What was taken out for ever. @typedef {{track: string, from_ms: number, to_ms: number}} Removed */
/** @typedef {{id: string, kind: string, participant: string|null, codec: string, epochs: Epoch[],
 *   erased?: boolean, sealed?: boolean, redacted?: Removed[]}} Track `redacted`: of it, as the recording has it of all */
/** @typedef {Record<string, any> & {t_ms: number, type: string}} Happening */
/** @typedef {RecordingSummary & {tracks: Track[], events: Happening[], redacted?: Removed[]}} Recording */
/** @typedef {{tracks: string[], from_ms: number, to_ms: number, reason: string}} Redaction */
/** @typedef {{name: string, title: string, state: string, began_at: string|null, participants: number, waiting: number,
 *   recording: boolean, recording_paused: boolean, recording_failing: boolean, lead: string|null}} Tour */
/** Of the audit log: docs/audit.md. @typedef {{n: number, at: string, what: string, outcome: string, code?: string, sub?: string,
 *   role?: string, name?: string, participant?: string, detail?: string, count?: number, first?: string}} Act */
/** @typedef {{object: string, what: string, problem: string, kind?: string, track?: string, epoch?: number, segment?: number}} Finding */
/** @typedef {{state: 'none'|'waiting'|'running'|'done'|'failed', permille: number, ordered: string|null, ended: string|null,
 *   result: 'ok'|'damaged'|'shredded'|null, opened: boolean, error?: string, findings: Finding[], findings_left_out: number}} Verification */
/** @typedef {{epoch_start_ms: number, segments: {number: number, start_ms: number}[]}} Segments */
/** @typedef {{number: number, state: string, layout: string, permille?: number, created?: string, bytes?: number}} Export */
/** @typedef {{held: boolean, since?: string, by?: string, reason?: string}} Hold */
/** @typedef {{q?: string, person?: string, state?: string, from?: string, to?: string}} Filters */

/** Of /ready; the key is made with the first recording. */
const FINE = ['ok', 'off', 'unknown yet', 'no signing key yet'];
const MOST_TOURS = 2000; // more nobody looks at

export class ApiError extends Error {
  /** @param {string} code @param {string} message @param {number} [status] */
  constructor(code, message, status = 0) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** Tells `refused` when the token is not accepted any more: nothing else will work either. */
export class RecordingsApi extends EventTarget {
  /** @param {string} token */
  constructor(token) {
    super();
    this.token = token;
    this.refused = ''; // the code
  }

  /** @param {Response} response @returns {Promise<ApiError>} */
  async problemOf(response) {
    const problem = await response.json().catch(() => ({}));
    const code = String(problem.code ?? '');
    if (response.status === 401 && !this.refused) {
      this.refused = code || 'token';
      this.dispatchEvent(new Event('refused'));
    }
    return new ApiError(code, String(problem.detail || problem.title || response.status), response.status);
  }

  /** @param {string} path @param {string} [method] @param {object} [body] @returns {Promise<any>} */
  async call(path, method = 'GET', body = undefined) {
    /** @type {Record<string, string>} */
    const headers = { authorization: `Bearer ${this.token}` };
    if (body) {
      headers['content-type'] = 'application/json';
    }
    let response;
    try {
      response = await fetch(path, { method, credentials: 'same-origin', headers, body: body && JSON.stringify(body) });
    } catch {
      throw new ApiError('unreachable', '');
    }
    if (!response.ok) {
      throw await this.problemOf(response);
    }
    return response.headers.get('content-type')?.includes('json') ? response.json() : null;
  }

  /**
   * One page, newest first.
   * @param {Filters} filters @param {string|null} [after] `next` of the page before @param {number} [limit]
   * @returns {Promise<Page>}
   */
  list(filters, after = null, limit = 50) {
    const asked = Object.entries({ ...filters, after, limit }).filter(([, value]) => value);
    return this.call(`/v1/recordings?${new URLSearchParams(asked.map(([k, v]) => [k, String(v)]))}`);
  }

  /** @param {string} id @returns {Promise<Recording>} */
  async get(id) {
    const recording = await this.call(`/v1/recordings/${encodeURIComponent(id)}`);
    for (const track of recording.tracks) {
      track.redacted = (recording.redacted ?? []).filter((/** @type {Removed} */ r) => r.track === track.id);
    }
    return recording;
  }

  /**
   * Lets this browser's <video> fetch the recording, by a cookie of its own. It does not last: whoever
   * watches asks again before the seconds it answers with are over.
   * @param {string} id @returns {Promise<number>}
   */
  async unlock(id) {
    return (await this.call(`/v1/recordings/${id}/playback`, 'POST')).expires_s;
  }

  /**
   * A browser that has a file asks for it no more, as long as its address is the same. So one that grows has its length in
   * it, and one of which something was removed how often that was, which says nothing to the server.
   * @param {string} id @param {string} track @param {number} epoch @param {number} [end] [s] of what grows @param {number} [removed]
   */
  mediaUrl(id, track, epoch, end = 0, removed = 0) {
    return `/v1/recordings/${id}/${track}/${epoch}.webm${end ? `?end=${end}` : removed ? `?removed=${removed}` : ''}`;
  }

  /** Why a file does not play. @param {string} url @returns {Promise<string>} a code, '' when it is there */
  async mediaProblem(url) {
    try {
      const response = await fetch(url, { headers: { authorization: `Bearer ${this.token}`, range: 'bytes=0-0' } });
      return response.ok ? '' : (await this.problemOf(response)).code;
    } catch {
      return 'unreachable';
    }
  }

  /** @param {string} id @returns {Promise<{state: string, thumbnails: {number: number, t_ms: number}[]}>} */
  thumbnails(id) {
    return this.call(`/v1/recordings/${id}/thumbnails`);
  }

  /** @param {string} id @param {string} track @returns {Promise<ArrayBuffer>} */
  async waveform(id, track) {
    const response = await fetch(`/v1/recordings/${id}/tracks/${track}/waveform`, { headers: { authorization: `Bearer ${this.token}` } });
    if (!response.ok) {
      throw await this.problemOf(response);
    }
    return response.arrayBuffer();
  }

  /** @param {string} id @returns {Promise<Export[]>} */
  async exports(id) {
    return (await this.call(`/v1/recordings/${id}/exports`)).exports;
  }

  /** @param {string} id @param {'faces'|'stage'} layout @returns {Promise<Export>} */
  makeExport(id, layout) {
    return this.call(`/v1/recordings/${id}/exports`, 'POST', { layout });
  }

  /** @param {string} id @param {number} n */
  removeExport(id, n) {
    return this.call(`/v1/recordings/${id}/exports/${n}`, 'DELETE');
  }

  /** How the check of all of it goes, or went. @param {string} id @returns {Promise<Verification>} */
  verification(id) {
    return this.call(`/v1/recordings/${id}/verify`);
  }

  /** @param {string} id @returns {Promise<Verification>} */
  verify(id) {
    return this.call(`/v1/recordings/${id}/verify`, 'POST');
  }

  /** Pieces of a part of a track, from this one on. @param {string} id @param {{track?: string, epoch?: number}} part @param {number} from
   *  @param {number} limit @returns {Promise<Segments>} */
  segments(id, { track, epoch }, from, limit) {
    return this.call(`/v1/recordings/${id}/${track}/${epoch}/segments?limit=${limit}${from > 0 ? `&after=${from - 1}` : ''}`);
  }

  /** @param {string} id @returns {Promise<Hold>} */
  hold(id) {
    return this.call(`/v1/recordings/${id}/hold`);
  }

  /** @param {string} id @param {string} reason '' releases it */
  setHold(id, reason) {
    return this.call(`/v1/recordings/${id}/hold`, reason ? 'POST' : 'DELETE', reason ? { reason } : undefined);
  }

  /** For ever. @param {string} id @param {string} [person] only that one in it */
  shred(id, person) {
    return this.call(`/v1/recordings/${id}${person ? `/participants/${person}` : ''}`, 'DELETE');
  }

  /** Some time of some tracks, for ever. @param {string} id @param {Redaction} what */
  redact(id, what) {
    return this.call(`/v1/recordings/${id}/redactions`, 'POST', what);
  }

  /** How recordings are kept; only for who sees all tours. */
  status() {
    return this.call('/v1/recordings/status');
  }

  /** Who signs recordings here. */
  async signer() {
    return (await this.call('/v1/recordings/keys')).keys.find((/** @type {any} */ key) => key.current) ?? null;
  }

  /**
   * What is not well, by the names of /ready, and until when the tours that run may go on, while the server is being
   * emptied (RFC 3339, or '').
   * @returns {Promise<{alarms: string[], deadline: string}>}
   */
  async condition() {
    const response = await fetch('/ready'); // 503 has them, too
    const { checks, deadline } = await response.json();
    const alarms = ['recorder', 'store', 'keys', 'quota', 'retention', 'audit']
      .filter((part) => checks?.[part] && !FINE.some((word) => checks[part].startsWith(word)));
    return { alarms, deadline: String(deadline ?? '') };
  }

  /** All tours that somebody is in, or waits for, whoever made them. @returns {Promise<Tour[]>} */
  async running() {
    /** @type {Tour[]} */
    const tours = [];
    for (let after = ''; after !== null && tours.length < MOST_TOURS;) {
      const page = await this.call(`/v1/tours?running=true&limit=500${after && `&after=${encodeURIComponent(after)}`}`);
      tours.push(...page.tours);
      after = page.next;
    }
    return tours.filter((tour) => tour.participants > 0 || tour.waiting > 0);
  }

  /** Who looked at it and did something with it, newest first. @param {string} id @param {string|null} after
   *  @returns {Promise<{records: Act[], next: string|null, damaged?: boolean}>} */
  access(id, after) {
    return this.call(`/v1/recordings/${id}/access?limit=50${after ? `&after=${encodeURIComponent(after)}` : ''}`);
  }
}
