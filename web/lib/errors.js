// What goes wrong, by stable codes: those of docs/protocol.md, and the library's own.

/** An error the server named, or one of ours: `code` is stable, `message` is for people. */
export class OrielError extends Error {
  /** @param {string} code @param {string} message @param {{field?: string, detail?: string}} [more] as the server told */
  constructor(code, message, { field, detail } = {}) {
    super(message);
    this.name = 'OrielError';
    /** stable, for programs */
    this.code = code;
    /** which field of a request was wrong, where it was one */
    this.field = field;
    /** what about an offer was wrong, or how many seats there are */
    this.detail = detail;
  }
}

/** Codes after which trying again cannot help. */
const FINAL = ['seat_taken_over', 'seat_taken', 'seats_full', 'removed', 'tour_ended', 'draining', 'tour_locked', 'forbidden',
  'token_expired', 'token_revoked'];

/** Codes of a WebSocket that went down, said so or not. */
const LOST = ['timeout', 'connection_lost'];

/** The server is fetching the key that would prove the token, or will in a moment. */
const NO_KEY_YET = ['token_key_unknown', 'token_keys_unavailable'];

/** @param {unknown} error @returns {string} '' when it has none */
export const codeOf = (error) => (error instanceof OrielError ? error.code : '');

/** @param {string} code */
export const isFinal = (code) => FINAL.includes(code);

/** @param {unknown} error */
export const isLost = (error) => LOST.includes(codeOf(error));

/** @param {unknown} error */
export const hasNoKeyYet = (error) => NO_KEY_YET.includes(codeOf(error));
