// A page in TypeScript as another team would write it, from the package alone; it must compile, strictly.
import { DeviceError, OrielClient, OrielError, canShareScreen, checkConnection, listDevices, openDevice, openScreen } from 'oriel-client';
import type { Cause, Entry, Participant, Slot, TourStats, Verdict, Welcome } from 'oriel-client';

const client = new OrielClient({ url: 'wss://tours.example/v1/signal', token: 't', getToken: async () => 'fresh' });
const slots = new Map<string, Slot>();

async function enter(): Promise<string> {
  const verdict: Verdict = await checkConnection({ url: client.url, token: client.token });
  const cause: Cause = verdict.cause;
  if (!verdict.ok || cause === 'media_blocked') {
    return `${verdict.text} ${verdict.advice} ${verdict.rttMs ?? 0}`;
  }
  const welcome: Welcome = await client.look();
  const end: () => void = client.on('slot', (slot) => slots.set(slot.mid, slot));
  client.on('roster', (people: Participant[]) => people.map((p) => p.name));
  client.on('entry', (entry: Entry) => entry.text?.length);
  client.on('device', ({ kind, state, track }) => (state === 'back' && kind === 'camera' ? track?.label : ''));
  client.on('ended', ({ code, message }) => `${code} ${message}`);
  client.addEventListener('link', (event: Event) => event.type);
  try {
    await client.join({ name: 'Bea', codec: welcome.tour.codec, seat: 'beside' });
    await client.publish('camera', await openDevice('camera', (await listDevices('camera'))[0]?.deviceId));
    await client.publish('screen', canShareScreen() ? await openScreen() : null);
  } catch (error) {
    return error instanceof DeviceError ? error.kind : error instanceof OrielError ? error.code : 'else';
  } finally {
    end();
  }
  const stats: TourStats = await client.stats();
  await client.allow({ screen: 'both' }, { participants: ['p2'] });
  await client.mute('microphone', true);
  return `${stats.quality} ${stats.link.rttMs.toFixed()} ${client.me?.id}`;
}

async function wrong() {
  // @ts-expect-error there is no such source
  await client.publish('smell', null);
  // @ts-expect-error nor such an event
  client.on('smells', () => undefined);
  // @ts-expect-error and what it tells has a type
  client.on('speaker', (who: number) => who);
  // @ts-expect-error a token is needed
  new OrielClient({ url: '' });
}

export { enter, wrong };
