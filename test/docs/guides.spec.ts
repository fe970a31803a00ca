import { pages, read } from '../../scripts/docs.mjs';

const GUIDES = pages().filter((page) => page.startsWith('docs/guides/'));

/** Titles and paths of the guides, as the table of the index lists them. */
const LISTED = [...read('docs/README.md').matchAll(/^\| \[([^\]]+)\]\((guides\/[\w-]+\.md)\)/gm)].map(
  ([, title, path]) => ({ title: title as string, path: `docs/${path as string}` }),
);

/** Returns the last line of a page, if it links to the next page. */
function nextOf(page: string): { title: string; target: string } | null {
  const [, title, target] =
    /^Next: \[([^\]]+)\]\(([^)]+)\)$/.exec(read(page).trimEnd().split('\n').at(-1) ?? '') ?? [];
  return title === undefined || target === undefined ? null : { title, target };
}

describe('the guides', () => {
  test('docs/README.md lists every guide under its title', () => {
    expect(LISTED.map(({ path }) => path).sort()).toEqual(GUIDES);
    for (const { title, path } of LISTED) expect(read(path)).toMatch(`# ${title}\n`);
  });

  test('each guide ends with a link to the next one, and the last guide with a link to the security page', () => {
    const followers = LISTED.slice(1).map(({ title, path }) => ({
      title,
      target: path.replace('docs/guides/', ''),
    }));
    followers.push({ title: 'Security', target: '../reference/security.md' });
    expect(LISTED.map(({ path }) => nextOf(path))).toEqual(followers);
  });
});

describe('the index of the documentation', () => {
  test.each(['operations', 'reference', 'reports'])(
    'lists every page of docs/%s under its title',
    (folder) => {
      const index = read('docs/README.md');
      const listed = [...index.matchAll(/^\| \[([^\]]+)\]\(([\w-]+\/[\w-]+\.md)\)/gm)]
        .map(([, title, path]) => ({ title: title as string, path: `docs/${path as string}` }))
        .filter(({ path }) => path.startsWith(`docs/${folder}/`));
      const found = pages().filter((page) => page.startsWith(`docs/${folder}/`));
      expect(found.length).toBeGreaterThan(0);
      expect(listed.map(({ path }) => path).sort()).toEqual(found);
      for (const { title, path } of listed) expect(read(path)).toMatch(`# ${title}\n`);
    },
  );
});
