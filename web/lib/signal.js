// One WebSocket of protocol oriel.v1: requests that await their reply, and events.

import { OrielError } from './errors.js';

const OPEN_TIMEOUT = 10000; // [ms] as far as nobody says less
const REQUEST_TIMEOUT = 15000; // [ms] a reply that takes longer is treated as a lost connection

/**
 * Events: `message` (detail: the message) for everything that is not a reply, `close` (detail:
 * {code, reason}) once when the connection is gone.
 */
export class Signal extends EventTarget {
  /** @param {string} url ws: or wss: URL of /v1/signal */
  constructor(url) {
    super();
    this.url = url;
    /** @type {WebSocket|null} */
    this.socket = null;
    this.nextId = 1;
    /** @type {Map<number, {resolve: (m: any) => void, reject: (e: Error) => void, timer: any}>} */
    this.waiting = new Map();
  }

  /**
   * Connects; rejects when the server cannot be reached.
   * @param {number} [patience] [ms] a network that is away swallows what is sent
   */
  open(patience = OPEN_TIMEOUT) {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(this.url, 'oriel.v1');
      const timer = setTimeout(() => {
        socket.close();
        reject(new OrielError('unreachable', 'The server cannot be reached.'));
      }, patience);
      this.socket = socket;
      socket.onopen = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
      socket.onmessage = (event) => this.receive(event.data);
      socket.onclose = (event) => {
        clearTimeout(timer);
        reject(new OrielError('unreachable', 'The server cannot be reached.'));
        this.failAll(new OrielError('connection_lost', 'The connection was lost.'));
        this.dispatchEvent(new CustomEvent('close', { detail: { code: event.code } }));
      };
    });
  }

  isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** @param {string} text */
  receive(text) {
    const message = JSON.parse(text);
    const waiter = message.re === undefined ? undefined : this.waiting.get(message.re);
    if (!waiter) {
      this.dispatchEvent(new CustomEvent('message', { detail: message }));
      return;
    }
    this.waiting.delete(message.re);
    clearTimeout(waiter.timer);
    if (message.type === 'error') {
      waiter.reject(new OrielError(message.code, message.message, message));
    } else {
      waiter.resolve(message);
    }
  }

  /**
   * Sends a request and resolves with its reply.
   * @param {string} type @param {object} [fields]
   * @returns {Promise<any>}
   */
  request(type, fields = {}) {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      if (!this.socket || !this.isOpen()) {
        reject(new OrielError('connection_lost', 'The connection was lost.'));
        return;
      }
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new OrielError('timeout', 'The server did not answer.'));
      }, REQUEST_TIMEOUT);
      this.waiting.set(id, { resolve, reject, timer });
      this.socket.send(JSON.stringify({ type, id, ...fields }));
    });
  }

  /** @param {Error} error */
  failAll(error) {
    for (const { reject, timer } of this.waiting.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.waiting.clear();
  }

  close() {
    this.socket?.close(1000);
  }
}
