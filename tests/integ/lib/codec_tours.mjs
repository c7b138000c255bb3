// A server with a recorded tour in each of some codecs, and what was recorded of them.
import fs from 'node:fs';
import path from 'node:path';
import { until } from './harness.mjs';
import { ORIEL, Server, tempDir, tokenOf, writeConfig } from './server.mjs';
import { minter } from './token.mjs';
import { listRecordings } from './tour.mjs';

/** Starts it; each tour has the name of its codec, and `change` may edit the configuration. `mint` makes tokens
 *  of people, `headers` are of ops. */
export async function serveCodecTours(names, change = () => {}) {
  const secret = 'codecs-codecs-codecs-codecs-codecs';
  const dir = tempDir();
  const config = await writeConfig(dir, (c) => {
    c.auth = { hs256_secret: secret, audience: 'oriel' };
    c.tours = names.map((name) => ({ name, title: `Tour in ${name}`, record: 'auto', codec: name }));
    change(c);
  });
  const server = await new Server([ORIEL, 'serve', '-c', config]).ready;
  const opsToken = tokenOf(server.urls.ops);
  return { dir, server, opsToken, base: new URL(server.urls.agent).origin, mint: minter(secret, { sub: 'test', name: 'Test' }),
    headers: { authorization: `Bearer ${opsToken}` } };
}

/** Waits until n recordings are all that there are and complete, and gives what the API says of each. */
export async function untilRecorded({ base, opsToken, headers }, n) {
  const all = await until(async () => {
    const list = await listRecordings(base, opsToken);
    return list.length === n && list.every((r) => r.state === 'complete') && list;
  }, `${n} complete recordings`);
  return Promise.all(all.map(async ({ id }) =>
    (await fetch(new URL(`/v1/recordings/${id}`, base), { headers })).json()));
}

/** The epochs with pictures of a track, longest first. */
export const epochsWithPictures = (track) => track.epochs.filter((e) => e.video !== 'none' && e.width > 0)
  .sort((a, b) => b.duration_ms - a.duration_ms);

/** The file of an epoch of a track, saved in dir under this name: its path, and its type as the server says. */
export async function saveEpoch({ base, dir, headers }, recording, track, epoch, name) {
  const url = new URL(`/v1/recordings/${recording.id}/${track.id}/${epoch.number}.webm`, base);
  // Whoever looks at a file waits with the whole process for other programs, and so does not see meanwhile that the
  // server closes a connection that is not used.
  const response = await fetch(url, { headers: { ...headers, connection: 'close' } });
  const file = path.join(dir, name);
  fs.writeFileSync(file, Buffer.from(await response.arrayBuffer()));
  return { file, type: response.headers.get('content-type') };
}
