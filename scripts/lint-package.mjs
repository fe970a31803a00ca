// Prints the findings of publint and "Are the types wrong?" in a packed package. A separate program, since Jest cannot load
// the compiler of the latter.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const tarball = readFileSync(process.argv[2]);

const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(tarball).buffer }, strict: true });
const { problems, types, entrypoints } = await checkPackage(
  createPackageFromTarballData(new Uint8Array(tarball)),
);

console.log(
  JSON.stringify({
    publint: messages.map((message) => formatMessage(message, pkg, { color: false })),
    types:
      types && problems.map(({ kind, entrypoint, resolutionKind }) => ({ kind, entrypoint, resolutionKind })),
    entries: Object.keys(entrypoints ?? {}),
  }),
);
