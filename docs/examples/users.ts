import { Injectable } from '@nestjs/common';

export interface User {
  readonly id: string;
  readonly role: 'user' | 'admin';
  readonly address: { readonly city: string };
}

const USERS: readonly User[] = [
  { id: 'alice', role: 'user', address: { city: 'Oslo' } },
  { id: 'bob', role: 'user', address: { city: 'Lima' } },
  { id: 'root', role: 'admin', address: { city: 'Bern' } },
];

/** Stands for the application's own users. A real application compares hashes of passwords. */
@Injectable()
export class Users {
  async find(id: string): Promise<User | null> {
    return Promise.resolve(USERS.find((user) => user.id === id) ?? null);
  }

  /** Returns the user with this name and password, or `null` if either is wrong. */
  async authenticate(name: string, password: string): Promise<User | null> {
    return password === 'secret' ? this.find(name) : null;
  }
}
