// What goes wrong, in a person's words, by its code.

import { explainDevice } from '../../lib/devices.js';
import { OrielError } from '../../lib/errors.js';
import { t, told } from '../words/words.js';

/** @typedef {import('../../lib/types.js').SourceKind} SourceKind */

/** @param {any} error @param {SourceKind} kind @returns {string} */
const deviceCode = (error, kind) => (error?.code && typeof error.code === 'string' ? error.code : explainDevice(error, kind).code);

/** "Camera: another program is using it ..." @param {any} error a DeviceError, its code, or what the browser said
 *  @param {SourceKind} kind */
export function deviceWords(error, kind) {
  const sentence = deviceProblem(error, kind);
  return deviceCode(error, kind) === 'screen_ended' ? sentence : `${t(`device.${kind}`)}: ${sentence}`;
}

/** The same where the device is named already. @param {any} error @param {SourceKind} kind */
export const deviceProblem = (error, kind) => told('device', deviceCode(error, kind)) ?? t('device.device_failed');

/** @param {unknown} error */
export const codeOf = (error) => (error instanceof OrielError ? error.code : '');

/** What the server does not do, said by what it is about, and never in its words. @param {string} code */
export const refusalWords = (code) => told('refused', code) ?? t('failed');

/** @param {unknown} error */
export const errorWords = (error) => (error instanceof OrielError ? refusalWords(error.code) : t('failed')); // no browser's English
