import type { DynamicModule, Provider } from '@nestjs/common';
import { Problems } from '../../options/problems.js';
import { isFunction, isObject, received } from '../../options/rule.js';
import { SessionOptionsError } from '../../core/errors/errors.js';
import type { ASYNC_OPTIONS_TYPE, SessionOptionsFactory } from './module-definition.js';
import { MODULE_OPTIONS_TOKEN } from './module-definition.js';

const SOURCES = ['useFactory', 'useClass', 'useExisting'] as const;
const BESIDE = ['imports', 'inject', 'provideInjectionTokensFrom', 'isGlobal'];

/**
 * Checks the sources of options that `forRootAsync()` was called with.
 *
 * @throws SessionOptionsError
 */
export function checkAsyncOptions(options: typeof ASYNC_OPTIONS_TYPE): void {
  const problems = new Problems();
  const given: Record<string, unknown> = isObject(options) ? options : {};
  const sources = SOURCES.filter((name) => given[name] !== undefined);
  if (sources.length !== 1) {
    problems.add(
      'forRootAsync()',
      `expected one of ${SOURCES.join(', ')}, received ${sources.length === 0 ? received(options) : sources.join(' and ')}. ` +
        'An example: { inject: [ConfigService], useFactory: (config) => ({ redis: config.getOrThrow("REDIS_URL") }) }.',
    );
  }
  if (given['useFactory'] !== undefined && !isFunction(given['useFactory'])) {
    problems.add(
      'useFactory',
      `expected a function that returns the options, received ${received(given['useFactory'])}.`,
    );
  }
  for (const name of Object.keys(given)) {
    if (!([...SOURCES, ...BESIDE] as string[]).includes(name)) {
      problems.add(name, 'expected no option here, received one. Return it from the factory.');
    }
  }
  problems.throwIfAny('session');
}

/** Adds an explanation for a class or provider without a factory method, which Nest would report as a TypeError. */
export function withCheckedFactory(
  definition: DynamicModule,
  { useClass, useExisting }: typeof ASYNC_OPTIONS_TYPE,
): DynamicModule {
  const source = useExisting ?? useClass;
  if (source === undefined) return definition;
  const provider: Provider = {
    provide: MODULE_OPTIONS_TOKEN,
    inject: [source],
    useFactory: (factory: Partial<SessionOptionsFactory> | null) => {
      if (isFunction(factory?.createSessionOptions)) return factory?.createSessionOptions?.();
      throw new SessionOptionsError(
        `Wrong session options:\n- ${useExisting ? 'useExisting' : 'useClass'}: expected a class with a method ` +
          'createSessionOptions(), received one without. Let it implement SessionOptionsFactory.',
      );
    },
  };
  const others = (definition.providers ?? []).filter(
    (other) => (other as { provide?: unknown }).provide !== MODULE_OPTIONS_TOKEN,
  );
  return { ...definition, providers: [...others, provider] };
}

/** Rejects an import of the module without `forRoot()`. */
export function refuseBareImport(): never {
  throw new SessionOptionsError(
    'Wrong session options:\n- expected SessionModule.forRoot() in "imports", received SessionModule itself. ' +
      "In the root module, call forRoot(), for example SessionModule.forRoot({ redis: 'redis://127.0.0.1:6379' }). " +
      'In any other module leave it out: it is global, and its providers can be injected without an import.',
  );
}
