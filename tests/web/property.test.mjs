// What a tour's property says, read as anybody's text: no member of another kind and no malicious one gets through.
import { expectEqual, finish, test } from '../integ/lib/harness.mjs';

globalThis.location = /** @type {any} */ (new URL('https://tours.example/t/demo'));
const { readProperty, titleOf, webPictureOf } = await import('../../web/ui/property.js');

await test('what_is_documented_is_read', () => {
  const p = readProperty({ title: ' House ', address: '12 Elm Street', price: '$1', facts: ['3 rooms', '84 m²'], photo: '/assets/demo/house.svg',
    agency: { name: 'Hearth', logo: 'data:image/png;base64,AA', url: 'https://agency.example', phone: '+1 (555) 01-00' },
    agent: { name: 'Maya', photo: 'https://cdn.example/m.jpg', phone: '030 12 34' } });
  expectEqual([p.title, p.photo, p.facts.join()].join(' '), 'House https://tours.example/assets/demo/house.svg 3 rooms,84 m²', 'texts');
  expectEqual([p.agency.logo, p.agency.url, p.agency.tel].join(' '), 'data:image/png;base64,AA https://agency.example/ tel:+15550100', 'the agency');
  expectEqual([p.agent.photo, p.agent.tel].join(' '), 'https://cdn.example/m.jpg tel:0301234', 'the agent');
  expectEqual(titleOf({ name: 'demo', title: 'Demo', property: { title: 'House' } }), 'House', 'title');
  expectEqual(titleOf({ name: 'demo', title: 'Demo', property: null }), 'Demo', 'title');
});

const empty = JSON.stringify(readProperty({}));

await test('what_is_of_another_kind_is_not_there', () => {
  for (const odd of [undefined, null, 7, 'text', [], true, { agency: [], agent: 'x', facts: { length: 3 }, title: {}, photo: ['/x'] },
    { facts: [null, 7, {}, ''], address: 1e99, agency: null, agent: null }]) {
    expectEqual(JSON.stringify(readProperty(odd)), empty, JSON.stringify(odd));
  }
});

await test('no_address_does_more_than_show_a_picture_call_or_open_a_site', () => {
  const urls = ['javascript:alert(1)', ' JAVASCRIPT:alert(1)', 'data:text/html,<script>', 'http://elsewhere.example/x.png', 'blob:https://elsewhere.example/1',
    'ftp://x/y', '//[bad', 'file:///etc/passwd', ''];
  for (const url of urls) {
    const p = readProperty({ photo: url, agency: { logo: url, url, phone: url }, agent: { photo: url } });
    expectEqual([p.photo, p.agency.logo, p.agency.url, p.agency.tel, p.agent.photo].join(''), '', url);
    expectEqual(webPictureOf(url), '', `a plan at ${url}`);
  }
  expectEqual(webPictureOf('data:image/png;base64,AA'), '', 'a plan is no data');
  for (const phone of ['javascript:1', '+49;ext=1', '<b>', '12', '+', '1'.repeat(21), 'call me']) {
    expectEqual(readProperty({ agent: { phone } }).agent.tel, '', phone);
  }
});

await test('long_lists_and_texts_are_cut', () => {
  const p = readProperty({ title: '😀'.repeat(5000), facts: Array(1000).fill('x') });
  expectEqual([[...p.title].length, p.facts.length].join(), '200,8', 'lengths');
});
finish();
