import type { DynamicModule, OnApplicationShutdown } from '@nestjs/common';
import { Inject, Module } from '@nestjs/common';
import type { Storage } from './storage.js';

export const STORAGE = Symbol('STORAGE');

/** Closes the storage at shutdown, after the session module, because that module imports this one. */
@Module({})
export class StorageModule implements OnApplicationShutdown {
  constructor(@Inject(STORAGE) private readonly storage: Storage) {}

  static with(storage: Storage): DynamicModule {
    return {
      module: StorageModule,
      providers: [{ provide: STORAGE, useValue: storage }],
      exports: [STORAGE],
      global: true,
    };
  }

  onApplicationShutdown(): Promise<void> {
    return this.storage.close();
  }
}
