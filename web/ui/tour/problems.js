// What goes wrong, in a person's words, by its code.

import { explainDevice } from '../../lib/devices.js';
import { OrielError } from '../../lib/errors.js';
import { t, told } from '../words/words.js';

/** @typedef {import('../../lib/types.js').SourceKind} SourceKind */

/** "Camera: another program is using it ..." @param {any} error a DeviceError, its code, or what the browser said
 *  @param {SourceKind} kind */
export function deviceWords(error, kind) {
  const code = error?.code && typeof error.code === 'string' ? error.code : explainDevice(error, kind).code;
  const sentence = told('device', code) ?? t('device.device_failed');
  return code === 'screen_ended' ? sentence : `${t(`device.${kind}`)}: ${sentence}`;
}

/** @param {unknown} error */
export const codeOf = (error) => (error instanceof OrielError ? error.code : '');

/** What the server does not do, said by what it is about. @param {string} code @param {string} message its own words */
export const refusalWords = (code, message) => told('refused', code) ?? t('failed');

/** @param {unknown} error */
export const errorWords = (error) => (error instanceof OrielError ? refusalWords(error.code, error.message) : t('failed')); // no browser's English
