// web/ui/tour/model.js: what a page says of a tour by itself.
import { expectEqual, finish, test } from '../integ/lib/harness.mjs';

const { TourModel } = await import('../../web/ui/tour/model.js');
const { speakOf } = await import('../../web/ui/words/words.js');
await speakOf('tour');

/** A client that has joined; `tells` is what the server says. */
class Client extends EventTarget {
  constructor() {
    super();
    this.me = { id: 'p3', name: 'Cy', role: 'buyer', host: false };
    this.participants = new Map([this.me, { id: 'p1', name: 'Ann', host: true }, { id: 'p2', name: 'Bea', host: false }].map((p) => [p.id, p]));
    this.tour = { lead: 'p1' };
    this.ledger = { entries: [] };
  }

  on(type, run) {
    this.addEventListener(type, (e) => run(e.detail));
  }

  tells(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  leads(id) {
    this.tour = { lead: id };
    this.tells('tour', this.tour);
  }
}

function joined() {
  const client = new Client();
  const model = new TourModel(client);
  const said = [];
  model.addEventListener('say', (e) => said.push(e.detail));
  client.tells('roster', [...client.participants.values()]); // as by a join
  return { client, said };
}

await test('who_leads_from_now_on_is_said_once', () => {
  const { client, said } = joined();
  expectEqual(said.join(), '', 'what is said to who comes');
  client.leads('p2');
  client.tells('roster', [...client.participants.values()]);
  client.leads('p1');
  expectEqual(said.join(' '), 'Bea leads the tour now. Ann leads the tour now.', 'what is said');
});

await test('not_to_who_leads_himself_nor_of_the_same_person_in_another_seat', () => {
  const { client, said } = joined();
  client.leads('p3');
  client.leads('p1');
  client.participants.set('p7', { id: 'p7', name: 'Ann', host: true }); // another device, or a server that was down
  client.leads('p7');
  client.leads(null);
  client.leads('p7');
  expectEqual(said.join(' '), 'Ann leads the tour now.', 'what is said');
});

await test('and_of_who_is_not_known_yet_once_he_is', () => {
  const { client, said } = joined();
  client.leads('p8');
  expectEqual(said.join(), '', 'what is said of nobody');
  client.participants.set('p8', { id: 'p8', name: 'Dee', host: true });
  client.tells('roster', [...client.participants.values()]);
  expectEqual(said.join(' '), 'Dee leads the tour now.', 'what is said');
});

finish();
