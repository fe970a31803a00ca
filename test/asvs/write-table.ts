// `npm run docs:asvs`: writes docs/reports/asvs.md from the tagged tests of the last `npm run test:all`.
import { writeFileSync } from 'node:fs';
import { readEvidence } from '../support/evidence-table.js';
import { V3, V7, WSTG } from './rows.js';
import { tableOf } from './table.js';

const ROOT = new URL('../../', import.meta.url);
const seen = readEvidence();
const day = new Date().toISOString().slice(0, 10);

const page = `# OWASP requirements

This page lists the session requirements of OWASP ASVS 5.0.0 and of OWASP's Web Security Testing Guide. Each row is a tag in the titles of its tests, such as \`[ASVS 7.1.2]\`: tests of the demo application in [test/asvs](../../test/asvs), and tests of the module elsewhere. They run on Express and on Fastify, or are unit tests. \`npm run docs:asvs\` writes this page from the results of \`npm run test:all\`, only if all passed. Last run on ${day}, with Node ${process.versions.node}.

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
