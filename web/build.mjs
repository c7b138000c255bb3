// Builds the pages: `node web/build.mjs [FOLDER]` (build/web), about half a second.
//
// Scripts and styles of web/ui are bundled with what they take from npm, one script and one style per page and
// chunks that pages share or load later. Their names tell their contents (a/NAME-HASH.js), so that a browser may
// keep them for ever; what has the same name twice, pages and web/lib, is asked for again. Beside each text lie
// NAME.br and NAME.gz, which the server sends to who takes them.
import * as esbuild from 'esbuild';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const WEB = path.dirname(fileURLToPath(import.meta.url));
const PAGES = ['index', 'tour', 'agent', 'ops', 'dev', '404'];
/** Of each page there is one in each: NAME.html in the first, NAME.de.html; the server sends what the browser asks for. */
const LANGUAGES = ['en', 'de'];
const TEXT = /\.(html|js|css|svg|json|txt)$/;
const SMALL = 512; // [bytes] below that a coding wins nothing

const out = path.resolve(process.argv[2] ?? path.join(WEB, '../build/web'));
const made = `${out}.new-${process.pid}`;

const OPTIONS = {
  absWorkingDir: WEB,
  bundle: true,
  format: 'esm',
  minify: true,
  target: ['es2022', 'chrome100', 'firefox102', 'safari15.4'],
  charset: 'utf8',
  legalComments: 'none', // licences.txt has them whole
  outdir: path.join(made, 'a'),
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  metafile: true,
  logLevel: 'warning',
};

/** Where lucide has what by which name, and by which other names: './icons/trash.mjs' by Trash and Trash2. */
const ICONS = new Map([...fs.readFileSync(path.join(WEB, 'node_modules/lucide/dist/esm/lucide.mjs'), 'utf8')
  .matchAll(/^export \{([^}]*)\} from '\.\/(icons\/[^']+)'/gm)].flatMap(([, names, file]) =>
  [...names.matchAll(/default as (\w+)/g)].map(([, name]) => [name, file])));

/** From its own file each icon goes where it is used, from the list of all it goes to everybody. @param {string} text */
const iconsByFile = (text) => text.replace(/^import \{([^}]*)\} from 'lucide';/gm, (_, names) => names.split(',')
  .map((n) => n.trim().split(' as ')).filter(([name]) => name)
  .map(([name, here = name]) => `import ${here} from 'lucide/dist/esm/${ICONS.get(name)}';`).join(' '));

/** Icons come by file, and templates without their indentation: nothing else of ui/ has line breaks in a string. */
const sources = {
  name: 'sources',
  setup: (build) => build.onLoad({ filter: /\/web\/ui\/.*\.js$/ }, async ({ path: file }) =>
    ({ contents: iconsByFile(await fs.promises.readFile(file, 'utf8')).replace(/\n\s+/g, '\n') })),
};

/** No part has styles of its own (ui/parts/element.js), so what lit brings for that is left out. */
const plainStyles = {
  name: 'plain-styles',
  setup: (build) => build.onLoad({ filter: /@lit\/reactive-element\/css-tag\.js$/ }, () => ({
    contents: 'export const supportsAdoptingStyleSheets = true, getCompatibleStyle = (s) => s, adoptStyles = () => {}, css = () => {}, unsafeCSS = css, CSSResult = css;' })),
};

/** What few ask for, and by a click. Built by itself it has once more what it shares with a page, and the page needs no
 *  file more before it can be used. */
const APART = ['lib/check.js'];
/** @type {Map<string, Promise<string>>} */
const apartUrls = new Map();

async function buildApart(file) {
  const { outputs } = (await esbuild.build({ ...OPTIONS, entryPoints: [file], entryNames: '[name]-[hash]' })).metafile;
  return `/assets/a/${path.basename(Object.keys(outputs)[0])}`;
}

const apart = {
  name: 'apart',
  setup: (build) => build.onResolve({ filter: /\.js$/ }, async ({ path: name, kind, resolveDir }) => {
    const file = path.relative(WEB, path.resolve(resolveDir, name));
    if (kind !== 'dynamic-import' || !APART.includes(file)) {
      return undefined;
    }
    apartUrls.set(file, apartUrls.get(file) ?? buildApart(file));
    return { path: await apartUrls.get(file), external: true };
  }),
};

/** What is said is imported in English, and comes in this language. @param {string} language */
const inLanguage = (language) => ({
  name: 'in-language',
  setup: (build) => build.onResolve({ filter: /\/en(_\w+)?\.js$/ }, ({ path: name, resolveDir }) =>
    ({ path: path.resolve(resolveDir, name.replace(/en(_\w+)?\.js$/, `${language}$1.js`)) })),
});

/** Each page by itself: what it shares with others would be one request more each. @param {string} page
 *  @param {string} language */
async function bundle(page, language) {
  const { metafile } = await esbuild.build({
    ...OPTIONS,
    entryPoints: [`ui/${page}/page.js`, `ui/${page}/page.css`],
    splitting: true, // what is imported later, as the tour itself while one fills in the form
    outbase: 'ui',
    entryNames: '[dir]-[hash]',
    plugins: [inLanguage(language), sources, plainStyles, apart],
  });
  return metafile;
}

/** @param {string} language */
async function bundleAll(language) {
  const metas = await Promise.all(['tour', 'ops', 'landing', 'dev', 'embed'].map((page) => bundle(page, language)));
  return { inputs: Object.assign({}, ...metas.map((m) => m.inputs)), outputs: Object.assign({}, ...metas.map((m) => m.outputs)) };
}

