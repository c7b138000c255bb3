// Requests made from an OpenAPI document, valid ones and ones that are not quite, and what each answer is
// judged by: the document itself. Seeded, so that a failure can be had again.
import http from 'node:http';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** As a part of a URL. libwebsockets ends the connection on a NUL, without an answer. */
const escaped = (v) => encodeURIComponent(String(v).replaceAll('\u0000', '').replace(/[\ud800-\udfff]/gu, ''));

/** mulberry32: the same numbers for the same seed. */
function random(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const NASTY = ['', ' ', '\u0000', '\n', '\u0085', '\u202e', 'ß', '€', '👩‍👩‍👧', '\ud800', '\\', '"', '../..', '%00', '{}', '<b>',
  'x'.repeat(129), '€'.repeat(64), 'null', '0', '-1', '1e999', '2026-13-01T00:00:00Z', '2026-01-02', '*', ' a', "'; --"];
const VALUES = [null, true, false, 0, -1, 1, 0.5, 1e30, 9007199254740993, -9223372036854776000, '', 'x', [], [[]], {}, { a: 1 },
  [1, null, 'x'], 'x'.repeat(5000)];

export class OpenApiFuzz {
  /** base: of the server; tokens: the first is taken most; known: names for a path parameter -> list, which grows; of: which
   *  operations. */
  constructor(doc, { base, seed, tokens, known = {}, of = () => true }) {
    this.doc = doc;
    this.base = new URL(base);
    this.next = random(seed);
    this.tokens = tokens;
    this.known = known;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
    this.ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: true });
    addFormats(this.ajv);
    // Answers may have nothing that the document does not tell.
    const strict = structuredClone(doc.components.schemas);
    Object.values(strict).filter((s) => s.properties && s.additionalProperties !== true).forEach((s) => { s.additionalProperties = false; });
    this.ajv.addSchema({ $id: 'http://x/doc', components: { schemas: strict } });
    this.compiled = new Map();
    this.operations = Object.entries(doc.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })))
      .filter(of);
    this.seen = { byStatus: {}, byOperation: {}, invalid: 0, valid: 0 };
  }

  chance(p) { return this.next() < p; }
  below(n) { return Math.floor(this.next() * n); }
  pick(list) { return list[this.below(list.length)]; }

  validator(schema) {
    const text = JSON.stringify(schema);
    if (!this.compiled.has(text)) {
      this.compiled.set(text, this.ajv.compile(JSON.parse(text.replaceAll('"#/components', '"http://x/doc#/components'))));
    }
    return this.compiled.get(text);
  }

  resolve(schema) {
    return schema.$ref ? this.doc.components.schemas[schema.$ref.split('/').pop()] : schema;
  }

  // ---- values ----

  /** A text that a pattern of classes, literals and their counts matches. */
  matching(pattern, most) {
    let out = '';
    for (const [, set, one, count] of pattern.replace(/^\^|\$$/g, '').matchAll(/(?:\[([^\]]+)\]|(.))(\{\d+\}|[+*])?/g)) {
      const min = count === '*' ? 0 : count?.startsWith('{') ? Number(count.slice(1, -1)) : 1;
      const n = count === '+' || count === '*' ? min + this.below(Math.max(1, Math.min(most, 40) - min)) : min;
      for (let i = 0; i < n; i++) {
        out += set ? this.fromClass(set) : one;
      }
    }
    return out;
  }

  fromClass(set) {
    if (set.startsWith('^')) {
      return this.pick([...'azAZ09 .-_éß€漢😀']);
    }
    const ranges = [...set.matchAll(/(.)-(.)|(.)/g)].map(([, a, b, c]) => (c ? [c, c] : [a, b]));
    const [a, b] = this.pick(ranges).map((x) => x.charCodeAt(0));
    return String.fromCharCode(a + this.below(b - a + 1));
  }

  string(s) {
    const min = s.minLength ?? 0;
    const max = s.maxLength ?? 40;
    if (s.format === 'date-time') {
      const at = new Date(Date.now() + (this.next() - 0.3) * 4e9).toISOString();
      return this.chance(0.2) ? at.replace('Z', this.pick(['+02:00', '-11:30', 'z'])) : at;
    }
    if (s.pattern) {
      const text = this.matching(s.pattern, max);
      return [...text].slice(0, max).join('');
    }
    const n = min + this.below(Math.min(max, 60) - min + 1);
    return Array.from({ length: n }, () => this.pick([...'azAZ09 .-_é€😀'])).join('');
  }

  value(schema, depth = 0) {
    const s = this.resolve(schema);
    const types = [s.type].flat();
    if (types.includes('null') && this.chance(0.2)) {
      return null;
    }
    if (s.enum) {
      return this.pick(s.enum);
    }
    switch (types[0]) {
      case 'string': return this.string(s);
      case 'boolean': return this.chance(0.5);
      case 'integer': {
        const min = s.minimum ?? 0;
        const max = s.maximum ?? 1000;
        return this.pick([min, max, min + this.below(Math.min(max - min, 1e6) + 1)]);
      }
      case 'number': return (s.minimum ?? 0) + this.next() * ((s.maximum ?? 1000) - (s.minimum ?? 0));
      case 'array': return Array.from({ length: this.below(4) }, () => this.value(s.items, depth + 1));
      default: return s.properties ? this.object(s, depth) : this.anything(depth);
    }
  }

  object(s, depth) {
    const entries = Object.entries(s.properties).filter(([name]) => s.required?.includes(name) || this.chance(0.5));
    return Object.fromEntries(entries.map(([name, member]) => [name, this.value(member, depth + 1)]));
  }

  anything(depth) {
    return Object.fromEntries(Array.from({ length: this.below(4) }, () => [this.pick(['a', 'b', 'ü', '']),
      depth < 4 && this.chance(0.4) ? this.anything(depth + 1) : this.pick(VALUES.filter((v) => JSON.stringify(v).length < 100))]));
  }

  /** The same value with something else in one place, which may still be right. */
  mutated(v) {
    if (v === null || typeof v !== 'object' || this.chance(0.1)) {
      return this.chance(0.5) ? this.pick(VALUES) : this.pick(NASTY);
    }
    const copy = structuredClone(v);
    const keys = Object.keys(copy);
    if (keys.length === 0 || this.chance(0.15)) {
      copy[this.pick(['more', 'name', '__proto__x', '~/', 'ü'.repeat(90)])] = this.pick(VALUES);
    } else if (this.chance(0.25)) {
      delete copy[this.pick(keys)];
    } else {
      const key = this.pick(keys);
      copy[key] = this.mutated(copy[key]);
    }
    return copy;
  }

  // ---- requests ----

  segment(name, schema) {
    const known = this.known[name];
    if (known?.length && this.chance(0.6)) {
      return this.chance(0.3) ? known[0] : this.pick(known);
    }
    return this.chance(0.8) ? this.value(schema) : this.pick(NASTY) || '-';
  }

  path(operation) {
    let path = operation.path;
    for (const p of operation.parameters.filter((x) => x.in === 'path')) {
      const text = escaped(this.segment(p.name, p.schema)); // dots would lead elsewhere, also as %2E
      path = path.replace(`{${p.name}}`, () => (/^\.+(%2F|$)/.test(text) || !text ? '-' : text));
    }
    const query = operation.parameters.filter((x) => x.in === 'query' && this.chance(0.4)).map((p) =>
      [p.name, this.chance(0.7) ? this.value(p.schema) : this.pick(NASTY)]);
    if (this.chance(0.05)) {
      query.push(['unknown', 'x']);
    }
    const text = query.map(([k, v]) => `${k}=${escaped(v)}`).join('&');
    return text ? `${path}?${text}` : path;
  }

  body(operation, r) {
    const schema = operation.requestBody?.content['application/json'].schema;
    if (!schema) {
      return;
    }
    let value = this.value(schema);
    for (let n = this.chance(0.5) ? 1 + this.below(3) : 0; n > 0; n--) {
      value = this.mutated(value);
    }
    r.body = JSON.stringify(value);
    r.headers['content-type'] = 'application/json';
    r.valid = this.validator(schema)(JSON.parse(r.body));
    r.plain = true; // judged by the body
    if (this.chance(0.05)) {
      r.body = this.pick([r.body.slice(0, -1), `${r.body}x`, `[${r.body}]`, '', '\ufeff{}', '{"a":1,"a":2}', '['.repeat(3000)]);
      r.plain = false;
    }
    if (this.chance(0.03)) {
      r.headers['content-type'] = this.pick(['text/plain', 'application/jsonx', 'application/xml']);
      r.plain = false;
    }
  }

  request() {
    const operation = this.pick(this.operations);
    const r = { operation, method: operation.method, path: this.path(operation), headers: {} };
    const token = this.chance(0.9) ? this.tokens[0] : this.pick([...this.tokens, null, 'x', 'a.b.c']);
    if (token) {
      r.headers.authorization = `Bearer ${token}`;
    }
    this.body(operation, r);
    for (const p of operation.parameters.filter((x) => x.in === 'header' && this.chance(0.3))) {
      const etags = this.known.etag ?? [];
      r.headers[p.name] = p.name === 'If-Match' && etags.length && this.chance(0.5)
        ? this.pick(etags) : this.pick(['k1', 'k2', 'k'.repeat(300), '*', '"x"', `k${this.below(1e6)}`]);
    }
    if (this.chance(0.2)) {
      r.headers.traceparent = this.pick(['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', '00-x', 'ff', '0'.repeat(55)]);
    }
    return r;
  }

  send(r) {
    return new Promise((resolve, reject) => {
      const headers = { ...r.headers, 'content-length': Buffer.byteLength(r.body ?? '') };
      const q = http.request({ host: this.base.hostname, port: this.base.port, agent: this.agent, method: r.method,
        path: r.path, headers }, (a) => {
        const parts = [];
        a.on('data', (x) => parts.push(x));
        a.on('end', () => resolve({ status: a.statusCode, headers: a.headers, text: Buffer.concat(parts).toString() }));
        a.on('error', reject);
      });
      q.on('error', (e) => reject(new Error(`${e.message}: ${r.method} ${r.path}`)));
      q.end(r.body);
    });
  }

  // ---- answers ----

  /** What is wrong with an answer, or null. */
  judge(r, a) {
    const documented = r.operation.responses[a.status] ?? r.operation.responses.default;
    if (a.status >= 500) {
      return `status ${a.status}`;
    }
    if (!documented || (a.status < 400 && !r.operation.responses[a.status])) {
      return `status ${a.status} is not documented`;
    }
    if (!/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/.test(a.headers.traceparent ?? '')) {
      return 'no traceparent';
    }
    return this.judgeBody(documented, a) ?? (r.plain ? this.judgeValidity(r, a) : null);
  }

  judgeBody(documented, a) {
    if (!documented.content) {
      return a.text ? 'a body that is not documented' : null;
    }
    const type = (a.headers['content-type'] ?? '').split(';')[0];
    const content = documented.content[type] ?? documented.content['video/*'];
    if (!content) {
      return `content type ${type}`;
    }
    if (!content.schema) {
      return null;
    }
    const check = this.validator(content.schema);
    return check(JSON.parse(a.text)) ? null : `schema: ${this.ajv.errorsText(check.errors)}`;
  }

  /** The document and the server agree on what is a valid body. */
  judgeValidity(r, a) {
    if (!r.valid) {
      this.seen.invalid++;
      return a.status < 400 ? 'a body that the document forbids is taken' : null;
    }
    if (a.status < 300) {
      this.seen.valid++;
    }
    if (a.status !== 400) {
      return null;
    }
    const { code, errors } = JSON.parse(a.text);
    // What no schema says: bytes for characters, two times of which one is first, JSON that is no text.
    const beyond = code !== 'bad_field' || errors.every((e) => e.code === 'too_long' || e.pointer === '/ends_at');
    return beyond ? null : `a valid body is refused: ${a.text}`;
  }

  learn(r, a) {
    this.seen.byStatus[a.status] = (this.seen.byStatus[a.status] ?? 0) + 1;
    const of = (this.seen.byOperation[r.operation.operationId] ??= {});
    of[a.status] = (of[a.status] ?? 0) + 1;
    if (a.status === 201 && a.headers.location?.startsWith('/v1/tours/')) {
      (this.known.tour ??= []).push(a.headers.location.split('/').pop());
      this.known.tour.splice(1, this.known.tour.length - 20); // the first is one that is known from the start
    }
    if (a.headers.etag) {
      (this.known.etag ??= []).push(a.headers.etag);
      this.known.etag.splice(0, this.known.etag.length - 20);
    }
  }

  /** So many requests, several at a time; returns what was wrong: [{request, answer, why}], ten at most. */
  async run(n, { atOnce = 8 } = {}) {
    const wrong = [];
    let left = n;
    const one = async () => {
      while (left-- > 0 && wrong.length < 10) {
        const r = this.request();
        const a = await this.send(r);
        const why = this.judge(r, a);
        this.learn(r, a);
        if (why) {
          wrong.push({ why, method: r.method, path: r.path, headers: r.headers, body: r.body?.slice(0, 500), status: a.status,
            text: a.text.slice(0, 500) });
        }
      }
    };
    await Promise.all(Array.from({ length: atOnce }, one));
    this.agent.destroy();
    return wrong;
  }
}
