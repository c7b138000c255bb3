// Answers against the API's own document: each is as its operation says, and has nothing that is not told.
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from './harness.mjs';

/** A function (operationId, status, body) that fails when the document says otherwise; `seen` has what it was asked about. */
export async function documented(base) {
  const doc = await (await fetch(new URL('/v1/openapi.json', base))).json();
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
  addFormats(ajv);
  const close = (schema) => {
    if (schema && typeof schema === 'object') {
      if (schema.properties && schema.additionalProperties !== true) {
        schema.additionalProperties = false;
      }
      Object.values(schema).forEach(close);
    }
  };
  const { schemas } = structuredClone(doc.components);
  close(schemas);
  ajv.addSchema({ $id: 'http://x/doc', components: { schemas } });
  const operations = Object.values(doc.paths).flatMap((methods) => Object.values(methods));
  const check = (id, status, body) => {
    const [{ schema }] = Object.values(operations.find((o) => o.operationId === id).responses[status].content);
    const valid = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"http://x/doc#/components')));
    expect(schema.$ref || schema.properties, `${id} is described`);
    expect(valid(body), `${id}: ${ajv.errorsText(valid.errors)}: ${JSON.stringify(body).slice(0, 500)}`);
    check.seen.add(id);
  };
  check.seen = new Set();
  return check;
}
