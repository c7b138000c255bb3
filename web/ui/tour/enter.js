// Joining: who is in on another device says what becomes of that.

import { choose } from '../parts/dialog.js';
import { t } from '../words/words.js';
import { codeOf } from './problems.js';

/**
 * @param {import('../../lib/oriel.js').OrielClient} client
 * @param {import('../../lib/types.js').JoinOptions} options
 * @param {AbortSignal} [signal] nobody wants to join any more
 */
export async function enter(client, options, signal) {
  try {
    return await client.join(options);
  } catch (error) {
    if (codeOf(error) !== 'seat_taken') {
      throw error;
    }
    const seat = await choose({ title: t('prejoin.seat.title'), text: t('prejoin.seat.text'), choices: [
      { value: 'beside', label: t('prejoin.seat.beside'), kind: 'primary' },
      { value: 'take_over', label: t('prejoin.seat.take_over') }], signal });
    if (seat !== 'beside' && seat !== 'take_over') {
      throw error;
    }
    return client.join({ ...options, seat });
  }
}
