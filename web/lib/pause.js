// Waiting.

/** @param {number} ms @returns {Promise<void>} */
export const wait = (ms) => new Promise((resolve) => { setTimeout(() => resolve(), ms); });

/** Half as long again at most: when the server was away, not everybody comes at once. @param {number} ms */
export const spread = (ms) => ms * (1 + Math.random() / 2);
