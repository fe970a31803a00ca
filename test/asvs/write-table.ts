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

This page lists the session requirements of OWASP ASVS 5.0.0 and of OWASP's Web Security Testing Guide, as tests of the demo application on Express and on Fastify. Each test is named after its row, in [test/asvs](../../test/asvs) and, for 7.4.4, [test/browser](../../test/browser). \`npm run test:asvs\` runs the tests, and \`npm run docs:asvs\` writes this page from their results, only if all passed. Last run on ${day}, with Node ${process.versions.node}.

## Sessions: ASVS V7, level 2

${tableOf(V7, seen)}

Rows 7.1.2 and 7.4.1 to 7.4.5 assume a Redis that evicts no keys. For other eviction policies, and the delays they cause, see [the security page](../reference/security.md#eviction-policies).

## Cookies: ASVS V3.3, level 2

The demo runs without TLS and therefore omits \`Secure\` and the prefix; these rows are about the cookie that the module sets by default.

${tableOf(V3, seen)}

## WSTG session tests

${tableOf(WSTG, seen)}
`;
writeFileSync(new URL('docs/reports/asvs.md', ROOT), page);
