// `npm run docs:site`: builds the documentation as a website and serves it. With --check, the links, the headings and the
// pages in a browser are checked instead. The first run installs the packages that only the site needs.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { ensureChromium } from './chromium-binary.mjs';
import { fail, installBeside, ROOT, runFirst, runToTheEnd, setUpPackages } from './setup.mjs';

const SITE = join(ROOT, 'site');
const BUILT = join(SITE, '.vitepress/dist');
const TYPEDOC = join(SITE, 'node_modules/typedoc/bin/typedoc');
const VITEPRESS = join(SITE, 'node_modules/vitepress/bin/vitepress.js');
/** Of the API reference and of sources, which are generated, the browser opens one page of each. */
const GENERATED =
  /^(?:api|source)\/(?!nestjs-redis-session\/classes\/SessionService|libs\/session\/src\/core\/store\/store\.ts)/;

const args = process.argv.slice(2);

setUpPackages();
installBeside('site');
buildSite();
if (args.includes('--check')) await check();
else runToTheEnd(process.execPath, [VITEPRESS, 'preview', SITE, '--host', '127.0.0.1', ...args]);

function buildSite() {
  rmSync(join(SITE, 'api'), { recursive: true, force: true });
  runFirst(process.execPath, [TYPEDOC, '--options', join(SITE, 'typedoc.config.mjs')], { cwd: SITE });
  runFirst(process.execPath, [VITEPRESS, 'build', SITE], { cwd: SITE });
}

/** Ends this process with the problems of the built site, if it has any. */
async function check() {
  const { problemsOf } = await import('../site/check/html.mjs');
  const { browserProblems } = await import('../site/check/browser.mjs');
  const { serve } = await import('../site/check/server.mjs');
  runFirst(process.execPath, ['--test', join(SITE, 'check/html.test.mjs')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const paths = readdirSync(BUILT, { recursive: true }).filter((path) => path.endsWith('.html'));
  const opened = paths
    .filter((path) => path !== '404.html' && !GENERATED.test(path))
    .map((path) => `/${path}`);
  const site = await serve(BUILT);
  const found = [...problemsOf(BUILT), ...(await browserProblems(site.origin, opened, ensureChromium()))];
  await site.stop();
  if (found.length > 0) fail(found.join('\n'));
  console.log(`${paths.length} pages: all links work. ${opened.length} were opened: none needs the network.`);
}
