import { loadOptional, MissingPackageError } from './optional-package.js';

const PACKAGES = ['class-validator', 'class-transformer'];

function failWith(code: string, message: string) {
  return loadOptional(PACKAGES, () => Promise.reject(Object.assign(new Error(message), { code })));
}

describe('code that needs a package', () => {
  it('loads an installed package', async () => {
    expect(await loadOptional(PACKAGES, () => Promise.resolve('loaded'))).toBe('loaded');
  });

  it.each([
    ['an import', 'ERR_MODULE_NOT_FOUND', "Cannot find package 'class-transformer' imported from /a/b.js"],
    ['require()', 'MODULE_NOT_FOUND', "Cannot find module 'class-transformer'\nRequire stack:\n- /a/b.js"],
    ['a path', 'MODULE_NOT_FOUND', "Cannot find module 'class-transformer/cjs/storage.js'"],
    ['Jest', 'MODULE_NOT_FOUND', "Cannot find module 'class-transformer' from 'b.js'"],
  ])('fails with the command that installs the package: %s', async (_what, code, message) => {
    const loading = failWith(code, message);
    await expect(loading).rejects.toBeInstanceOf(MissingPackageError);
    await expect(loading).rejects.toMatchObject({ name: 'MissingPackageError', cause: { code } });
    await expect(loading).rejects.toThrow(
      'expected the package class-transformer, which is not installed. ' +
        'Run "npm install class-validator class-transformer".',
    );
  });

  it.each([
    ['another package', 'ERR_MODULE_NOT_FOUND', "Cannot find package 'validator' imported from /a/b.js"],
    ['an error inside the package', 'ERR_INVALID_ARG', "Cannot read 'class-validator'"],
  ])('fails with the original error: %s', async (_what, code, message) => {
    await expect(failWith(code, message)).rejects.toThrow(message);
  });
});
