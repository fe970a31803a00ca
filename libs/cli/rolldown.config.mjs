// The program in one file, with the parts of nestjs-redis-session that it uses: an operator installs neither Nest nor the
// library's other peers.
import { readFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';

const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

export default defineConfig({
  input: { main: 'src/main.ts' },
  platform: 'node',
  tsconfig: 'tsconfig.build.json',
  external: Object.keys(dependencies).map((name) => new RegExp(`^${name}(/|$)`)),
  output: {
    dir: 'dist',
    format: 'esm',
    banner: '#!/usr/bin/env node',
    codeSplitting: false,
    comments: { legal: true, annotation: true, jsdoc: false },
  },
});
