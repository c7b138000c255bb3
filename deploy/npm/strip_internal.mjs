// Takes out of declarations (.d.ts) what their comment calls @internal: tsc does so for TypeScript only.
// Usage: node strip_internal.mjs TYPESCRIPT FILE...   TYPESCRIPT: the folder of that package
import fs from 'node:fs';
import { createRequire } from 'node:module';

const [typescript, ...files] = process.argv.slice(2);
const ts = createRequire(import.meta.url)(typescript);

for (const file of files) {
  const text = fs.readFileSync(file, 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const gone = source.statements.filter(ts.isClassDeclaration).flatMap((c) => [...c.members])
    .filter((m) => text.slice(m.getFullStart(), m.getStart()).includes('@internal'));
  const kept = gone.reduceRight((left, m) => left.slice(0, m.getFullStart()) + left.slice(m.getEnd()), text);
  fs.writeFileSync(file, kept);
}
