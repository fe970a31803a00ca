import { readFileSync } from 'node:fs';

const PAGE = new URL('../../docs/reference/topologies.md', import.meta.url);

export const USER = 'app';
export const PASSWORD = 'a password: with/all@sorts';

/** What the page lets the module's user do: on any server, and beside that on a Cluster. */
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
 * What servers refused to run, by their ACL logs. A client that the application hands in tells Redis its version, which
 * it does without: from Redis 7.2 on that is `client|setinfo`, and before a command that there is not.
 */
export function refusedCommands(logs: readonly unknown[]): string[] {
  const entries = logs.flat() as string[][];
  const objects = entries.map((entry) => String(entry[entry.indexOf('object') + 1]));
  return objects.filter((object) => !/^client(\|setinfo)?$/.test(object));
}
