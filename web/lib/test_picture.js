// A picture that nobody is to see: noise, of which an encoder makes as much as it may.

const WIDTH = 640;
const HEIGHT = 360;
const RATE = 30; // [1/s]
const GRAIN = 4; // [pixels] finer grain costs the encoder more than the network

export class TestPicture {
  constructor() {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: WIDTH, height: HEIGHT });
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    const grain = new ImageData(WIDTH / GRAIN, HEIGHT / GRAIN);
    const small = document.createElement('canvas');
    Object.assign(small, { width: grain.width, height: grain.height });
    const draft = /** @type {CanvasRenderingContext2D} */ (small.getContext('2d'));
    context.imageSmoothingEnabled = false;
    /** @type {MediaStreamTrack} */
    this.track = canvas.captureStream(RATE).getVideoTracks()[0];
    this.timer = setInterval(() => {
      const words = new Uint32Array(grain.data.buffer);
      for (let i = 0; i < words.length; i++) {
        words[i] = 0xff000000 | Math.random() * 0xffffff;
      }
      draft.putImageData(grain, 0, 0);
      context.drawImage(small, 0, 0, WIDTH, HEIGHT);
    }, 1000 / RATE);
  }

  close() {
    clearInterval(this.timer);
    this.track.stop();
  }
}
