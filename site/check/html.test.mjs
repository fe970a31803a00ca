import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { problemsOf } from './html.mjs';

const folders = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

/** Writes a site of these files and returns its problems. */
function check(files) {
  const folder = mkdtempSync(join(tmpdir(), 'site-'));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return problemsOf(folder);
}

test('accepts links to pages, folders, headings, files and other hosts', () => {
  const index =
    '<h2 id="top">Top</h2><a href="#top"></a><a href="/a/b.html#x"></a><a href="a/">A</a><a href="/a/b#x"></a>';
  assert.deepEqual(
    check({
      'index.html': `${index}<img src="/p.png"><a href="https://example.com/x"></a><link rel="canonical" href="https://a.b">`,
      'a/index.html': '<a href="../">home</a><a href="b.html">b</a>',
      'a/b.html': '<a id="x"></a>',
      'p.png': '',
    }),
    [],
  );
});

test('reports a link to a missing page, a missing heading and plain http', () => {
  assert.deepEqual(
    check({ 'index.html': '<a href="/no.html"></a><a href="#no"></a><a href="http://example.com"></a>' }),
    [
      'index.html: /no.html leads to no page',
      'index.html: #no leads to no heading of index.html',
      'index.html: http://example.com is not https',
    ],
  );
});

test('reports scripts, pictures, fonts and style sheets of other hosts', () => {
  const elsewhere = 'https://cdn.example.com';
  assert.deepEqual(
    check({
      'index.html': `<script src="${elsewhere}/a.js"></script><img src="//cdn.example.com/b.png"><link rel="stylesheet" href="${elsewhere}/c.css">`,
      'style.css': `@font-face { src: url("${elsewhere}/d.woff2") }`,
    }),
    [
      `index.html: loads ${elsewhere}/a.js`,
      'index.html: loads //cdn.example.com/b.png',
      `index.html: loads ${elsewhere}/c.css`,
      `style.css: loads url("${elsewhere}/d.woff2`,
    ],
  );
});
