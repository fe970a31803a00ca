// Which tests belong to which tier. The folder of a test decides it; test/README.md says what each folder holds.
import process from 'node:process';

/** `npm run test:unit`: one part at a time, in seconds. No Redis, no browser, no build. */
export const UNIT = ['libs/session/src', 'libs/cli/src'];

/** The part of `npm test` beside the unit tests: every behaviour once, on one Redis, both platforms and a browser. */
export const E2E = [
  'examples/shift-policy',
  'examples/socket-edge',
  'test/advisories',
  'test/asvs',
  'test/browser',
  'test/cache',
  'test/cli',
  'test/demo',
  'test/docs',
  'test/edges',
  'test/http',
  'test/module',
  'test/ops',
  'test/package',
  'test/passport',
  'test/project',
  'test/races',
  'test/resilience',
  'test/sizing',
  'test/store',
  'test/telemetry',
];

/** The tests that `npm run test:extended` adds: several servers, faults, load and histories. */
export const EXTENDED = [
  'test/drills',
  'test/faults',
  'test/history',
  'test/load',
  'test/monitoring',
  'test/topology',
];

/** The example of a store, whose packages are installed when its tests first run. A part of the extended tier. */
export const SQLITE_STORE = 'examples/sqlite-store';

/** Folders that have a runner of their own, and those without tests. */
export const OTHERS = [SQLITE_STORE, 'test/ecosystem', 'test/mutation', 'test/support', 'test/types'];

/** Tests whose outcome depends on the Redis client: they open, lose or share connections. Run again with ioredis 5. */
export const CLIENT_DEPENDENT = [
  'test/cache/(coherence|start|tracked-channel)',
  'test/module/failed-start',
  'test/resilience/(calls|health|idle-connections|moved-master|start)',
  'test/store/redis-(batch|client|commands|database|deadline|everyone|internals|sampler|scripts)',
  'test/topology/(acl|cache|cluster-breaker|cluster-client|connections|sentinel-client|store|tls)',
];

/** Tests whose outcome depends on Node: HTTP, sockets, timers and processes. Run again with the other versions. */
export const NODE_DEPENDENT = [
  'libs/session/src/http/',
  'libs/session/src/nest/',
  'libs/session/src/redis/',
  'test/edges/',
  'test/http/(another-server|caching|log-text|platforms|plugin-headers|response-|several-cookies|wall-clock)',
  'test/module/(failed-start|listeners|shutdown)',
];

const VERSIONS = ['20', '22', '24', 'latest'];

/** The supported versions of Node other than the one that runs here. */
export const OTHER_NODES = VERSIONS.filter((version) => version !== process.versions.node.split('.')[0]);

/** The result files of the parts of `npm run test:all`. */
export const RESULTS = {
  test: 'reports/jest.json',
  extended: 'reports/jest-extended.json',
  package: 'reports/jest-package.json',
  ecosystem: 'reports/ecosystem.json',
  sqliteStore: 'reports/jest-sqlite-store.json',
  /** @param {string} version of Node */
  node: (version) => `reports/jest-node-${version}.json`,
};

/** Lists the result files of all parts. */
export function resultFiles() {
  const { node, ...others } = RESULTS;
  return [...Object.values(others), ...OTHER_NODES.map(node)];
}
