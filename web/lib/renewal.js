// A seat can be resumed until its end, which the server tells; a fresh token moves that. The page says
// where tokens come from, for the library knows no accounts.

/** @typedef {import('./oriel.js').OrielClient} OrielClient */

const LEFT = 0.1; // of the time until the end, when it is time to renew
const SOONEST = 1000; // [ms] however near the end is: clocks differ
const AGAIN = 60000; // [ms] after an attempt that failed
const LONGEST = 2 ** 31 - 1; // [ms] that a timer can wait

export class Renewal {
  /** @param {OrielClient} client @param {(() => Promise<string>)|null} getToken */
  constructor(client, getToken) {
    this.client = client;
    this.getToken = getToken;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.timer = undefined;
  }

  /** The server said when the seat ends. @param {string|undefined} at RFC 3339 */
  told(at) {
    if (at) {
      this.after(Math.max(SOONEST, (Date.parse(at) - Date.now()) * (1 - LEFT)));
    }
  }

  /** @param {number} ms */
  after(ms) {
    this.stop();
    if (this.getToken && !this.client.over) {
      this.timer = setTimeout(() => this.renew(), Math.min(ms, LONGEST));
    }
  }

  stop() {
    clearTimeout(this.timer);
  }

  /** A token that is still good, where there is one to be had. @returns {Promise<boolean>} */
  async freshToken() {
    const token = await this.getToken?.();
    this.client.token = token || this.client.token;
    return Boolean(token);
  }

  async renew() {
    try {
      await this.freshToken();
      await this.renewWith(this.client.token);
    } catch (error) { // the seat lives on; there is time
      console.warn('The seat could not be renewed yet.', error);
      this.after(AGAIN);
    }
  }

  /** @param {string} token of the same person */
  async renewWith(token) {
    const { client } = this;
    const renewed = await client.request('renew', { token });
    client.token = token;
    client.keepSecret(renewed);
    client.keepIceServers(renewed);
    // As after `resumed`: the secret before this one works until the server hears from us.
    client.request('ping').catch(() => undefined);
  }
}
