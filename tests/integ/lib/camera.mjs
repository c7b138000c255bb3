// A camera of a shape that the test chooses, in place of the browser's own fake one, which is as wide as it is asked for.

/** Before the page is loaded: its camera films a moving picture of this size. @param page of Playwright */
export function films(page, width, height) {
  return page.addInitScript(([w, h]) => {
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      if (!wanted.video) {
        return real(wanted);
      }
      const canvas = Object.assign(document.createElement('canvas'), { width: w, height: h });
      const paint = canvas.getContext('2d');
      let n = 0;
      const draw = () => {
        paint.fillStyle = '#caa36a';
        paint.fillRect(0, 0, w, h);
        paint.fillStyle = '#5b7f95';
        paint.fillRect(w * 0.6, h * 0.15, w * 0.25, h * 0.3);
        paint.fillStyle = '#4a2f1c';
        paint.fillRect(0, h * 0.8, w, h * 0.2);
        paint.fillStyle = '#fff';
        paint.fillRect((n += 5) % w, h * 0.6, w / 12, w / 12);
      };
      draw();
      setInterval(draw, 66);
      return canvas.captureStream(15);
    };
  }, [width, height]);
}
