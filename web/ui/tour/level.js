// How loud a microphone is, for a meter.

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
