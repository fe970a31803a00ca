import type { OnModuleInit } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { randomUUID } from 'node:crypto';
import { DEMO_PASSWORD, demoUsers, isLabUser } from './demo-users.js';
import type { User } from './user.js';

/** The users that the demo creates at its start. */
export interface DemoUsers {
  readonly numbered: number;
  readonly withLab: boolean;
}

export const DEMO_USERS = Symbol('DEMO_USERS');

const MAX_RESULTS = 8;

/** A cost of a few milliseconds, so that a load test measures sessions. In production, use the defaults of the package. */
const HASH_COST = { memoryCost: 4096, timeCost: 1, parallelism: 1 };

/** Stands in for the application's table of users. */
@Injectable()
export class UsersService implements OnModuleInit {
  private readonly users: ReadonlyMap<string, User>;
  private readonly passwordHashes = new Map<string, string>();
  private decoyHash!: string;

  constructor(@Inject(DEMO_USERS) { numbered, withLab }: DemoUsers) {
    this.users = new Map(demoUsers(numbered, withLab).map((user) => [user.id, user]));
  }

  async onModuleInit(): Promise<void> {
    this.decoyHash = await hash(randomUUID(), HASH_COST);
    // All users share one hash: ten thousand separate hashes would delay the start by a minute.
    const passwordHash = await hash(DEMO_PASSWORD, HASH_COST);
    for (const id of this.users.keys()) this.passwordHashes.set(id, passwordHash);
  }

  find(id: string): User | null {
    return this.users.get(id) ?? null;
  }

  /** Returns the ids of all users. */
  ids(): string[] {
    return [...this.users.keys()];
  }

  /** Returns the first users, in alphabetical order, whose names start with a text. Leaves out the users of the lab. */
  search(text: string): User[] {
    const prefix = text.toLowerCase();
    const found: User[] = [];
    for (const user of this.users.values()) {
      if (found.length === MAX_RESULTS) break;
      if (user.id.startsWith(prefix) && !isLabUser(user.id)) found.push(user);
    }
    return found;
  }

  /** Changes a password, in memory only: it is reset when the demo restarts. */
  async changePassword(id: string, password: string): Promise<void> {
    this.passwordHashes.set(id, await hash(password, HASH_COST));
  }

  /** Returns the user with this name and password, or `null` when either is wrong. */
  async authenticate(username: string, password: string): Promise<User | null> {
    // An unknown name costs a hash too, so that the response time does not reveal which names exist.
    const passwordHash = this.passwordHashes.get(username) ?? this.decoyHash;
    return (await verify(passwordHash, password)) ? this.find(username) : null;
  }
}
