import { read } from '../../scripts/docs.mjs';

const PAGE = read('docs/reference/comparisons.md');
const LOCKED = (
  JSON.parse(read('bench/package-lock.json')) as { packages: Record<string, { version: string }> }
).packages;

/** Names and versions in the headings of the page, such as `## express-session 1.19.0 with connect-redis 9.0.0`. */
const COMPARED = [...PAGE.matchAll(/^## (.+)$/gm)].flatMap(([, heading]) =>
  [...(heading as string).matchAll(/(@?[\w/-]+) (\d+\.\d+\.\d+)/g)].map(([, name, version]) => ({
    name: name as string,
    version: version as string,
  })),
);

describe('the page of comparisons', () => {
  const measured = COMPARED.filter(({ name }) => `node_modules/${name}` in LOCKED);

  it('the page compares the libraries that the benchmark runs', () => {
    expect(measured.map(({ name }) => name)).toEqual([
      'express-session',
      'connect-redis',
      '@fastify/session',
      'nestjs-session',
      'iron-session',
      'better-auth',
    ]);
  });

  it.each(measured)(
    'the page describes $name in the version that the benchmark runs',
    ({ name, version }) => {
      expect(version).toBe(LOCKED[`node_modules/${name}`]?.version);
    },
  );
});
