import { findingsOf, type ServerFacts, type ServerWarning } from 'nestjs-redis-session/redis';
import { bytes, percent } from '../terminal/text.js';
import { type Check, type CheckStatus, checksOn } from './check.js';

/** The findings that make an application fail, or sign users out. The others are warnings. */
const ERRORS: readonly ServerWarning[] = ['eviction-policy', 'no-authentication'];

/** Returns the results of the checks that the application also makes at its start, for one server. */
export function serverChecks(server: string, facts: ServerFacts): Check[] {
  const check = checksOn(server);
  const { info } = facts;
  const findings = new Map(findingsOf(facts).map((finding) => [finding.name, finding.message]));
  const result = (name: ServerWarning, title: string, fine: string): Check => {
    const problem = findings.get(name);
    const status: CheckStatus = problem === undefined ? 'ok' : ERRORS.includes(name) ? 'error' : 'warning';
    return check(title, status, problem ?? fine);
  };
  return [
    result('old-version', 'version', versionOf(facts)),
    result('no-tls', 'tls', facts.isEncrypted ? 'encrypted' : 'not encrypted, on the loopback interface'),
    result(
      'no-authentication',
      'authentication',
      facts.hasPassword ? 'with a password' : 'not reachable publicly',
    ),
    result('eviction-policy', 'eviction', `maxmemory-policy ${info['maxmemory_policy'] ?? 'unknown'}`),
    result('memory-nearly-full', 'memory', memoryOf(facts)),
    result('no-persistence', 'persistence', persistenceOf(facts)),
  ];
}

/** Returns the name of the server's software and its version. */
export function versionOf({ info }: ServerFacts): string {
  const valkey = info['valkey_version'];
  return valkey === undefined ? `Redis ${info['redis_version'] ?? 'unknown'}` : `Valkey ${valkey}`;
}

function memoryOf({ info }: ServerFacts): string {
  const [used, limit] = [Number(info['used_memory']), Number(info['maxmemory'])];
  if (!(limit > 0)) return `${bytes(used)} used, no maxmemory`;
  return `${bytes(used)} used of ${bytes(limit)} (${percent(used / limit)})`;
}

function persistenceOf({ info, save }: ServerFacts): string {
  if (info['aof_enabled'] === '1') return 'append-only file';
  if (save === undefined) return 'no append-only file; the snapshots are not readable for this user';
  return save === '' ? 'none' : `snapshots (${save})`;
}
