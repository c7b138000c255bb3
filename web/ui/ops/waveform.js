// How loud a track is, as the server keeps it: docs/recording-format.md, "waveform".

const HEAD = 20;

/**
 * So many heights, 0 to 1, over the whole of the recording; none where the bytes are not what they should be.
 * @param {ArrayBuffer} bytes @param {number} length of the recording [s] @param {number} many
 * @returns {number[]}
 */
export function peaksOf(bytes, length, many) {
  const view = new DataView(bytes);
  if (bytes.byteLength < HEAD || view.getUint32(0) !== 0x4f525746 || view.getUint8(4) !== 1) { // "ORWF"
    return [];
  }
  const window = view.getUint16(6) / 1000;
  const count = Math.min(view.getUint32(8), Math.floor((bytes.byteLength - HEAD) / 2));
  const peaks = new Array(many).fill(0);
  for (let i = 0; window > 0 && i < count; i++) {
    const at = Math.floor((i * window * many) / length);
    const loud = Math.max(view.getInt8(HEAD + 2 * i + 1), -view.getInt8(HEAD + 2 * i)) / 128;
    if (at < many) {
      peaks[at] = Math.max(peaks[at], loud);
    }
  }
  return fill(peaks, (length / many) < window);
}

/** A short recording has fewer windows than heights. @param {number[]} peaks @param {boolean} sparse */
function fill(peaks, sparse) {
  let last = 0;
  return sparse ? peaks.map((peak) => { last = peak || last * 0.7; return last; }) : peaks;
}
