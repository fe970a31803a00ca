// Prints what publint and "Are the types wrong?" find in a packed package: a program of its own, since Jest cannot load
// the compiler that the second one has.
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
