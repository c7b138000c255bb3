// Pictures without a camera, for the catalogue: one that moves, and one that does not any more.

/** @type {MediaStreamTrack|null} */
let track = null;

/** A room at dusk, over which a light goes. */
export function picture() {
  if (track) {
    return track;
  }
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
  const paint = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const draw = () => {
    const light = 30 + 8 * Math.sin(performance.now() / 1500);
    paint.fillStyle = `hsl(32 35% ${light + 20}%)`;
    paint.fillRect(0, 0, 640, 360);
    paint.fillStyle = `hsl(205 45% ${light + 35}%)`;
    paint.fillRect(400, 50, 150, 150);
    paint.fillStyle = 'hsl(25 30% 25%)';
    paint.fillRect(0, 290, 640, 70);
    paint.fillRect(90, 190, 200, 100);
  };
  draw();
  setInterval(draw, 100);
  [track] = canvas.captureStream(10).getVideoTracks();
  return track;
}

/** @type {MediaStreamTrack|null} */
let stopped = null;

/** Drawn once: what films a canvas sends no frame as long as nothing changes. */
export function stillPicture() {
  if (!stopped) {
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
    const paint = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    paint.fillStyle = 'hsl(32 35% 45%)';
    paint.fillRect(0, 0, 640, 360);
    [stopped] = canvas.captureStream(10).getVideoTracks();
  }
  return stopped;
}
