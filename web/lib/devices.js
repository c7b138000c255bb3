// Cameras, microphones and screens: opened, listed, and what to do where one cannot be had.

import { OrielError } from './errors.js';

/** @typedef {'microphone'|'camera'} DeviceKind */
/** @typedef {import('./types.js').SourceKind} SourceKind */
/** @typedef {import('./types.js').DeviceCode} DeviceCode */

const CAMERA = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
const MICROPHONE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const SCREEN = { video: { frameRate: { ideal: 15, max: 30 } }, audio: false };

/** What happened, and what to do about it; %: the kind. @type {Record<DeviceCode, string>} */
const SENTENCES = {
  device_denied: 'The browser did not allow the %. Allow it next to the address bar and try again.',
  device_denied_by_system: 'The system does not let the browser use the %. Allow it in the privacy settings of your device.',
  device_missing: 'No % was found on this device.',
  device_busy: 'The % is in use by another program. Close it and try again.',
  device_insecure: 'This page is not secure, so the browser offers no %. Open the https:// link.',
  device_failed: 'The % could not be started.',
  device_lost: 'The % has stopped: it was unplugged, or something else has taken it. It is started again as soon as it is there.',
  device_interrupted: 'The % is paused by your device, as during a phone call. It goes on by itself after that.',
  device_back: 'The % is on again.',
  screen_ended: 'You have stopped sharing your screen.',
};

/** @type {Record<string, DeviceCode>} by the name of a DOMException (W3C Media Capture, section 10.2) */
const CODES = {
  NotAllowedError: 'device_denied',
  SecurityError: 'device_denied',
  NotFoundError: 'device_missing',
  OverconstrainedError: 'device_missing',
  NotReadableError: 'device_busy',
  AbortError: 'device_busy',
  NotSupportedError: 'device_insecure',
};

/** @param {DeviceCode} code @param {SourceKind} kind */
export const deviceSentence = (code, kind) => SENTENCES[code].replace('%', kind);

/** A device that cannot be had: `code` says why, `message` what to do, `kind` which it is. */
export class DeviceError extends OrielError {
  /** @param {DeviceCode} code @param {SourceKind} kind @param {unknown} [cause] what the browser said */
  constructor(code, kind, cause) {
    super(code, deviceSentence(code, kind));
    this.name = 'DeviceError';
    this.kind = kind;
    this.cause = cause;
  }
}

/** @param {unknown} error what getUserMedia and its like reject with @param {SourceKind} kind @returns {DeviceError} */
export function explainDevice(error, kind) {
  if (error instanceof DeviceError) {
    return error;
  }
  const { name = '', message = '' } = /** @type {{name?: string, message?: string}} */ (error ?? {});
  const code = Object.hasOwn(CODES, name) ? CODES[name] : 'device_failed';
  const bySystem = code === 'device_denied' && /system/i.test(message);
  return new DeviceError(bySystem ? 'device_denied_by_system' : code, kind, error);
}

/** @typedef {'user'|'environment'} Facing */

/** @param {DeviceKind} kind @param {string} [deviceId] @param {{facing?: Facing}} [options] */
function constraints(kind, deviceId, { facing = 'user' } = {}) {
  const exact = deviceId ? { deviceId: { exact: deviceId } } : {};
  return kind === 'camera'
    ? { video: { ...CAMERA, ...exact, ...(deviceId ? {} : { facingMode: { ideal: facing } }) } }
    : { audio: { ...MICROPHONE, ...exact } };
}

/**
 * Asks for a camera or a microphone. Rejects with a DeviceError.
 * @param {DeviceKind} kind @param {string} [deviceId] one of `listDevices`; else as the browser likes
 * @param {{facing?: Facing}} [options] of a camera without `deviceId`: the side of a phone that is wanted, `user` when
 *   nothing is said; where there is none there, another one
 * @returns {Promise<MediaStreamTrack>}
 */
export async function openDevice(kind, deviceId, options) {
  if (!navigator.mediaDevices) {
    throw new DeviceError('device_insecure', kind);
  }
  try {
    const stream = await navigator.mediaDevices.getUserMedia(constraints(kind, deviceId, options));
    return stream.getTracks()[0];
  } catch (error) {
    throw explainDevice(error, kind);
  }
}

/** Asks which screen or window to share. Rejects with a DeviceError. @returns {Promise<MediaStreamTrack>} */
export async function openScreen() {
  if (!canShareScreen()) {
    throw new DeviceError('device_insecure', 'screen');
  }
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia(SCREEN);
    return stream.getVideoTracks()[0];
  } catch (error) {
    throw explainDevice(error, 'screen');
  }
}

/** Phones cannot. */
export function canShareScreen() {
  return Boolean(navigator.mediaDevices && 'getDisplayMedia' in navigator.mediaDevices);
}

/** What there is to choose from; without names until one was opened. @param {DeviceKind} kind @returns {Promise<MediaDeviceInfo[]>} */
export async function listDevices(kind) {
  const wanted = kind === 'camera' ? 'videoinput' : 'audioinput';
  const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return all.filter((d) => d.kind === wanted);
}
