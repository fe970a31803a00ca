// `npm run docs:asvs`: makes docs/reports/asvs.md of what the last `npm run test:asvs` has seen.
import { readFileSync, writeFileSync } from 'node:fs';
import { V3, V7, WSTG } from './rows.js';
import { type Seen, tableOf } from './table.js';

interface Report {
  readonly testResults: readonly { readonly assertionResults: readonly Seen[] }[];
}

const ROOT = new URL('../../', import.meta.url);
const report = JSON.parse(readFileSync(new URL('reports/asvs.json', ROOT), 'utf8')) as Report;
const seen = report.testResults.flatMap(({ assertionResults }) => assertionResults);
const day = new Date().toISOString().slice(0, 10);

const page = `# OWASP requirements

OWASP ASVS 5.0.0 and the session tests of OWASP's Web Security Testing Guide, as tests of the demo application on Express and on Fastify. Each test is named by its row, in [test/asvs](../../test/asvs) and, for 7.4.4, [test/browser](../../test/browser). This page is made of their last run, by \`npm run test:asvs\` and \`npm run docs:asvs\`, and is not written when one of them failed. Last on ${day}, with Node ${process.versions.node}.

## Sessions: ASVS V7, level 2

${tableOf(V7, seen)}

Rows 7.1.2 and 7.4.1 to 7.4.5 are about a Redis that drops no keys. What holds of them under other eviction policies, and within what time, is [on the security page](../reference/security.md#eviction-policies).

## Cookies: ASVS V3.3, level 2

The demo runs without TLS and so leaves \`Secure\` and the prefix out; these rows are about the cookie that the module sets when nobody asks for anything else.

${tableOf(V3, seen)}

## WSTG session tests

${tableOf(WSTG, seen)}
`;
writeFileSync(new URL('docs/reports/asvs.md', ROOT), page);
