// `npm run docs:advisories`: writes docs/reports/advisories.md from the tagged tests of the last `npm test`.
import { writeFileSync } from 'node:fs';
import { readEvidence } from '../support/evidence-table.js';
import { ADVISORIES } from './rows.js';
import { tableOf } from './table.js';

const day = new Date().toISOString().slice(0, 10);

const page = `# Advisories about other libraries

This page lists vulnerabilities in session layers, in their dependencies and in similar software, and how each relates to this module. Each advisory is a tag in the titles of the tests in [test/advisories](../../test/advisories) that try the attack on the module, on Express and on Fastify if HTTP is involved; \`npm test -- -t CVE-2025-46336\` runs them. An advisory without a number has a name that begins with \`ADV\`. \`npm run docs:advisories\` writes this page from the results of \`npm test\`, only if all passed. Last run on ${day}, with Node ${process.versions.node}.

${tableOf(ADVISORIES, readEvidence())}

In express-session, lucia, iron-session and @adonisjs/session no advisory was known when this list was made, in November 2026.
`;
writeFileSync(new URL('../../docs/reports/advisories.md', import.meta.url), page);
