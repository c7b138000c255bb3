// Requests that show a token. Who signs tokens changes keys, and the server may see the first token by a new key
// before it has the key.

import { hasNoKeyYet } from './errors.js';
import { spread, wait } from './pause.js';

const SHOW_AGAIN = [1000, 2000, 4000]; // [ms]

/**
 * @param {() => Promise<any>} ask
 * @param {(error: unknown) => Promise<boolean>} [fresh] there is another token now
 * @returns {Promise<any>} the reply
 */
export async function showToken(ask, fresh = async () => false) {
  for (const ms of SHOW_AGAIN) {
    try {
      return await ask();
    } catch (error) {
      if (!await fresh(error) && !hasNoKeyYet(error)) {
        throw error;
      }
    }
    await wait(spread(ms));
  }
  return ask();
}
