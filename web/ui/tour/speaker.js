// Where one hears the tour: the loudspeaker that was chosen, and a chime to try it out.

const NOTES = [659, 988]; // [Hz] E5, B5
const NOTE = 0.16; // [s]

/** Chosen in this page; '' = as the system has it. */
export const speaker = { id: '' };

/** Firefox of phones and Safari have no choice. */
export const canChooseSpeaker = () => 'setSinkId' in HTMLMediaElement.prototype;

/** @returns {Promise<MediaDeviceInfo[]>} without names until a microphone was opened */
export async function listSpeakers() {
  const all = canChooseSpeaker() ? (await navigator.mediaDevices?.enumerateDevices()) ?? [] : [];
  return all.filter((d) => d.kind === 'audiooutput');
}

/** To the chosen one; where that is gone, to the system's. @param {HTMLMediaElement} element */
export async function toSpeaker(element) {
  if (speaker.id && canChooseSpeaker()) {
    await /** @type {any} */ (element).setSinkId(speaker.id).catch(() => undefined);
  }
}

/** Two notes, one after the other. Resolves when they were heard; rejects where nothing can be played. */
export async function chime() {
  const context = new AudioContext();
  try {
    const out = context.createMediaStreamDestination();
    const element = new Audio();
    element.srcObject = out.stream;
    await toSpeaker(element);
    await Promise.all([context.resume(), element.play()]);
    const ended = NOTES.map((note, i) => ring(context, out, note, context.currentTime + 0.1 + i * NOTE));
    await Promise.all(ended);
    element.srcObject = null;
  } finally {
    context.close();
  }
}

/** @param {AudioContext} context @param {AudioNode} out @param {number} note @param {number} at @returns {Promise<unknown>} */
function ring(context, out, note, at) {
  const [tone, loudness] = [context.createOscillator(), context.createGain()];
  tone.frequency.value = note;
  loudness.gain.setValueAtTime(0.0001, at);
  loudness.gain.exponentialRampToValueAtTime(0.35, at + 0.02);
  loudness.gain.exponentialRampToValueAtTime(0.0001, at + NOTE * 4);
  tone.connect(loudness).connect(out);
  tone.start(at);
  tone.stop(at + NOTE * 4);
  return new Promise((resolve) => { tone.onended = resolve; });
}