/** @param {import('esbuild').Metafile} meta @returns {Map<string, {url: string, needs: string[]}>} by source */
function outputsOf(meta) {
  const url = (file) => `/assets/a/${path.basename(file)}`;
  const needs = (file) => meta.outputs[file].imports.filter((i) => i.kind === 'import-statement' && !i.external)
    .flatMap((i) => [i.path, ...needs(i.path)]);
  return new Map(Object.entries(meta.outputs).filter(([, o]) => o.entryPoint).map(([file, o]) =>
    [`/${o.entryPoint}`, { url: url(file), needs: [...new Set(needs(file))].map(url) }]));
}

/** What a page says before its script does, `{{Loading}}`. @param {string} language @returns {(text: string) => string} */
function saidIn(language) {
  const file = path.join(WEB, 'pages', `${language}.json`);
  const texts = language === LANGUAGES[0] ? null : JSON.parse(fs.readFileSync(file, 'utf8'));
  return (text) => {
    if (texts && !Object.hasOwn(texts, text)) {
      throw new Error(`${file}: "${text}" is missing`);
    }
    return texts ? texts[text] : text;
  };
}

/** A page names its sources; what is sent names what was made of them, and at once all that they need. */
function writePages(language, outputs) {
  const said = saidIn(language);
  for (const page of PAGES) {
    const source = path.join(WEB, 'pages', `${page}.html`);
    const html = fs.readFileSync(source, 'utf8')
      .replace(/\{\{(.*?)\}\}/g, (_, text) => said(text))
      .replace(/^( *)<script type="module" src="([^"]+)"><\/script>/gm, (_, indent, name) => {
        const { url, needs } = found(outputs, name, source);
        return [...needs.map((n) => `<link rel="modulepreload" href="${n}" />`),
          `<script type="module" src="${url}"></script>`].map((line) => indent + line).join('\n');
      })
      .replace(/(<link rel="stylesheet" href=")([^"]+)"/g, (_, begin, name) => `${begin}${found(outputs, name, source).url}"`);
    fs.writeFileSync(path.join(made, language === LANGUAGES[0] ? `${page}.html` : `${page}.${language}.html`), html);
  }
}

/** What pages of other people load has names that stay, and leads to what is kept for ever: in the language of the page
 *  that it is in, or of the browser where that one says none. @param {Map<string, ReturnType<typeof outputsOf>>} byLanguage */
function writeEmbed(byLanguage) {
  const url = (language, name) => found(byLanguage.get(language), name, 'the element for other pages').url;
  const files = LANGUAGES.map((l) => `  ${l}: () => import('${url(l, '/ui/embed/page.js')}'),\n`).join('');
  fs.writeFileSync(path.join(made, 'embed.js'), `const files = {\n${files}};
const { lang } = document.documentElement;
const known = (lang ? [lang] : navigator.languages).map((l) => l.toLowerCase().split('-')[0]).find((l) => Object.hasOwn(files, l));
await files[known ?? '${LANGUAGES[0]}']();\n`);
  fs.writeFileSync(path.join(made, 'embed.css'), `@import url("${url(LANGUAGES[0], '/ui/embed/page.css')}");\n`);
}

function found(outputs, name, where) {
  const output = outputs.get(name);
  if (!output) {
    throw new Error(`${where}: ${name} is built from nothing`);
  }
  return output;
}

/** The licences of all that is bundled, whole. @param {import('esbuild').Metafile} meta */
function licences(meta) {
  const names = new Set(Object.keys(meta.inputs).map((f) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(f)?.[1]));
  const texts = [...names].filter(Boolean).sort().map((name) => {
    const folder = path.join(WEB, 'node_modules', name);
    const { version } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const licence = fs.readdirSync(folder).find((f) => /^licen[cs]e/i.test(f));
    if (!licence) {
      throw new Error(`${name} has no licence`);
    }
    return `${name} ${version}\n\n${fs.readFileSync(path.join(folder, licence), 'utf8').trim()}\n`;
  });
  return `The pages of Oriel contain, besides Oriel:\n\n${texts.join(`\n${'-'.repeat(72)}\n\n`)}`;
}

function everyFile(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    (entry.isDirectory() ? everyFile(path.join(folder, entry.name)) : [path.join(folder, entry.name)]));
}

function compress(file) {
  const text = fs.readFileSync(file);
  if (text.length < SMALL) {
    return;
  }
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
  for (const [ending, coded] of [['br', brotliCompressSync(text, { params })], ['gz', gzipSync(text, { level: 9 })]]) {
    if (coded.length < text.length) {
      fs.writeFileSync(`${file}.${ending}`, coded);
    }
  }
}

fs.rmSync(made, { recursive: true, force: true });
fs.mkdirSync(made, { recursive: true });
try {
  const metafiles = await Promise.all(LANGUAGES.map(bundleAll));
  const outputs = new Map(LANGUAGES.map((language, i) => [language, outputsOf(metafiles[i])]));
  outputs.forEach((of, language) => writePages(language, of));
  writeEmbed(outputs);
  fs.writeFileSync(path.join(made, 'licences.txt'), licences(metafiles[0]));
  fs.cpSync(path.join(WEB, 'lib'), path.join(made, 'lib'), { recursive: true });
  fs.cpSync(path.join(WEB, 'icon.svg'), path.join(made, 'icon.svg'));
  if (fs.existsSync(path.join(WEB, 'demo'))) {
    fs.cpSync(path.join(WEB, 'demo'), path.join(made, 'demo'), { recursive: true });
  }
  everyFile(made).filter((f) => TEXT.test(f)).forEach(compress);
  fs.rmSync(out, { recursive: true, force: true });
  fs.renameSync(made, out);
} catch (error) {
  fs.rmSync(made, { recursive: true, force: true });
  console.error(error.errors ? 'the pages cannot be built' : error.message); // esbuild has said why
  process.exitCode = 1;
}
