// Camera and microphone: opening, choosing, and saying in plain words why one cannot be had.

/** @typedef {'microphone'|'camera'} DeviceKind */

const CAMERA = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
const MICROPHONE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** @param {DeviceKind} kind @param {string} [deviceId] */
function constraints(kind, deviceId) {
  const exact = deviceId ? { deviceId: { exact: deviceId } } : {};
  return kind === 'camera'
    ? { video: { ...CAMERA, ...exact, ...(deviceId ? {} : { facingMode: 'user' }) } }
    : { audio: { ...MICROPHONE, ...exact } };
}

/** @param {DeviceKind} kind @param {string} [deviceId] @returns {Promise<MediaStreamTrack>} */
export async function openDevice(kind, deviceId) {
  if (!navigator.mediaDevices) {
    throw new DOMException('insecure page', 'NotSupportedError');
  }
  const stream = await navigator.mediaDevices.getUserMedia(constraints(kind, deviceId));
  return stream.getTracks()[0];
}

/** @returns {Promise<MediaStreamTrack>} */
export async function openScreen() {
  const stream = await navigator.mediaDevices.getDisplayMedia({
    video: { frameRate: { ideal: 15, max: 30 } },
    audio: false,
  });
  return stream.getVideoTracks()[0];
}

export function canShareScreen() {
  return Boolean(navigator.mediaDevices && 'getDisplayMedia' in navigator.mediaDevices);
}

/** @param {DeviceKind} kind @returns {Promise<MediaDeviceInfo[]>} */
export async function listDevices(kind) {
  const wanted = kind === 'camera' ? 'videoinput' : 'audioinput';
  const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return all.filter((d) => d.kind === wanted);
}

/** @param {unknown} error @param {string} what 'camera', 'microphone' or 'screen' */
export function deviceProblem(error, what) {
  const name = error instanceof DOMException ? error.name : '';
  switch (name) {
    case 'NotAllowedError':
      return `The browser did not allow the ${what}. Allow it next to the address bar and try again.`;
    case 'NotFoundError':
    case 'OverconstrainedError':
      return `No ${what} was found on this device.`;
    case 'NotReadableError':
      return `The ${what} is in use by another program. Close it and try again.`;
    case 'NotSupportedError':
      return `This page is not secure, so the browser offers no ${what}. Open the https:// link.`;
    default:
      return `The ${what} could not be started.`;
  }
}

/**
 * Calls back with a level 0..1 about fifteen times a second until stopped.
 * @param {MediaStreamTrack} track @param {(level: number) => void} onLevel
 * @returns {() => void} stop
 */
export function watchLevel(track, onLevel) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const rms = Math.sqrt(samples.reduce((sum, s) => sum + s * s, 0) / samples.length);
    // -60 dB .. 0 dB on a linear bar, as a level meter shows it.
    onLevel(Math.max(0, Math.min(1, 1 + Math.log10(rms + 1e-6) / 3)));
  }, 66);
  return () => {
    clearInterval(timer);
    context.close();
  };
}
