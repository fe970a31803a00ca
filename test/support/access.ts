import { readFileSync } from 'node:fs';

const PAGE = new URL('../../docs/reference/topologies.md', import.meta.url);

export const USER = 'app';
export const PASSWORD = 'a password: with/all@sorts';

/** Returns the commands that the documented ACL allows: on any server, and additionally on a Cluster. */
export function documentedCommands(): { readonly anywhere: string[]; readonly onCluster: string[] } {
  const page = readFileSync(PAGE, 'utf8');
  const rules = [...page.matchAll(/^ACL SETUSER app ((?:[^\\\n]|\\\n)*)$/gm)].map(([, rule]) =>
    commandsIn(rule as string),
  );
  const [anywhere = [], onCluster = []] = rules;
  return { anywhere, onCluster };
}

/** Arguments of a server that give it a user who may do what the page says, with these keys. */
export function userArgs(keys: string): string[] {
  const { anywhere, onCluster } = documentedCommands();
  return [
    '--user',
    USER,
    'on',
    `>${PASSWORD}`,
    `~${keys}`,
    ...[...anywhere, ...onCluster].map((name) => `+${name}`),
  ];
}

function commandsIn(rule: string): string[] {
  return [...rule.matchAll(/\+(\S+)/g)].map(([, name]) => name as string);
}

/**
 * Returns the commands that servers denied, by their ACL logs. It omits the one by which an application's own client
 * announces its version, which may fail: `client|setinfo` from Redis 7.2 on, an unknown command before.
 */
export function refusedCommands(logs: readonly unknown[]): string[] {
  const entries = logs.flat() as string[][];
  const objects = entries.map((entry) => String(entry[entry.indexOf('object') + 1]));
  return objects.filter((object) => !/^client(\|setinfo)?$/.test(object));
}
