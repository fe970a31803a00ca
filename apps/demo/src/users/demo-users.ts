import type { User } from './user.js';

/** The password of every demo user. */
export const DEMO_PASSWORD = 'password';

/** alice, bob and admin, and as many numbered users as asked for. Ids are the names, so that URLs can be typed. */
export function demoUsers(numbered: number): User[] {
  const names = ['alice', 'bob', ...Array.from({ length: numbered }, (_, index) => `user${index + 1}`)];
  return [...names.map((name) => user(name, 'user')), user('admin', 'admin')];
}

function user(name: string, role: User['role']): User {
  return { id: name, username: name, role };
}
