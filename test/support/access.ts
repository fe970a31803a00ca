import { readFileSync } from 'node:fs';

const PAGE = new URL('../../docs/topologies.md', import.meta.url);

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
