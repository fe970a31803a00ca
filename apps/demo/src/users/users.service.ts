import type { OnModuleInit } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { randomUUID } from 'node:crypto';
import { DEMO_PASSWORD, demoUsers } from './demo-users.js';
import type { User } from './user.js';

/** Which users there are. */
export interface DemoUsers {
  readonly numbered: number;
  readonly withLab: boolean;
}

export const DEMO_USERS = Symbol('DEMO_USERS');

const MOST_FOUND = 8;

/** A few milliseconds, so that a load test measures sessions. A real application takes the package's defaults. */
const COST = { memoryCost: 4096, timeCost: 1, parallelism: 1 };

/** The application's users. A real application has a table of them. */
@Injectable()
export class UsersService implements OnModuleInit {
  private readonly users: ReadonlyMap<string, User>;
  private readonly passwordHashes = new Map<string, string>();
  private nobodysHash!: string;

  constructor(@Inject(DEMO_USERS) { numbered, withLab }: DemoUsers) {
    this.users = new Map(demoUsers(numbered, withLab).map((user) => [user.id, user]));
  }

  async onModuleInit(): Promise<void> {
    this.nobodysHash = await hash(randomUUID(), COST);
    // One hash for all: ten thousand of their own would take the start of the demo a minute.
    const passwordHash = await hash(DEMO_PASSWORD, COST);
    for (const id of this.users.keys()) this.passwordHashes.set(id, passwordHash);
  }

  find(id: string): User | null {
    return this.users.get(id) ?? null;
  }

  /** The ids of all users. */
  ids(): string[] {
    return [...this.users.keys()];
  }

  /** Some users whose names begin with a text, the shortest names first. */
  search(text: string): User[] {
    const found = [...this.users.values()].filter(({ id }) => id.startsWith(text.toLowerCase()));
    return found.sort((one, other) => one.id.length - other.id.length).slice(0, MOST_FOUND);
  }

  /** Changes a password until this process ends. */
  async changePassword(id: string, password: string): Promise<void> {
    this.passwordHashes.set(id, await hash(password, COST));
  }

  /** The user with this name and password; `null` when either is wrong. */
  async authenticate(username: string, password: string): Promise<User | null> {
    // For an unknown name there is as much to compute, so that the time of the answer does not tell which names exist.
    const passwordHash = this.passwordHashes.get(username) ?? this.nobodysHash;
    return (await verify(passwordHash, password)) ? this.find(username) : null;
  }
}
