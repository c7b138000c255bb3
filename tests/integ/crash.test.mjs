// Ten real kills as part of the tests; `./dev crash N` runs more.
process.argv[2] = '10';
await import('./crash.mjs');
