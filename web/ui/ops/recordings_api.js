// The recordings part of the HTTP API (docs/api.md), as ops staff see it.

/**
 * @typedef {object} RecordingSummary
 * @property {string} id
 * @property {string} tour
 * @property {string} title
 * @property {string} started RFC 3339
 * @property {string|null} ended
 * @property {number} duration_ms
 * @property {string} state recording, complete, interrupted ...
 * @property {number} bytes
 * @property {string[]} participants
 */
/** @typedef {{recordings: RecordingSummary[], next: string|null, previous: string|null}} Page */
/** @typedef {{number: number, start_ms: number, duration_ms: number, bytes: number}} Epoch */
/** @typedef {{id: string, kind: string, participant: string|null, codec: string, epochs: Epoch[],
 *   erased?: boolean}} Track */
/** @typedef {RecordingSummary & {tracks: Track[]}} Recording */

export class RecordingsApi {
  /** @param {string} token */
  constructor(token) {
    this.token = token;
  }

  /** @param {string} path @param {string} [method] */
  async call(path, method = 'GET') {
    let response;
    try {
      response = await fetch(path, { method, credentials: 'same-origin',
        headers: { authorization: `Bearer ${this.token}` } });
    } catch {
      throw new Error('The server cannot be reached. Check your connection and try again.');
    }
    if (!response.ok) {
      const problem = await response.json().catch(() => ({}));
      throw new Error(problem.detail || problem.title || `The server answered ${response.status}.`);
    }
    return response.status === 204 ? null : response.json();
  }

  /**
   * One page, newest first.
   * @param {string} [words] of tour, title or a participant's name, or their beginnings
   * @param {string|null} [after] `next` of the page before
   * @returns {Promise<Page>}
   */
  list(words = '', after = null) {
    const query = new URLSearchParams();
    if (words) {
      query.set('q', words);
    }
    if (after) {
      query.set('after', after);
    }
    return this.call(`/v1/recordings?${query}`);
  }

  /** @param {string} id @returns {Promise<Recording>} */
  get(id) {
    return this.call(`/v1/recordings/${id}`);
  }

  /**
   * Lets this browser's <video> fetch the recording, by a cookie of its own. It does not last: whoever
   * watches asks again before the seconds it answers with are over.
   * @param {string} id @returns {Promise<number>}
   */
  async unlock(id) {
    return (await this.call(`/v1/recordings/${id}/playback`, 'POST')).expires_s;
  }

  /** @param {string} id @param {string} track @param {number} epoch */
  mediaUrl(id, track, epoch) {
    return `/v1/recordings/${id}/${track}/${epoch}.webm`;
  }
}
