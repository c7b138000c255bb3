// Any standard WHIP and WHEP client: a page with a few lines of its own, from another origin.
import http from 'node:http';

const PAGE = `<!doctype html><title>WHIP and WHEP</title><video id=v autoplay playsinline></video>
<script>
async function negotiate(pc, url, token, leaveOut = '') {
  await pc.setLocalDescription();
  await new Promise((done) => {
    if (pc.iceGatheringState === 'complete') done();
    pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && done();
  });
  const setup = window.passive ? 'a=setup:passive' : 'a=setup:actpass';
  const lines = pc.localDescription.sdp.replaceAll('a=setup:actpass', setup).split('\\r\\n');
  const offer = lines.filter((line) => !leaveOut || !new RegExp(leaveOut).test(line)).join('\\r\\n');
  const response = await fetch(url, { method: 'POST', body: offer,
    headers: { 'content-type': 'application/sdp', authorization: 'Bearer ' + token } });
  if (response.status !== 201) throw new Error('status ' + response.status + ' ' + await response.text());
  await pc.setRemoteDescription({ type: 'answer', sdp: await response.text() });
  window.pc = pc;
  window.resource = { location: response.headers.get('location'), etag: response.headers.get('etag'),
    url: new URL(response.headers.get('location'), response.url).href };
  return window.resource;
}
const part = (sdp, name) => new RegExp('a=ice-' + name + ':(.+?)\\r\\n').exec(sdp)[1];
function fragmentOf(sdp) {
  const kept = sdp.split('\\r\\n').filter((line) => /^a=(group|ice-options|mid|ice-ufrag|ice-pwd|candidate)|^m=/.test(line));
  const second = kept.findIndex((line, i) => line.startsWith('m=') && i > kept.findIndex((l) => l.startsWith('m=')));
  return kept.slice(0, second < 0 ? undefined : second).join('\\r\\n') + '\\r\\n';
}
async function restart(token, match, body) {
  const headers = { 'content-type': 'application/trickle-ice-sdpfrag', authorization: 'Bearer ' + token };
  if (match !== null) headers['if-match'] = match;
  await pc.setLocalDescription(await pc.createOffer({ iceRestart: true }));
  const ufrag = part(pc.localDescription.sdp, 'ufrag');
  const response = await fetch(resource.url, { method: 'PATCH', headers, body: body ?? fragmentOf(pc.localDescription.sdp) });
  const text = await response.text();
  if (response.status !== 200) {
    await pc.setLocalDescription({ type: 'rollback' });
    return { status: response.status, code: JSON.parse(text).code };
  }
  const sdp = pc.remoteDescription.sdp.replaceAll(/a=ice-ufrag:.*/g, 'a=ice-ufrag:' + part(text, 'ufrag'))
    .replaceAll(/a=ice-pwd:.*/g, 'a=ice-pwd:' + part(text, 'pwd'));
  await pc.setRemoteDescription({ type: 'answer', sdp });
  resource.etag = response.headers.get('etag');
  return { status: 200, etag: resource.etag, ufrag };
}
async function publish(url, token, { audio = true, video = true, layers } = {}) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio, video });
  const pc = new RTCPeerConnection();
  for (const track of stream.getTracks()) {
    const simulcast = layers && track.kind === 'video' ? { sendEncodings: layers } : {};
    pc.addTransceiver(track, { direction: 'sendonly', ...simulcast });
  }
  return negotiate(pc, url, token);
}
async function play(url, token, { leaveOut } = {}) {
  const pc = new RTCPeerConnection();
  const stream = new MediaStream();
  pc.ontrack = (e) => { stream.addTrack(e.track); v.srcObject = stream; v.play(); };
  pc.addTransceiver('audio', { direction: 'recvonly' });
  pc.addTransceiver('video', { direction: 'recvonly' });
  return negotiate(pc, url, token, leaveOut);
}
</script>`;

/** Serves the page; {url, close}. In it: publish(url, token, {audio, video, layers}), play(url, token,
 *  {leaveOut}), and then pc and restart(token, if-match or null, body). leaveOut: what lines of its offer
 *  match that are not in it. With window.passive it waits for the DTLS handshake. A restart is one by
 *  PATCH (RFC 9725 section 4.3.3): {status, etag, ufrag}, or {status, code} and all is as it was. */
export async function serveBarePage() {
  const site = http.createServer((_, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE));
  await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${site.address().port}/`, close: () => site.close() };
}
